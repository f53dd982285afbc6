"""``/v1/models``: the models on offer, in each provider's shape."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from coreskills.offline.catalogue import ModelInfo
from coreskills.wire.errors import WireError
from coreskills.wire.http import Provider


def list_models(models: Sequence[ModelInfo], provider: Provider, query: dict[str, str]) -> dict[str, Any]:
    """One page of models.

    Args:
        query: Anthropic's ``limit``, ``after_id`` and ``before_id``; OpenAI lists all at once.

    Raises:
        WireError: 400; a limit that is none, or an unknown id.
    """
    mine = [info for info in models if info.provider == provider and not info.is_retired]
    if provider != "anthropic":
        return {"object": "list", "data": [_openai(info) for info in mine]}
    return page([_anthropic(info) for info in mine], query)


def one_model(models: Sequence[ModelInfo], provider: Provider, model_id: str) -> dict[str, Any]:
    """One model.

    Raises:
        WireError: 404; unknown or retired, in the provider's words.
    """
    for info in models:
        if info.id == model_id and info.provider == provider and not info.is_retired:
            return _anthropic(info) if provider == "anthropic" else _openai(info)
    if provider == "anthropic":
        raise WireError(404, "model_not_found", f"model: {model_id}")
    raise WireError(404, "model_not_found", f"The model '{model_id}' does not exist", param="model")


def page(items: Sequence[dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
    """Anthropic's list envelope around a part of ``items``.

    Raises:
        WireError: 400; a limit that is none, or an id that is not in the list.
    """
    limit = query.get("limit", "20")
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:6]) <= 1000):
        raise WireError(400, "invalid_request", "limit: Input should be a number from 1 to 1000")
    ids = [item["id"] for item in items]
    start, end = 0, len(items)
    if after := query.get("after_id"):
        start = _place(ids, after, "after_id") + 1
    if before := query.get("before_id"):
        end = _place(ids, before, "before_id")
        start = max(start, end - int(limit))
    shown = list(items[start:end][: int(limit)])
    return {
        "data": shown,
        "has_more": start + len(shown) < end if not before else start > 0,
        "first_id": shown[0]["id"] if shown else None,
        "last_id": shown[-1]["id"] if shown else None,
    }


def _place(ids: list[str], wanted: str, name: str) -> int:
    if wanted not in ids:
        raise WireError(400, "invalid_request", f"{name}: {wanted[:100]!r} is not in this list")
    return ids.index(wanted)


def _anthropic(info: ModelInfo) -> dict[str, Any]:
    yes, no = {"supported": True}, {"supported": False}
    return {
        "type": "model",
        "id": info.id,
        "display_name": info.display_name or info.id,
        "created_at": _midnight(info.created),
        "lifecycle": "deprecated" if info.retired_on else "active",
        "deprecated_at": None,
        "retires_at": _midnight(info.retired_on) if info.retired_on else None,
        "line": next((line for line in ("haiku", "sonnet", "opus", "fable", "mythos") if line in info.id), None),
        "max_input_tokens": info.context_tokens,
        "max_tokens": info.max_output_tokens,
        "capabilities": {
            "batch": yes,
            "citations": no,
            "code_execution": no,
            "context_management": {"supported": False},
            "effort": {"supported": False, "low": no, "medium": no, "high": no, "max": no, "xhigh": no},
            "image_input": yes,
            "pdf_input": no,
            "server_tools": {"supported": False, "code_execution": no, "web_search": no},
            "structured_outputs": yes,
            "thinking": {
                "supported": False,
                "types": {"adaptive": no, "between_tools": no, "disabled": yes, "enabled": no},
            },
        },
    }


def _openai(info: ModelInfo) -> dict[str, Any]:
    return {"id": info.id, "object": "model", "created": _seconds(info.created), "owned_by": "openai"}


def _midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def _seconds(day: date) -> int:
    return int(datetime.combine(day, datetime.min.time(), UTC).timestamp())
