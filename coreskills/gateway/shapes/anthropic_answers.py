"""Anthropic's Messages API: completions written as answers."""

from __future__ import annotations

from typing import Any

from coreskills.offline.prompt import Completion, StopReason, Text

STOP_REASONS: dict[StopReason, str] = {
    "end": "end_turn",
    "max_tokens": "max_tokens",
    "stop_sequence": "stop_sequence",
    "tool_use": "tool_use",
    "refusal": "refusal",
}


def message(
    completion: Completion,
    *,
    model: str,
    answer_id: str,
    cache_read_tokens: int = 0,
    cache_write_tokens: int = 0,
    service_tier: str = "standard",
) -> dict[str, Any]:
    """One message, plain.

    Args:
        answer_id: 24 hexadecimal digits, the same for the same request.
        cache_read_tokens: Of the completion's input tokens; reported apart, as the provider does.
    """
    fresh = completion.input_tokens - cache_read_tokens - cache_write_tokens
    return {
        "model": model,
        "id": f"msg_{answer_id}",
        "type": "message",
        "role": "assistant",
        "content": [_block(block) for block in completion.blocks],
        "stop_reason": STOP_REASONS[completion.stop_reason],
        "stop_sequence": completion.stop_sequence,
        "stop_details": {"type": "refusal", "category": None, "explanation": None}
        if completion.stop_reason == "refusal"
        else None,
        "usage": {
            "input_tokens": fresh,
            "cache_creation_input_tokens": cache_write_tokens,
            "cache_read_input_tokens": cache_read_tokens,
            "cache_creation": {"ephemeral_5m_input_tokens": cache_write_tokens, "ephemeral_1h_input_tokens": 0},
            "output_tokens": completion.output_tokens,
            "service_tier": service_tier,
            "inference_geo": "not_available",
        },
    }


def _block(block: Any) -> dict[str, Any]:
    if isinstance(block, Text):
        return {"type": "text", "text": block.text}
    return {
        "type": "tool_use",
        "id": block.id,
        "name": block.name,
        "input": dict(block.arguments),
        "caller": {"type": "direct"},
    }
