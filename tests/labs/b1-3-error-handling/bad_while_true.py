"""Never gives up: the loop ends after seven tries only because a test must end.

loses: b13-t3a-hidden, b13-t3c-hidden
"""

# %% b13-t3-code
def call_with_retry(fn, *, max_attempts, deadline_s, sleep, now, rng):
    tries = 0
    while True:
        tries += 1
        try:
            return fn()
        except Exception as error:
            if classify_error(error) in ("fatal", "fix_request") or tries > 7:
                raise
            sleep(max(backoff(tries, base=1.0, cap=30.0, rng=rng), retry_after_s(error)))
