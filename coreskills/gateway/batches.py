"""Anthropic's Message Batches on the offline models: sent at once, answered when the clock says so, half the price."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from coreskills.gateway.shapes.catalogue import page
from coreskills.ledger.call import iso
from coreskills.wire.errors import WireError

MOST_REQUESTS = 100_000
KEPT_BATCHES = 1_000
_CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}", re.ASCII)
# From a batch's id and one of its requests to that request's ``result``.
AnswerOne = Callable[[str, dict[str, Any]], dict[str, Any]]


@dataclass
class Batch:
    """One batch.

    Attributes:
        owner: Learner and lab: a restarted kernel finds its batches again.
        answers: One future a request, in the order sent.
    """

    id: str
    owner: tuple[str, str]
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
    """The batches of all learners; in memory, so a restart of the service forgets them.

    Args:
        seconds: How long a batch takes.
    """

    def __init__(self, *, seconds: float) -> None:
        self._seconds = seconds
        self._batches: OrderedDict[str, Batch] = OrderedDict()
        self._lock = threading.Lock()

    def create(
        self, body: dict[str, Any], *, owner: tuple[str, str], now: datetime, answer: AnswerOne, workers: Executor
    ) -> Batch:
        """Take a batch in; its requests are answered in the background.

        Raises:
            WireError: 400; no requests, or ids that are missing, malformed or doubled.
        """
        requests = _checked(body)
        with self._lock:
            seed = json.dumps([owner, requests, sum(batch.owner == owner for batch in self._batches.values())])
            batch_id = f"msgbatch_{hashlib.sha256(seed.encode()).hexdigest()[:24]}"
            batch = Batch(
                id=batch_id,
                owner=owner,
                requests=requests,
                created=now,
                ends=now + timedelta(seconds=self._seconds),
                answers=[workers.submit(answer, batch_id, request) for request in requests],
            )
            self._batches[batch.id] = batch
            if len(self._batches) > KEPT_BATCHES:
                self._batches.popitem(last=False)
        return batch

    def get(self, batch_id: str, *, owner: tuple[str, str]) -> Batch:
        """A learner's batch.

        Raises:
            WireError: 404; none of theirs.
        """
        with self._lock:
            batch = self._batches.get(batch_id)
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

    def delete(self, batch: Batch, *, now: datetime) -> None:
        """Forget a batch that has ended.

        Raises:
            WireError: 400; it is still in progress.
        """
        if not batch.is_ended(now):
            raise WireError(400, "invalid_request", f"Batch {batch.id} cannot be deleted while it is in progress.")
        with self._lock:
            self._batches.pop(batch.id, None)

    def listing(self, query: dict[str, str], *, owner: tuple[str, str], now: datetime, base_url: str) -> dict[str, Any]:
        """One page of a learner's batches, newest first."""
        with self._lock:
            mine: Sequence[Batch] = [batch for batch in reversed(self._batches.values()) if batch.owner == owner]
        return page([batch.document(now=now, base_url=base_url) for batch in mine], query)


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
