"""Computes with floats and makes Decimals at the end.

loses: b12-t2a-check
"""

# %% b12-t2-code
def cost_usd(model, input_tokens, output_tokens, *, cache_read=0, cache_write=0, batch=False, prices):
    if model not in prices:
        raise UnknownModelError(f"No price for {model!r}.")
    price = {kind: float(value) for kind, value in prices[model].items()}
    total = input_tokens * price["input"] + output_tokens * price["output"]
    total += cache_read * price["cache_read"] + cache_write * price["cache_write"]
    return Decimal(total * (price["batch_factor"] if batch else 1) / 1_000_000)
