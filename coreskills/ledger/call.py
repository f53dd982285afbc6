"""One call to a provider, as the ledger keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

from coreskills.wire.http import Provider

Source = Literal["offline", "recorded", "live"]

# Requests that make a model work, and so cost money. All others (polling a batch, listing models) are bookkeeping.
MODEL_ENDPOINTS = frozenset(
    {"messages", "chat/completions", "responses", "embeddings", "rerank", "messages/batches/result"}
)
READ_ONLY_ENDPOINTS = frozenset({"models", "messages/batches/read", "messages/batches/results", "responses/read"})


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request and its answer.

    Attributes:
        id: Set by the ledger; rows of one ledger are ordered by it.
        cell_id: The notebook cell that ran; empty outside a kernel.
        endpoint: The path without version (``messages``, ``chat/completions``); a result of a batch is
            ``messages/batches/result``.
        model: As asked for; ``model_answered`` is what the provider says it used.
        response_id: The answer's own id; ``None`` where it has none.
        input_tokens: All that was read, cached tokens included.
        cache_read_tokens: Of ``input_tokens``, read from the provider's cache.
        cache_write_tokens: Of ``input_tokens``, written into it.
        cost_usd: List price; ``None`` is unknown, never free. Failed calls cost 0.
        estimated: Tokens were counted here, not told by the provider.
        retries: How many tries of the same request the SDK had made before this one.
        fault: Which scripted fault changed the answer.
        ended: ``whole``; ``left`` when the client hung up; ``broken`` when the answer broke off.
    """

    learner: str
    lab: str
    provider: Provider
    endpoint: str
    status: int
    id: int | None = None
    time_utc: datetime
    kernel: str = ""
    key_id: str = ""
    cell_id: str = ""
    cell_label: str = ""
    cell_order: int | None = None
    model: str | None = None
    model_answered: str | None = None
    response_id: str | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost_usd: Decimal | None = None
    estimated: bool = False
    batch: bool = False
    stream: bool = False
    latency_ms: int = 0
    first_token_ms: int | None = None
    retries: int = 0
    source: Source = "offline"
    cassette: str | None = None
    interaction: int | None = None
    tier: str | None = None
    fault: str | None = None
    error_type: str | None = None
    ended: str = "whole"

    @property
    def is_model_call(self) -> bool:
        """A model worked for it; polling a batch or listing models is not such a call."""
        return self.endpoint in MODEL_ENDPOINTS

    @property
    def is_refused(self) -> bool:
        """The answer was an error; nothing is billed."""
        return self.status >= 400

    def public(self) -> dict[str, Any]:
        """The row as the widgets and the labs read it: money as a decimal string, time in ISO 8601."""
        return {
            "id": self.id,
            "time_utc": iso(self.time_utc),
            "cell_id": self.cell_id,
            "cell_label": self.cell_label,
            "cell_order": self.cell_order,
            "provider": self.provider,
            "endpoint": self.endpoint,
            "model": self.model,
            "model_answered": self.model_answered,
            "response_id": self.response_id,
            "status": self.status,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cache_read_tokens": self.cache_read_tokens,
            "cache_write_tokens": self.cache_write_tokens,
            "cost_usd": money(self.cost_usd),
            "estimated": self.estimated,
            "batch": self.batch,
            "stream": self.stream,
            "latency_ms": self.latency_ms,
            "first_token_ms": self.first_token_ms,
            "retries": self.retries,
            "source": self.source,
            "fault": self.fault,
            "error_type": self.error_type,
            "ended": self.ended,
        }


def money(amount: Decimal | None) -> str | None:
    """A plain decimal string, without exponent or trailing zeros; ``None`` stays unknown."""
    if amount is None:
        return None
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def iso(moment: datetime) -> str:
    """UTC, to the millisecond, with ``Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
