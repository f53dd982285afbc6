"""Cleans the data: empty and repeated messages are dropped, though they were paid for.

loses: b12-t3-check, b12-t3a-hidden, b12-t5-check, b12-t5a-hidden
"""

# %% b12-t3-code
def cost_rows(queries, replies, prices):
    df = pd.DataFrame(queries)
    df = df[df["text"] != ""].drop_duplicates("text").merge(pd.DataFrame(replies), left_on="id", right_on="query_id")
    for kind, args in (("input", (1, 0)), ("output", (0, 1)), ("total", (1, 1))):
        df[f"{kind}_cost_usd"] = [
            cost_usd(m, i * args[0], o * args[1], prices=prices)
            for m, i, o in zip(df["model"], df["input_tokens"], df["output_tokens"])
        ]
    return df[["query_id", "model", "input_tokens", "output_tokens", "input_cost_usd", "output_cost_usd", "total_cost_usd"]]
