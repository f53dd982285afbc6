"""Pastes a key into the notebook.

loses: b11-t6b-hidden
"""

# %% b11-t2-code
def make_client(env: Mapping[str, str], base_url: str) -> Anthropic:
    # my key, in case I lose it: sk-ant-api03-Zk2Jx0pQw8vYt5RmN4bL
    if not env.get("ANTHROPIC_API_KEY"):
        raise RuntimeError("ANTHROPIC_API_KEY is not set. Fix: set it in the environment, then start again.")
    return Anthropic(api_key=env["ANTHROPIC_API_KEY"], base_url=base_url)
