"""Catches every exception and tries again, whatever it was.

loses: b13-t3b-check, b13-t3d-hidden, b13-t3e-hidden
"""

# %% b13-t3-code
def call_with_retry(fn, *, max_attempts, deadline_s, sleep, now, rng):
    for attempt in range(max_attempts):
        try:
            return fn()
        except BaseException:
            if attempt == max_attempts - 1:
                raise
            sleep(backoff(attempt, base=1.0, cap=30.0, rng=rng))
