"""The batch endpoints on the offline models."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from coreskills.gateway.answer_ids import digits
from coreskills.gateway.batches import Batch, BatchStore
from coreskills.gateway.incoming import Answer, Incoming, Tokens, whole, whole_json
from coreskills.gateway.shapes import anthropic, anthropic_answers, anthropic_body
from coreskills.gateway.shapes.reading import read_body
from coreskills.offline.prompt import PromptError
from coreskills.wire.errors import WireError
from coreskills.wire.http import WireResponse

if TYPE_CHECKING:
    from coreskills.gateway.kept.store import Kept
    from coreskills.offline.models import OfflineModels


class OfflineBatches:
    """Creates, shows, stops and forgets batches.

    Args:
        seconds: How long a batch takes.
        workers: Make the answers. A request about a batch must not run on them, since it waits for them.

    Attributes:
        answers: By endpoint.
    """

    def __init__(self, models: OfflineModels, kept: Kept, *, seconds: float, workers: Executor) -> None:
        self._models = models
        self._batches = BatchStore(kept, seconds=seconds, answer=self._answer_one, workers=workers)
        self.answers: dict[str, Callable[[Incoming], Awaitable[Answer]]] = {
            "messages/batches": self._create_batch,
            "messages/batches/read": self._read_batch,
            "messages/batches/cancel": self._cancel_batch,
            "messages/batches/delete": self._delete_batch,
            "messages/batches/results": self._batch_results,
        }

    async def _create_batch(self, incoming: Incoming) -> Answer:
        return await self._about_batch(incoming, self._created)

    async def _read_batch(self, incoming: Incoming) -> Answer:
        if "batch_id" in incoming.params:
            return await self._about_batch(incoming, self._batch)
        listing = partial(self._batches.listing, dict(parse_qsl(incoming.wire.query)), owner=incoming.owner)
        document = await asyncio.to_thread(listing, now=incoming.time_utc, base_url=incoming.base_url)
        return whole_json(document, Tokens())

    async def _cancel_batch(self, incoming: Incoming) -> Answer:
        return await self._about_batch(incoming, self._cancelled)

    async def _about_batch(self, incoming: Incoming, find: Callable[[Incoming], Batch]) -> Answer:
        """The document of a batch; the workers must not wait for it, since it waits for them."""

        def work() -> dict[str, Any]:
            return find(incoming).document(now=incoming.time_utc, base_url=incoming.base_url)

        return whole_json(await asyncio.to_thread(work), Tokens())

    def _created(self, incoming: Incoming) -> Batch:
        return self._batches.create(incoming.body, owner=incoming.owner, now=incoming.time_utc)

    def _batch(self, incoming: Incoming) -> Batch:
        return self._batches.get(incoming.params["batch_id"], owner=incoming.owner)

    def _cancelled(self, incoming: Incoming) -> Batch:
        batch = self._batch(incoming)
        self._batches.cancel(batch, now=incoming.time_utc)
        return batch

    async def _delete_batch(self, incoming: Incoming) -> Answer:
        def work() -> str:
            batch = self._batch(incoming)
            self._batches.delete(batch, now=incoming.time_utc)
            return batch.id

        return whole_json({"id": await asyncio.to_thread(work), "type": "message_batch_deleted"}, Tokens())

    async def _batch_results(self, incoming: Incoming) -> Answer:
        def work() -> bytes:
            batch = self._batch(incoming)
            if not batch.is_ended(incoming.time_utc):
                raise WireError(404, "not_found", f"Results of batch {batch.id} are not available until it has ended.")
            return batch.lines()

        headers = {"content-type": "application/x-jsonl"}
        return whole(WireResponse(200, headers, await asyncio.to_thread(work)), tokens=Tokens())

    def _answer_one(self, batch_id: str, request: dict[str, Any]) -> dict[str, Any]:
        """One request of a batch; what a single call would refuse is an errored result."""
        try:
            body = read_body(anthropic_body.MessageBody, request["params"], "anthropic")
            if body.stream:
                raise WireError(400, "invalid_request", "stream: Streaming is not supported in batches")
            completion = self._models.complete(anthropic.to_prompt(body))
        except (WireError, PromptError) as error:
            kind = "model_not_found" if error.kind == "not_found" else error.kind
            refused = json.loads(WireError(error.status, kind, error.message).response("anthropic").body)
            return {"type": "errored", "error": {**refused, "request_id": None}}
        made_id = digits(f"{batch_id}/{request['custom_id']}".encode())
        message = anthropic_answers.message(completion, model=body.model, answer_id=made_id, service_tier="batch")
        return {"type": "succeeded", "message": message}
