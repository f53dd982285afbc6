"""Knows one fault and lets all others through.

loses: b01-t4-hidden
"""

# %% b01-t4-code
def submit_check(path: str) -> list[str]:
    return ["out of order"] if "out_of_order" in path else []
