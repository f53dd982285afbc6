"""No pandas beyond the table itself: csv and json by hand, p95 by arithmetic."""

# %% b12-t3-code
COLUMNS = ["query_id", "model", "input_tokens", "output_tokens", "input_cost_usd", "output_cost_usd", "total_cost_usd"]


def cost_rows(queries, replies, prices):
    rows = []
    for query in queries:
        (reply,) = [r for r in replies if r["query_id"] == query["id"]]
        m, i, o = reply["model"], reply["input_tokens"], reply["output_tokens"]
        costs = [cost_usd(m, *pair, prices=prices) for pair in ((i, 0), (0, o), (i, o))]
        rows.append(dict(zip(COLUMNS, [query["id"], m, i, o, *costs])))
    return pd.DataFrame(rows, columns=COLUMNS)

# %% b12-t4-code
def summarise(df):
    rows = df.to_dict("records")
    costs = sorted(row["total_cost_usd"] for row in rows)
    place = 0.95 * (len(costs) - 1)
    low, high = costs[int(place)], costs[min(int(place) + 1, len(costs) - 1)]
    total = Decimal(0)
    for cost in costs:
        total += cost
    return {
        "n": len(rows),
        "total_usd": total,
        "mean_usd": total / len(rows),
        "p95_usd": float(low) + (float(high) - float(low)) * (place - int(place)),
        "top5": [row["query_id"] for row in sorted(rows, key=lambda row: -row["total_cost_usd"])][:5],
        "input_share": float(sum(row["input_cost_usd"] for row in rows)) / float(total),
    }

# %% b12-t5-code
import csv

report = cost_rows(queries, replies, PRICES).to_dict("records")
with open("out/cost_report.csv", "w", newline="", encoding="utf-8") as file:
    writer = csv.DictWriter(file, fieldnames=list(report[0]))
    writer.writeheader()
    for row in report:
        writer.writerow({key: format(value, "f") if isinstance(value, Decimal) else value for key, value in row.items()})
summary = summarise(pd.DataFrame(report))
Path("out/cost_summary.json").write_text(json.dumps(summary, default=str, sort_keys=True), encoding="utf-8")
