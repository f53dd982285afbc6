"""OpenAI's Chat Completions API: completions written as answers.

Source: the types of the openai SDK 3.54 (``ChatCompletion``), and recorded traffic.
"""

from __future__ import annotations

import json
from typing import Any

from coreskills.offline.prompt import Completion, StopReason, Text, ToolCall

FINISH_REASONS: dict[StopReason, str] = {
    "end": "stop",
    "max_tokens": "length",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "refusal": "stop",
}


def completion_document(
    completions: list[Completion],
    *,
    model: str,
    answer_id: str,
    created: int,
    cached_tokens: int = 0,
) -> dict[str, Any]:
    """One chat completion, plain; several completions are its choices (``n``)."""
    read = completions[0].input_tokens
    written = sum(completion.output_tokens for completion in completions)
    return {
        "id": f"chatcmpl-{answer_id}",
        "object": "chat.completion",
        "created": created,
        "model": model,
        "choices": [_choice_document(completion, place) for place, completion in enumerate(completions)],
        "usage": {
            "prompt_tokens": read,
            "completion_tokens": written,
            "total_tokens": read + written,
            "prompt_tokens_details": {"cached_tokens": cached_tokens, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
        "service_tier": "default",
        "system_fingerprint": None,
    }


def _choice_document(completion: Completion, place: int) -> dict[str, Any]:
    texts = [block.text for block in completion.blocks if isinstance(block, Text)]
    calls = [block for block in completion.blocks if isinstance(block, ToolCall)]
    message: dict[str, Any] = {
        "role": "assistant",
        "content": "".join(texts) if texts or not calls else None,
        "refusal": None,
        "annotations": [],
    }
    if calls:
        message["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": json.dumps(dict(call.arguments), ensure_ascii=False)},
            }
            for call in calls
        ]
    return {
        "index": place,
        "message": message,
        "logprobs": None,
        "finish_reason": FINISH_REASONS[completion.stop_reason],
    }
