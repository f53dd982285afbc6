"""Knows better than the provider how long to wait.

loses: b13-t3b-hidden, b13-t3c-hidden
"""

# %% b13-t3-code
def call_with_retry(fn, *, max_attempts, deadline_s, sleep, now, rng):
    start = now()
    for attempt in range(max_attempts):
        try:
            return fn()
        except Exception as error:
            if classify_error(error) in ("fatal", "fix_request") or attempt == max_attempts - 1:
                raise
            wait = backoff(attempt, base=1.0, cap=30.0, rng=rng)
            if now() + wait > start + deadline_s:
                raise
            sleep(wait)
