"""Calls every answer cut off that did not end in its usual way, and gives counts as text.

loses: b11-t5-hidden
"""

# %% b11-t5-code
def explain(msg: Message) -> dict:
    return {
        "model": msg.model,
        "stop_reason": msg.stop_reason,
        "input_tokens": msg.usage.input_tokens,
        "output_tokens": msg.usage.output_tokens,
        "truncated": msg.stop_reason not in ("end_turn", "stop_sequence"),
    }
