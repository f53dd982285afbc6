"""Streams, and collects the message at the end; checks types with isinstance."""

# %% b11-t3-code
def first_call(client: Anthropic, prompt: str, *, model: str = MODEL, max_tokens: int = 256) -> Message:
    with client.messages.stream(
        model=model, max_tokens=max_tokens, messages=[{"role": "user", "content": prompt}]
    ) as stream:
        return stream.get_final_message()

# %% b11-t4-code
from anthropic.types import TextBlock


def reply_text(msg: Message) -> str:
    texts = [block.text for block in msg.content if isinstance(block, TextBlock)]
    return "".join(texts) if texts else ""
