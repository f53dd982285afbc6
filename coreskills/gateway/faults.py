"""Scripted faults: what a provider, a network or a proxy may do to a call, on purpose and on time."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from coreskills.errors import GatewayError

FaultKind = Literal[
    "error", "spend_limit", "delay", "slow", "drop", "truncate", "malformed", "midstream_error", "duplicate", "shuffle"
]


class Fault(BaseModel):
    """One thing that goes wrong.

    Attributes:
        kind: ``error`` answers ``status``; ``spend_limit`` is the 429 that waiting does not mend; ``delay`` waits
            ``seconds`` before answering; ``slow`` sends ``bytes_per_s``; ``drop`` breaks the connection after
            ``after_events`` events (or half of a plain body); ``truncate`` ends a stream early but in good order;
            ``malformed`` cuts JSON in half; ``midstream_error`` sends an error event after ``after_events``;
            ``duplicate`` and ``shuffle`` repeat and mix the results of a batch.
        times: How many requests it hits; ``None`` is all.
        skip: How many matching requests pass before it.
        contains: Only requests whose body holds this text.
        endpoint: Only this endpoint, such as ``messages``.
        seed: Of ``shuffle`` and ``duplicate``.
    """

    model_config = ConfigDict(extra="forbid")

    kind: FaultKind = "error"
    status: Annotated[int, Field(ge=400, le=599)] | None = None
    times: Annotated[int, Field(ge=1)] | None = 1
    skip: int = Field(default=0, ge=0)
    contains: str | None = None
    endpoint: str | None = None
    message: str | None = None
    error_type: str | None = None
    retry_after_s: float | None = Field(default=None, ge=0)
    should_retry: bool | None = None
    seconds: float = Field(default=1.0, ge=0, le=600)
    bytes_per_s: float = Field(default=200.0, gt=0)
    after_events: int = Field(default=3, ge=0)
    seed: int = 0

    @model_validator(mode="after")
    def _complete(self) -> Fault:
        if self.kind == "error" and self.status is None:
            raise ValueError("a fault of kind 'error' needs a status")
        return self

    def matches(self, endpoint: str, body: bytes) -> bool:
        """The fault is meant for such a request."""
        if self.endpoint is not None and self.endpoint != endpoint:
            return False
        return self.contains is None or _holds(body, self.contains)


class FaultScript:
    """Faults in order; the first that fits a request is taken. Safe to use from several threads."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._skipped: list[int] = []
        self._hits: list[int] = []
        self._lock = threading.Lock()

    def set(self, faults: Iterable[Fault | dict[str, Any]]) -> list[Fault]:
        """Replace the script; an empty one ends all faults.

        Raises:
            GatewayError: One is no fault; names it and the field.
        """
        read = [fault if isinstance(fault, Fault) else _read(fault, place) for place, fault in enumerate(faults)]
        with self._lock:
            self._faults, self._skipped, self._hits = read, [0] * len(read), [0] * len(read)
        return read

    def take(self, endpoint: str, body: bytes) -> Fault | None:
        """The fault that hits this request, if any; counts it."""
        with self._lock:
            for place, fault in enumerate(self._faults):
                if fault.times is not None and self._hits[place] >= fault.times:
                    continue
                if not fault.matches(endpoint, body):
                    continue
                if self._skipped[place] < fault.skip:
                    self._skipped[place] += 1
                    continue
                self._hits[place] += 1
                return fault
        return None

    def state(self) -> list[dict[str, Any]]:
        """Each fault and how often it hit."""
        with self._lock:
            return [
                {**fault.model_dump(exclude_defaults=True), "kind": fault.kind, "hits": hits}
                for fault, hits in zip(self._faults, self._hits, strict=True)
            ]


def _read(fault: Any, place: int) -> Fault:
    try:
        return Fault.model_validate(fault)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise GatewayError(
            f"Fault {place} is not one: {f'{field}: ' if field else ''}{first['msg'].removeprefix('Value error, ')}.",
            fix="a fault is such as {'kind': 'error', 'status': 429, 'times': 2, 'retry_after_s': 1}",
        ) from None


def _holds(body: bytes, text: str) -> bool:
    """The text occurs in a JSON body, whichever way its letters were escaped."""
    return any(json.dumps(text, ensure_ascii=ascii_)[1:-1].encode() in body for ascii_ in (False, True))
