"""Error answers in each provider's own shape."""

from __future__ import annotations

import json
import secrets
from typing import Any

from coreskills.wire.http import Provider, WireResponse

# Sources: platform.claude.com/docs/en/api/errors and platform.openai.com/docs/guides/error-codes, as the SDKs' types
# of anthropic 2.12 and openai 3.54 have them.
ANTHROPIC_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    409: "conflict_error",
    413: "invalid_request_error",
    418: "invalid_request_error",
    429: "rate_limit_error",
    500: "api_error",
    503: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}
OPENAI_TYPES = {
    400: "invalid_request_error",
    401: "invalid_request_error",
    403: "invalid_request_error",
    404: "invalid_request_error",
    405: "invalid_request_error",
    413: "invalid_request_error",
    418: "invalid_request_error",
    429: "requests",
    500: "server_error",
    503: "server_error",
    504: "server_error",
    529: "server_error",
}
OPENAI_CODES = {401: "invalid_api_key", 429: "rate_limit_exceeded"}
# What `kind` means in each provider's words; a kind not listed leaves the status to decide.
ANTHROPIC_KINDS = {
    "not_found": "not_found_error",
    "model_not_found": "not_found_error",
    "invalid_request": "invalid_request_error",
    "context_length": "invalid_request_error",
    "too_large": "request_too_large",
    "billing": "billing_error",
    "overloaded": "overloaded_error",
}
OPENAI_KINDS = {
    "model_not_found": ("invalid_request_error", "model_not_found"),
    "context_length": ("invalid_request_error", "context_length_exceeded"),
    "spend_limit": ("insufficient_quota", "insufficient_quota"),
    "rate_limit": ("requests", "rate_limit_exceeded"),
    "missing": ("invalid_request_error", "missing_required_parameter"),
    "wrong_type": ("invalid_request_error", "invalid_type"),
    "unknown_field": ("invalid_request_error", "unknown_parameter"),
    "invalid_value": ("invalid_request_error", "invalid_value"),
    "too_large": ("invalid_request_error", "request_too_large"),
}


class WireError(Exception):
    """A request that is answered with a provider-shaped error.

    Attributes:
        kind: One of the keys of ``OPENAI_KINDS`` and ``ANTHROPIC_KINDS``, or empty.
        param: The field at fault, as OpenAI names it: ``messages[0].content``.
        extra: More for ``error_response``: ``retry_after_s``, ``should_retry``, ``headers``.
    """

    def __init__(self, status: int, kind: str, message: str, *, param: str | None = None, **extra: Any) -> None:
        self.status, self.kind, self.message, self.param, self.extra = status, kind, message, param, extra
        super().__init__(message)

    def response(self, provider: Provider) -> WireResponse:
        """The error in a provider's shape."""
        return error_response(provider, self.status, self.kind, self.message, param=self.param, **self.extra)


def error_response(
    provider: Provider,
    status: int,
    kind: str,
    message: str,
    *,
    param: str | None = None,
    code: str | None = None,
    type: str | None = None,
    details: dict[str, Any] | None = None,
    retry_after_s: float | None = None,
    should_retry: bool | None = None,
    headers: dict[str, str] | None = None,
) -> WireResponse:
    """Build the error a provider would answer.

    Args:
        kind: The reason in our words: ``model_not_found``, ``context_length``, ``spend_limit``, ``missing``...
        param: The field at fault; only OpenAI's shape has it.
        code: OpenAI's ``error.code``, where ``kind`` does not decide it.
        type: ``error.type`` in the provider's words, where ``kind`` and ``status`` do not decide it.
        details: Anthropic's ``error.details``; a spent budget fills it itself.
        should_retry: Overrides the SDK's own decision through ``x-should-retry``.
    """
    request_id = f"req_{secrets.token_hex(12)}"
    sent = {"content-type": "application/json", **(headers or {})}
    sent["request-id" if provider == "anthropic" else "x-request-id"] = request_id
    if retry_after_s is not None:
        sent["retry-after"] = f"{retry_after_s:g}"
    if should_retry is not None:
        sent["x-should-retry"] = "true" if should_retry else "false"
    body = _body(provider, status, kind, message, request_id, param=param, code=code, type=type, details=details)
    return WireResponse(status, sent, json.dumps(body, ensure_ascii=False).encode())


def spend_limit_response(provider: Provider, message: str) -> WireResponse:
    """The 429 of a spent budget: no ``retry-after``, since waiting does not help."""
    return error_response(provider, 429, "spend_limit", message, should_retry=False)


def event_error(provider: Provider, kind: str, message: str) -> bytes:
    """An error in the middle of an event stream, as one event."""
    if provider == "anthropic":
        error = {"type": ANTHROPIC_KINDS.get(kind, "api_error"), "message": message}
        return b"event: error\ndata: " + json.dumps({"type": "error", "error": error}).encode() + b"\n\n"
    error_body = {"error": {"message": message, "type": "server_error", "param": None, "code": "server_error"}}
    return b"data: " + json.dumps(error_body).encode() + b"\n\n"


def _body(
    provider: Provider,
    status: int,
    kind: str,
    message: str,
    request_id: str,
    *,
    param: str | None,
    code: str | None,
    type: str | None,
    details: dict[str, Any] | None,
) -> dict[str, Any]:
    if provider == "anthropic":
        error: dict[str, Any] = {
            "type": type or ANTHROPIC_KINDS.get(kind) or ANTHROPIC_TYPES.get(status, "api_error"),
            "message": message,
        }
        if kind == "spend_limit":
            details = {"error_code": "enforced_spend_limit_reached", **(details or {})}
        if details:
            error["details"] = details
        return {"type": "error", "error": error, "request_id": request_id}
    if provider == "cohere":
        return {"id": request_id, "message": message}
    by_kind = OPENAI_KINDS.get(kind, (None, None))
    return {
        "error": {
            "message": message,
            "type": type or by_kind[0] or OPENAI_TYPES.get(status, "server_error"),
            "param": param,
            "code": code or by_kind[1] or OPENAI_CODES.get(status),
        }
    }
