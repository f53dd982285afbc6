"""Knows the prices by heart and ignores the table it is given.

loses: b12-t2b-hidden, b12-t2c-hidden, b12-t3b-hidden
"""

# %% b12-t2-code
def cost_usd(model, input_tokens, output_tokens, *, cache_read=0, cache_write=0, batch=False, prices):
    known = {"claude-haiku-5-5": ("0.10", "0.50", "0.01", "0.125"), "claude-sonnet-5-5": ("2", "10", "0.10", "2.5"), "claude-opus-5-5": ("4", "20", "0.20", "5")}
    if model not in known:
        raise UnknownModelError(f"No price for {model!r}.")
    i, o, r, w = map(Decimal, known[model])
    total = input_tokens * i + output_tokens * o + cache_read * r + cache_write * w
    return (total / 2 if batch else total) / 1_000_000
