"""One HTTP request to a provider and its answer, as plain values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

Provider = Literal["anthropic", "openai", "cohere"]

PROVIDER_HOSTS: dict[Provider, str] = {
    "anthropic": "https://api.anthropic.com",
    "openai": "https://api.openai.com",
    "cohere": "https://api.cohere.com",
}


@dataclass(frozen=True)
class WireRequest:
    """What a client sent.

    Attributes:
        path: The provider's own path, starting with ``/v1`` or ``/v2``; no host, no gateway prefix.
        headers: Names in lower case.
    """

    provider: Provider
    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @cached_property
    def json(self) -> Any:
        """The decoded body; ``None`` when it is empty or not JSON."""
        try:
            return json.loads(self.body) if self.body else None
        except (ValueError, UnicodeDecodeError, RecursionError):
            return None

    @property
    def wants_stream(self) -> bool:
        """The body asks for server-sent events."""
        return isinstance(self.json, dict) and self.json.get("stream") is True


@dataclass(frozen=True)
class WireResponse:
    """What a provider answered, whole.

    Attributes:
        headers: Names in lower case.
        body: A JSON document, or the raw bytes of an event stream; always decoded (no gzip).
        latency_ms: As recorded; data on a virtual clock, never slept.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    latency_ms: int | None = None

    @property
    def is_stream(self) -> bool:
        """The body is server-sent events."""
        return self.headers.get("content-type", "").startswith("text/event-stream")

    @cached_property
    def json(self) -> Any:
        """The decoded body; ``None`` when it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, UnicodeDecodeError):
            return None
