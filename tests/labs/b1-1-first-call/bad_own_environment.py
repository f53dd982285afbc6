"""Reads the real environment, whatever settings it is given.

loses: b11-t2-check, b11-t2a-hidden, b11-t2b-hidden
"""

# %% b11-t2-code
def make_client(env: Mapping[str, str], base_url: str) -> Anthropic:
    if not os.environ.get("ANTHROPIC_API_KEY"):
        raise RuntimeError("ANTHROPIC_API_KEY is not set. Set it in the environment, then start again.")
    return Anthropic()
