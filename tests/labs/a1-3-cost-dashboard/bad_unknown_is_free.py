"""A model without a price costs 0, as in many dashboards.

loses: a13-t2-hidden, a13-t3c-hidden, a13-t6c-hidden
"""

# %% a13-t2-code
def with_costs(df, prices):
    def cost(call):
        tokens_in, tokens_out, cache_read, cache_write = (int(call[kind]) for kind in TOKENS)
        try:
            return cost_usd(
                call["model"], tokens_in, tokens_out, cache_read=cache_read, cache_write=cache_write, prices=prices
            )
        except UnknownModelError:
            return Decimal(0)

    return df.assign(cost_usd=pd.Series([cost(call) for call in df.to_dict("records")], index=df.index, dtype=object))
