"""OpenAI's Responses API: completions written as answers.

Source: the types of the openai SDK 3.54 (``Response``), and recorded traffic.
"""

from __future__ import annotations

import json
from typing import Any

from coreskills.gateway.shapes.openai_responses_body import ResponsesBody, TextFormat, ToolChoice, ToolParam
from coreskills.offline.prompt import Completion, Text, ToolCall


def response_document(
    completion: Completion, body: ResponsesBody, *, answer_id: str, created: int, cached_tokens: int = 0
) -> dict[str, Any]:
    """One response, plain."""
    is_whole = completion.stop_reason != "max_tokens"
    return {
        "id": f"resp_{answer_id}",
        "object": "response",
        "created_at": created,
        "status": "completed" if is_whole else "incomplete",
        "completed_at": created if is_whole else None,
        "error": None,
        "incomplete_details": None if is_whole else {"reason": "max_output_tokens"},
        "output": _output(completion, answer_id, is_whole=is_whole),
        **_told_back(body),
        **_UNUSED,
        "usage": {
            "input_tokens": completion.input_tokens,
            "input_tokens_details": {"cached_tokens": cached_tokens, "cache_write_tokens": 0},
            "output_tokens": completion.output_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": completion.input_tokens + completion.output_tokens,
        },
    }


# Fields that every answer has, of abilities that no offline model has.
_UNUSED: dict[str, Any] = {
    "background": False,
    "frequency_penalty": 0.0,
    "moderation": None,
    "presence_penalty": 0.0,
    "prompt_cache_retention": None,
    "service_tier": "default",
}


def _told_back(body: ResponsesBody) -> dict[str, Any]:
    """The request's settings, with the provider's defaults where it said nothing."""
    chosen = body.tool_choice.model_dump(exclude_none=True) if isinstance(body.tool_choice, ToolChoice) else None
    format_ = (body.text.format if body.text else None) or TextFormat(type="text")
    reasoning = body.reasoning or {}
    return {
        "instructions": body.instructions,
        "max_output_tokens": body.max_output_tokens,
        "max_tool_calls": body.max_tool_calls,
        "metadata": body.metadata or {},
        "model": body.model,
        "parallel_tool_calls": body.parallel_tool_calls is not False,
        "previous_response_id": body.previous_response_id,
        "prompt_cache_key": body.prompt_cache_key,
        "reasoning": {"effort": reasoning.get("effort"), "summary": reasoning.get("summary")},
        "safety_identifier": body.safety_identifier,
        "store": body.store is not False,
        "temperature": 1.0 if body.temperature is None else body.temperature,
        "text": {
            "format": _format_document(format_),
            "verbosity": (body.text.verbosity if body.text else None) or "medium",
        },
        "tool_choice": chosen or body.tool_choice or "auto",
        "tools": [_tool_document(tool) for tool in body.tools or []],
        "top_logprobs": body.top_logprobs or 0,
        "top_p": 1.0 if body.top_p is None else body.top_p,
        "truncation": body.truncation or "disabled",
        "user": body.user,
    }


def _output(completion: Completion, answer_id: str, *, is_whole: bool) -> list[dict[str, Any]]:
    status = "completed" if is_whole else "incomplete"
    items: list[dict[str, Any]] = []
    text = "".join(block.text for block in completion.blocks if isinstance(block, Text))
    calls = [block for block in completion.blocks if isinstance(block, ToolCall)]
    if text or not calls:
        items.append(
            {
                "id": f"msg_{answer_id}",
                "type": "message",
                "status": status,
                "content": [{"type": "output_text", "annotations": [], "logprobs": [], "text": text}],
                "role": "assistant",
            }
        )
    for place, call in enumerate(calls):
        items.append(
            {
                "id": f"fc_{answer_id}{place}",
                "type": "function_call",
                "status": status,
                "arguments": json.dumps(dict(call.arguments), ensure_ascii=False),
                "call_id": call.id,
                "name": call.name,
            }
        )
    return items


def _format_document(wanted: TextFormat) -> dict[str, Any]:
    if wanted.type != "json_schema":
        return {"type": wanted.type}
    return {
        "type": "json_schema",
        "description": wanted.description,
        "name": wanted.name,
        "schema": wanted.schema_ or {},
        "strict": wanted.strict is not False,
    }


def _tool_document(tool: ToolParam) -> dict[str, Any]:
    return {
        "type": "function",
        "description": tool.description,
        "name": tool.name,
        "parameters": tool.parameters,
        "strict": True,
    }
