"""Counts a token for every four characters, without asking anybody.

loses: b12-t1a-hidden, b12-t1b-hidden
"""

# %% b12-t1-code
def count_tokens(client: Anthropic, text: str, *, model: str, system: str | None = None) -> int:
    return round(len(text + (system or "")) / 4) + 8
