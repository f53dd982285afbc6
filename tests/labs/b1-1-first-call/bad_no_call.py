"""Makes a Message by hand and never calls the API.

loses: b11-t3-check, b11-t3a-hidden, b11-t3b-hidden, b11-t6a-hidden
"""

# %% b11-t3-code
def first_call(client, prompt, *, model=MODEL, max_tokens=256):
    return Message.model_validate({
        "id": "msg_01", "type": "message", "role": "assistant", "model": model, "stop_sequence": None,
        "stop_reason": "max_tokens" if max_tokens < 50 else "end_turn",
        "content": [{"type": "text", "text": "Hello!"}],
        "usage": {"input_tokens": 10, "output_tokens": min(max_tokens, 12)},
    })
