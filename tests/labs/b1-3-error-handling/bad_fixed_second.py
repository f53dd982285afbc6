"""Waits one second, each time, for everybody.

loses: b13-t2a-hidden, b13-t2b-hidden
"""

# %% b13-t2-code
def backoff(attempt, *, base, cap, rng):
    return min(cap, base)
