"""Cuts days in UTC, whatever zone is asked for, and lists only days with calls.

loses: a13-t3b-hidden, a13-t7b-hidden
"""

# %% a13-t3-code
def attribute(df, prices, *, by, tz="UTC"):
    priced = with_costs(df, prices)
    priced["day"] = priced["time_utc"].dt.strftime("%Y-%m-%d")
    rows = [{by: name, **totals(group)} for name, group in priced.groupby(by)]
    if by != "day":
        rows.sort(key=lambda row: (row["cost_usd"] is None, -(row["cost_usd"] or 0), row[by]))
    return pd.DataFrame(rows, columns=[by, "calls", "failed", "tokens", "unpriced_calls", "cost_usd"])


def totals(priced):
    known = [cost for cost in priced["cost_usd"] if cost is not None]
    unpriced, cost = len(priced) - len(known), sum(known, Decimal(0))
    return {
        "calls": len(priced),
        "failed": int((priced["status"] != 200).sum()),
        "tokens": int(priced[TOKENS].to_numpy().sum()),
        "unpriced_calls": unpriced,
        "cost_usd": None if unpriced and not cost else cost,
    }
