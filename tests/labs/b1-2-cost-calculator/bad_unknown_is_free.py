"""A model without a price costs nothing, as in many dashboards.

loses: b12-t2a-hidden
"""

# %% b12-t2-code
def cost_usd(model, input_tokens, output_tokens, *, cache_read=0, cache_write=0, batch=False, prices):
    if model not in prices:
        return Decimal(0)
    price = prices[model]
    total = input_tokens * price["input"] + output_tokens * price["output"]
    total += cache_read * price["cache_read"] + cache_write * price["cache_write"]
    return total * (price["batch_factor"] if batch else 1) / 1_000_000
