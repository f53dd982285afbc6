"""Divides without looking: minus four million requests, and an error when nothing is saved.

loses: a12-t2-check, a12-t2-hidden, a12-t3b-hidden
"""

# %% a12-t2-code
def break_even_requests(fixed: Decimal, before: Decimal, after: Decimal) -> int | None:
    return round(fixed / (before - after))
