"""Anthropic's Message Batches on the offline models: sent at once, answered when the clock says so, half the price."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from coreskills.gateway.kept.store import Kept, KeptBatch, Owner
from coreskills.gateway.shapes.catalogue import page
from coreskills.ledger.call import iso
from coreskills.wire.errors import WireError

MOST_REQUESTS = 100_000
AT_HAND = 100  # batches in memory; the others are read, and answered, again when asked for
_ID = re.compile(r"msgbatch_[a-z0-9]{1,40}", re.ASCII)
_CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}", re.ASCII)
# From a batch's id and one of its requests to that request's ``result``.
AnswerOne = Callable[[str, dict[str, Any]], dict[str, Any]]


@dataclass
class Batch:
    """One batch.

    Attributes:
        answers: One future a request, in the order sent.
    """

    id: str
    owner: Owner
    requests: list[dict[str, Any]]
    created: datetime
    ends: datetime
    answers: list[Future[dict[str, Any]]]
    cancelled: datetime | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def is_ended(self, now: datetime) -> bool:
        """The clock has passed its end."""
        return now > self.cancelled if self.cancelled else now >= self.ends

    def n_done(self) -> int:
        """Requests answered before it was cancelled; all of them if it was not."""
        if self.cancelled is None:
            return len(self.requests)
        share = (self.cancelled - self.created) / (self.ends - self.created)
        return min(len(self.requests), int(share * len(self.requests)))

    def results(self) -> list[dict[str, Any]]:
        """Every request's result; waits for answers that are still being made."""
        done = self.n_done()
        made = [answer.result() for answer in self.answers[:done]]
        return made + [{"type": "canceled"}] * (len(self.requests) - done)

    def lines(self) -> bytes:
        """The results as the provider's JSONL."""
        rows = (
            {"custom_id": request["custom_id"], "result": result}
            for request, result in zip(self.requests, self.results(), strict=True)
        )
        return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)

    def document(self, *, now: datetime, base_url: str) -> dict[str, Any]:
        """The batch as the provider shows it: counts stay ``processing`` until all have ended."""
        ended = self.is_ended(now)
        counts = {"processing": len(self.requests), "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
        if ended:
            counts["processing"] = 0
            for result in self.results():
                counts[result["type"]] += 1
        status = "ended" if ended else "canceling" if self.cancelled else "in_progress"
        return {
            "id": self.id,
            "type": "message_batch",
            "processing_status": status,
            "request_counts": counts,
            "ended_at": iso(self.cancelled or self.ends) if ended else None,
            "created_at": iso(self.created),
            "expires_at": iso(self.created + timedelta(hours=24)),
            "archived_at": None,
            "cancel_initiated_at": iso(self.cancelled) if self.cancelled else None,
            "results_url": f"{base_url}/v1/messages/batches/{self.id}/results" if ended else None,
        }


class BatchStore:
    """The batches of all learners. They outlive the service: their requests are kept, and answered again the same.

    Its methods ask the database: not for an event loop.

    Args:
        seconds: How long a batch takes.
        answer: Makes one result; always the same one for the same request.
    """

    def __init__(self, kept: Kept, *, seconds: float, answer: AnswerOne, workers: Executor) -> None:
        self._kept, self._seconds, self._answer, self._workers = kept, seconds, answer, workers
        self._at_hand: OrderedDict[str, Batch] = OrderedDict()
        self._lock = threading.Lock()

    def create(self, body: dict[str, Any], *, owner: Owner, now: datetime) -> Batch:
        """Take a batch in; its requests are answered in the background.

        Raises:
            WireError: 400; no requests, or ids that are missing, malformed or doubled.
        """
        requests = _checked(body)
        with self._lock:
            ends = now + timedelta(seconds=self._seconds)
            taken = KeptBatch(self._free_id(owner, requests), owner, requests, now, ends)
            self._kept.add_batch(taken)
            return self._take_up(taken)

    def get(self, batch_id: str, *, owner: Owner) -> Batch:
        """A learner's batch.

        Raises:
            WireError: 404; none of theirs.
        """
        with self._lock:
            batch = self._at_hand.get(batch_id)
            if batch is None and _ID.fullmatch(batch_id) and (kept := self._kept.batch(batch_id, owner)):
                batch = self._take_up(kept)
        if batch is None or batch.owner != owner:
            raise WireError(404, "not_found", f"Message Batch {batch_id[:100]} not found.")
        return batch

    def cancel(self, batch: Batch, *, now: datetime) -> None:
        """Stop a batch that has not ended; what was answered by now stays.

        Raises:
            WireError: 400; it has ended.
        """
        with batch.lock:
            if batch.is_ended(now):
                raise WireError(400, "invalid_request", f"Batch {batch.id} cannot be canceled because it has ended.")
            batch.cancelled = now
            self._kept.cancel_batch(batch.id, at=now)

    def delete(self, batch: Batch, *, now: datetime) -> None:
        """Forget a batch that has ended.

        Raises:
            WireError: 400; it is still in progress.
        """
        if not batch.is_ended(now):
            raise WireError(400, "invalid_request", f"Batch {batch.id} cannot be deleted while it is in progress.")
        with self._lock:
            self._at_hand.pop(batch.id, None)
            self._kept.delete_batch(batch.id)

    def listing(self, query: dict[str, str], *, owner: Owner, now: datetime, base_url: str) -> dict[str, Any]:
        """One page of a learner's batches, newest first."""
        shown = page([{"id": batch_id} for batch_id in self._kept.batch_ids(owner)], query)
        mine = [self.get(row["id"], owner=owner) for row in shown["data"]]
        return {**shown, "data": [batch.document(now=now, base_url=base_url) for batch in mine]}

    def _free_id(self, owner: Owner, requests: list[dict[str, Any]]) -> str:
        """An id that is the same in every gateway that got the same batches: recording twice changes no cassette."""
        taken = set(self._kept.batch_ids(owner))
        number = len(taken)
        while (batch_id := _batch_id(owner, requests, number)) in taken:
            number += 1
        return batch_id

    def _take_up(self, kept: KeptBatch) -> Batch:
        answers = [self._workers.submit(self._answer, kept.id, request) for request in kept.requests]
        batch = Batch(kept.id, kept.owner, kept.requests, kept.created, kept.ends, answers, kept.cancelled)
        self._at_hand[batch.id] = batch
        if len(self._at_hand) > AT_HAND:
            self._at_hand.popitem(last=False)
        return batch


def _batch_id(owner: Owner, requests: list[dict[str, Any]], number: int) -> str:
    seed = json.dumps([owner, requests, number])
    return f"msgbatch_{hashlib.sha256(seed.encode()).hexdigest()[:24]}"


def _checked(body: dict[str, Any]) -> list[dict[str, Any]]:
    requests = body.get("requests")
    if extra := sorted(set(body) - {"requests", "betas", "user_profile_id", "workspace_id"}):
        raise WireError(400, "invalid_request", f"{extra[0]}: Extra inputs are not permitted")
    if not isinstance(requests, list) or not requests:
        raise WireError(400, "invalid_request", "requests: Field required, a list of at least 1 item")
    if len(requests) > MOST_REQUESTS:
        raise WireError(400, "invalid_request", f"requests: List should have at most {MOST_REQUESTS} items")
    seen: set[str] = set()
    for place, request in enumerate(requests):
        custom_id = request.get("custom_id") if isinstance(request, dict) else None
        if not isinstance(custom_id, str) or not _CUSTOM_ID.fullmatch(custom_id):
            raise WireError(
                400,
                "invalid_request",
                f"requests.{place}.custom_id: String should match pattern '^[a-zA-Z0-9_-]{{1,64}}$'",
            )
        if custom_id in seen:
            raise WireError(400, "invalid_request", f"requests.{place}.custom_id: {custom_id!r} is used twice")
        if not isinstance(request.get("params"), dict):
            raise WireError(400, "invalid_request", f"requests.{place}.params: Input should be a valid dictionary")
        seen.add(custom_id)
    return requests
