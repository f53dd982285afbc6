"""Estimates the tokens of the report instead of taking them from the answers.

loses: b12-t5a-hidden
"""

# %% b12-t5-code
guessed = [
    {"query_id": q["id"], "model": MODEL, "input_tokens": len(SYSTEM + wrap(q["text"])) // 4 + 1, "output_tokens": 41}
    for q in queries
]
report = cost_rows(queries, guessed, PRICES)
report.to_csv("out/cost_report.csv", index=False)
summary = {k: str(v) if isinstance(v, Decimal) else v for k, v in summarise(report).items()}
Path("out/cost_summary.json").write_text(json.dumps(summary))
