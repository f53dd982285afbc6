"""Asks for the general class first, so that a spent budget looks like haste.

loses: b13-t1a-hidden, b13-t3d-hidden
"""

# %% b13-t1-code
def classify_error(exc):
    if isinstance(exc, RateLimitError):
        return "wait"
    if isinstance(exc, EnforcedSpendLimitReachedError):
        return "fatal"
    if isinstance(exc, APIConnectionError):
        return "retry"
    if isinstance(exc, APIStatusError):
        if exc.status_code in (408, 409) or exc.status_code >= 500:
            return "retry"
        return "fatal" if exc.status_code in (401, 403) else "fix_request"
    return "fatal"
