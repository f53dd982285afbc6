"""Writes the model id where it is needed, again and again.

loses: b11-t1-hidden
"""

# %% b11-t3-code
def first_call(client: Anthropic, prompt: str, *, model: str = "claude-haiku-5-5", max_tokens: int = 256) -> Message:
    return client.messages.create(model=model, max_tokens=max_tokens, messages=[{"role": "user", "content": prompt}])
