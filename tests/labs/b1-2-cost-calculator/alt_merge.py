"""Lets pandas join and map; counts with blocks; money through a small table of weights."""

# %% b12-t1-code
from anthropic import omit


def count_tokens(client, text, *, model, system=None):
    message = {"role": "user", "content": [{"type": "text", "text": text}]}
    answer = client.messages.count_tokens(model=model, messages=[message], system=omit if system is None else system)
    return int(answer.input_tokens)

# %% b12-t2-code
def cost_usd(model, input_tokens, output_tokens, *, cache_read=0, cache_write=0, batch=False, prices):
    try:
        row = prices[model]
    except KeyError:
        raise UnknownModelError(model) from None
    amounts = {"input": input_tokens, "output": output_tokens, "cache_read": cache_read, "cache_write": cache_write}
    dollars = sum((Decimal(amount) * row[kind] for kind, amount in amounts.items()), start=Decimal("0"))
    return dollars * (row["batch_factor"] if batch else Decimal("1")) * Decimal("0.000001")

# %% b12-t3-code
def cost_rows(queries, replies, prices):
    ids = pd.DataFrame({"query_id": [query["id"] for query in queries]})
    table = ids.merge(pd.DataFrame(replies), on="query_id", how="left", validate="one_to_one")

    def price(row, use_in, use_out):
        return cost_usd(row["model"], row["input_tokens"] * use_in, row["output_tokens"] * use_out, prices=prices)

    table["input_cost_usd"] = table.apply(price, axis=1, args=(1, 0))
    table["output_cost_usd"] = table.apply(price, axis=1, args=(0, 1))
    table["total_cost_usd"] = table["input_cost_usd"] + table["output_cost_usd"]
    order = "query_id model input_tokens output_tokens input_cost_usd output_cost_usd total_cost_usd".split()
    return table[order]

# %% b12-t4-code
def summarise(df):
    costs = list(df["total_cost_usd"])
    total = sum(costs, Decimal())
    ranked = sorted(zip(costs, df["query_id"]), key=lambda pair: pair[0], reverse=True)
    return {
        "total_usd": total,
        "n": df.shape[0],
        "mean_usd": total / df.shape[0],
        "p95_usd": float(pd.Series([float(c) for c in costs]).quantile(0.95)),
        "input_share": float(df["input_cost_usd"].sum() / total),
        "top5": [query_id for _, query_id in ranked[:5]],
    }
