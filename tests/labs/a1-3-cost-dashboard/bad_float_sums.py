"""Adds money up as floats and rounds it to cents on the way.

loses: a13-t3a-hidden, a13-t3c-hidden
"""

# %% a13-t3-code
def attribute(df, prices, *, by, tz="UTC"):
    priced = with_costs(df, prices)
    if by == "day":
        priced["day"] = priced["time_utc"].dt.tz_convert(tz).dt.strftime("%Y-%m-%d")
    groups = dict(list(priced.groupby(by)))
    names = list(groups)
    if by == "day" and names:
        names = list(pd.date_range(min(names), max(names)).strftime("%Y-%m-%d"))
    rows = [{by: name, **totals(groups.get(name, priced.iloc[:0]))} for name in names]
    if by != "day":
        rows.sort(key=lambda row: (row["cost_usd"] is None, -(row["cost_usd"] or 0), row[by]))
    return pd.DataFrame(rows, columns=[by, "calls", "failed", "tokens", "unpriced_calls", "cost_usd"])


def totals(priced):
    known = [float(cost) for cost in priced["cost_usd"] if cost is not None]
    unpriced, cost = len(priced) - len(known), Decimal(str(round(sum(known), 2)))
    return {
        "calls": len(priced),
        "failed": int((priced["status"] != 200).sum()),
        "tokens": int(priced[TOKENS].to_numpy().sum()),
        "unpriced_calls": unpriced,
        "cost_usd": None if unpriced and not cost else cost,
    }
