"""A request on its way through the gateway, and the answer a backend gives."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from coreskills.cassettes import Miss
from coreskills.gateway.kept.store import Owner
from coreskills.gateway.keys import Grant
from coreskills.gateway.session import Session
from coreskills.ledger.call import Source
from coreskills.wire.http import WireRequest, WireResponse


@dataclass(frozen=True)
class Tokens:
    """What a call read and wrote.

    Attributes:
        read: All input, cached tokens included.
        estimated: Counted here, not told by the provider.
    """

    read: int = 0
    written: int = 0
    cache_read: int = 0
    cache_write: int = 0
    estimated: bool = False


@dataclass
class Incoming:
    """One request.

    Attributes:
        endpoint: As the ledger names it: ``messages``, ``chat/completions``...
        body: The decoded JSON; ``{}`` where there is none.
        params: From the path: ``batch_id``, ``model_id``.
        base_url: Where the client reached this gateway, without a slash at the end.
        started_s: ``time.perf_counter()`` when it came in.
        held_usd: Reserved from the budget.
        repetition: How often this very request came before.
    """

    wire: WireRequest
    endpoint: str
    body: dict[str, Any]
    params: Mapping[str, str]
    base_url: str
    grant: Grant
    session: Session
    time_utc: datetime
    started_s: float
    held_usd: Decimal = Decimal(0)
    repetition: int = 0

    @property
    def owner(self) -> Owner:
        """Whose batches and stored responses it may use."""
        return self.grant.learner, self.grant.lab

    @property
    def model(self) -> str | None:
        """The model asked for, if the body names one."""
        model = self.body.get("model")
        return model if isinstance(model, str) else None


@dataclass
class Answer:
    """What a backend answers.

    Attributes:
        chunks: A stream's bytes as they come; ``None`` when ``body`` is the whole answer.
        tokens: Told by the backend; ``None`` leaves it to the answer's own ``usage``.
        latency_ms: As recorded; ``None`` is measured here.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    chunks: AsyncIterator[bytes] | None = None
    source: Source = "offline"
    tokens: Tokens | None = None
    cassette: str | None = None
    interaction: int | None = None
    tier: str | None = None
    latency_ms: int | None = None
    miss: Miss | None = None
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def is_stream(self) -> bool:
        """The body is server-sent events."""
        return self.headers.get("content-type", "").startswith("text/event-stream")


def whole(response: WireResponse, *, source: Source = "offline", **more: Any) -> Answer:
    """An answer that is there at once."""
    return Answer(response.status, response.headers, response.body, source=source, **more)


def whole_json(document: Any, tokens: Tokens, *, notes: dict[str, Any] | None = None) -> Answer:
    """A document as an answer."""
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return whole(WireResponse(200, {"content-type": "application/json"}, body), tokens=tokens, notes=notes or {})


class Backend(Protocol):
    """Answers requests: from offline models, from a cassette, or from the provider itself."""

    async def answer(self, incoming: Incoming) -> Answer:
        """Answer one request.

        Raises:
            WireError: The request is refused; the gateway writes it in the provider's shape.
        """
        ...
