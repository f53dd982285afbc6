"""Sleeps for real and looks at the real clock, so that no test can see or hasten it.

loses: b13-t3a-check, b13-t3b-hidden, b13-t3a-hidden
"""

# %% b13-t3-code
def call_with_retry(fn, *, max_attempts, deadline_s, sleep, now, rng):
    start = time.monotonic()
    for attempt in range(max_attempts):
        try:
            return fn()
        except Exception as error:
            if classify_error(error) in ("fatal", "fix_request") or attempt == max_attempts - 1:
                raise
            if time.monotonic() - start > deadline_s:
                raise
            time.sleep(0.01)
