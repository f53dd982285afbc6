"""The offline backend: provider-shaped bodies in, offline models' answers in the provider's shape out."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl

from coreskills.gateway.batches import Batch, BatchStore
from coreskills.gateway.incoming import Answer, Incoming, Tokens, whole
from coreskills.gateway.latency import modelled_latency_ms
from coreskills.gateway.shapes import (
    anthropic,
    anthropic_answers,
    anthropic_body,
    catalogue,
    embeddings,
    openai_chat,
    openai_chat_answers,
    openai_chat_body,
    openai_responses,
    openai_responses_answers,
    openai_responses_body,
)
from coreskills.gateway.shapes.prompt_cache import use_cache
from coreskills.gateway.shapes.reading import read_body
from coreskills.offline.prompt import Completion, Prompt, PromptError, Turn
from coreskills.offline.tokens import encoding, encoding_for
from coreskills.wire.convert import to_stream
from coreskills.wire.errors import WireError
from coreskills.wire.http import Provider, WireResponse

if TYPE_CHECKING:
    from coreskills.gateway.kept.store import Kept
    from coreskills.gateway.shapes.openai_responses_body import ResponsesBody
    from coreskills.offline.models import OfflineModels

Result = TypeVar("Result")
# Completions hold the interpreter's lock most of their time: more threads would only add switches.
_WORKERS = 4
# Answers are the same bytes whenever they are made, so that recording twice changes no cassette.
CREATED = 1_795_305_600
_RESPONSE_ID = re.compile(r"resp_[a-z0-9]{1,40}", re.ASCII)
_REPEATABLE = frozenset({"messages", "chat/completions", "responses"})


class OfflineBackend:
    """Answers from the offline models.

    Args:
        kept: Where batches and stored responses outlive the service.
        event_delay_s: Pause between the events of a stream, so that a learner sees a stream stream.
        batch_seconds: How long a batch takes.
    """

    def __init__(
        self, models: OfflineModels, kept: Kept, *, event_delay_s: float = 0.0, batch_seconds: float = 2.0
    ) -> None:
        self.models, self._kept = models, kept
        self._event_delay_s = event_delay_s
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="offline-model")
        self._batches = BatchStore(kept, seconds=batch_seconds, answer=self._answer_one, workers=self._workers)
        self._answers: dict[str, Callable[[Incoming], Awaitable[Answer]]] = {
            "messages": self._messages,
            "messages/count_tokens": self._count_tokens,
            "messages/batches": self._create_batch,
            "messages/batches/read": self._read_batch,
            "messages/batches/cancel": self._cancel_batch,
            "messages/batches/delete": self._delete_batch,
            "messages/batches/results": self._batch_results,
            "chat/completions": self._chat,
            "responses": self._responses,
            "responses/input_tokens": self._response_tokens,
            "embeddings": self._embeddings,
            "rerank": self._rerank,
            "models": self._models,
        }

    async def answer(self, incoming: Incoming) -> Answer:
        """Answer one request; raises ``WireError`` as the provider would refuse it."""
        if incoming.endpoint in _REPEATABLE:
            incoming.repetition = incoming.session.repetition(incoming.endpoint, incoming.wire.body)
        try:
            made = await self._answers[incoming.endpoint](incoming)
        except PromptError as error:
            kind = "model_not_found" if error.kind == "not_found" else error.kind
            raise WireError(error.status, kind, error.message) from None
        tokens = made.tokens or Tokens()
        made.headers = {
            **made.headers,
            "request-id" if incoming.wire.provider == "anthropic" else "x-request-id": f"req_{answer_id(incoming)}",
            "x-coreskills-latency-ms": str(modelled_latency_ms(incoming, tokens)),
        }
        if incoming.body.get("stream") is True and incoming.endpoint in _REPEATABLE:
            return self._streamed(incoming, made)
        return made

    def close(self) -> None:
        """End the worker threads."""
        self._workers.shutdown(wait=False, cancel_futures=True)

    async def run(self, work: Callable[..., Result], *args: Any) -> Result:
        """Do slow work away from the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._workers, work, *args)

    async def _messages(self, incoming: Incoming) -> Answer:
        body = await self._read(anthropic_body.MessageBody, incoming, "anthropic")
        prompt = anthropic.to_prompt(body, repetition=incoming.repetition)
        completion = await self.run(self.models.complete, prompt)
        cached = use_cache(
            incoming.body,
            input_tokens=completion.input_tokens,
            cache=incoming.session.prompt_cache,
            now_s=incoming.time_utc.timestamp(),
        )
        document = anthropic_answers.message(
            completion,
            model=body.model,
            answer_id=answer_id(incoming),
            cache_read_tokens=cached.read,
            cache_write_tokens=cached.written,
        )
        tokens = replace(_tokens([completion]), cache_read=cached.read, cache_write=cached.written)
        return _answer(document, tokens, completion)

    async def _count_tokens(self, incoming: Incoming) -> Answer:
        body = await self._read(anthropic_body.CountTokensBody, incoming, "anthropic")
        count = await self.run(self.models.count_tokens, anthropic.to_prompt(body))
        return _answer({"input_tokens": count}, Tokens(estimated=True))

    async def _chat(self, incoming: Incoming) -> Answer:
        body = await self._read(openai_chat_body.ChatBody, incoming, "openai")
        completions = await self.run(self._complete_n, openai_chat.to_prompt(body), body.n or 1, incoming.repetition)
        document = openai_chat_answers.completion_document(
            completions, model=body.model, answer_id=answer_id(incoming), created=CREATED
        )
        return _answer(document, _tokens(completions), completions[0])

    async def _responses(self, incoming: Incoming) -> Answer:
        body = await self._read(openai_responses_body.ResponsesBody, incoming, "openai")
        completion, document = await self.run(self._respond, incoming, body)
        return _answer(document, _tokens([completion]), completion)

    def _respond(self, incoming: Incoming, body: ResponsesBody) -> tuple[Completion, dict[str, Any]]:
        """Go on from the response that the request names, and keep this one for the next unless it says no."""
        earlier = self._conversation(incoming, body)
        prompt = openai_responses.to_prompt(body, earlier=earlier, repetition=incoming.repetition)
        completion = self.models.complete(prompt)
        document = openai_responses_answers.response_document(
            completion, body, answer_id=answer_id(incoming), created=CREATED
        )
        if body.store is not False:
            self._kept.add_response(
                document["id"],
                [*openai_responses.turns_of(body), openai_responses.answered(completion)],
                owner=_owner(incoming),
                previous_id=body.previous_response_id,
                now=incoming.time_utc,
            )
        return completion, document

    def _conversation(self, incoming: Incoming, body: ResponsesBody) -> tuple[Turn, ...]:
        wanted = body.previous_response_id
        if wanted is None:
            return ()
        earlier = self._kept.conversation(wanted, _owner(incoming)) if _RESPONSE_ID.fullmatch(wanted) else None
        if earlier is None:
            message = f"Previous response with id '{wanted[:100]}' not found."
            raise WireError(
                400, "invalid_value", message, param="previous_response_id", code="previous_response_not_found"
            )
        return earlier

    async def _response_tokens(self, incoming: Incoming) -> Answer:
        body = await self._read(openai_responses_body.ResponsesBody, incoming, "openai")
        count = await self.run(self._count_response, incoming, body)
        return _answer({"object": "response.input_tokens", "input_tokens": count}, Tokens())

    def _count_response(self, incoming: Incoming, body: ResponsesBody) -> int:
        return self.models.count_tokens(openai_responses.to_prompt(body, earlier=self._conversation(incoming, body)))

    async def _embeddings(self, incoming: Incoming) -> Answer:
        body = await self._read(embeddings.EmbeddingBody, incoming, "openai")
        texts = embeddings.input_texts(body, _decode)
        made = await self.run(partial(self.models.embed, texts, model=body.model, dimensions=body.dimensions))
        document = await self.run(
            partial(
                embeddings.embedding_document,
                made.vectors,
                model=body.model,
                tokens=made.tokens,
                as_base64=body.encoding_format == "base64",
            )
        )
        return _answer(document, Tokens(read=made.tokens), notes={"encoder": made.encoder})

    async def _rerank(self, incoming: Incoming) -> Answer:
        body = await self._read(embeddings.RerankBody, incoming, "cohere")
        scores = await self.run(partial(self.models.rerank, body.query, body.documents, model=body.model))
        document = embeddings.rerank_document(scores, top_n=body.top_n, answer_id=answer_id(incoming))
        return _answer(document, Tokens())

    async def _models(self, incoming: Incoming) -> Answer:
        model_id, provider = incoming.params.get("model_id"), incoming.wire.provider
        if model_id is not None:
            return _answer(catalogue.one_model(self.models.catalogue(), provider, model_id), Tokens())
        query = dict(parse_qsl(incoming.wire.query))
        return _answer(catalogue.list_models(self.models.catalogue(), provider, query), Tokens())

    async def _create_batch(self, incoming: Incoming) -> Answer:
        return await self._about_batch(incoming, self._created)

    async def _read_batch(self, incoming: Incoming) -> Answer:
        if "batch_id" in incoming.params:
            return await self._about_batch(incoming, self._batch)
        listing = partial(self._batches.listing, dict(parse_qsl(incoming.wire.query)), owner=_owner(incoming))
        document = await asyncio.to_thread(listing, now=incoming.time_utc, base_url=incoming.base_url)
        return _answer(document, Tokens())

    async def _cancel_batch(self, incoming: Incoming) -> Answer:
        return await self._about_batch(incoming, self._cancelled)

    async def _about_batch(self, incoming: Incoming, find: Callable[[Incoming], Batch]) -> Answer:
        """The document of a batch; the workers must not wait for it, since it waits for them."""

        def work() -> dict[str, Any]:
            return find(incoming).document(now=incoming.time_utc, base_url=incoming.base_url)

        return _answer(await asyncio.to_thread(work), Tokens())

    def _created(self, incoming: Incoming) -> Batch:
        return self._batches.create(incoming.body, owner=_owner(incoming), now=incoming.time_utc)

    def _batch(self, incoming: Incoming) -> Batch:
        return self._batches.get(incoming.params["batch_id"], owner=_owner(incoming))

    def _cancelled(self, incoming: Incoming) -> Batch:
        batch = self._batch(incoming)
        self._batches.cancel(batch, now=incoming.time_utc)
        return batch

    async def _delete_batch(self, incoming: Incoming) -> Answer:
        def work() -> str:
            batch = self._batch(incoming)
            self._batches.delete(batch, now=incoming.time_utc)
            return batch.id

        return _answer({"id": await asyncio.to_thread(work), "type": "message_batch_deleted"}, Tokens())

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
            completion = self.models.complete(anthropic.to_prompt(body))
        except (WireError, PromptError) as error:
            kind = "model_not_found" if error.kind == "not_found" else error.kind
            refused = json.loads(WireError(error.status, kind, error.message).response("anthropic").body)
            return {"type": "errored", "error": {**refused, "request_id": None}}
        seed = hashlib.sha256(f"{batch_id}/{request['custom_id']}".encode()).digest()
        message = anthropic_answers.message(completion, model=body.model, answer_id=_digits(seed), service_tier="batch")
        return {"type": "succeeded", "message": message}

    def _complete_n(self, prompt: Prompt, n: int, repetition: int) -> list[Completion]:
        return [self.models.complete(replace(prompt, repetition=repetition * n + place)) for place in range(n)]

    async def _read(self, model: type[Any], incoming: Incoming, provider: Provider) -> Any:
        """Check a body, away from the event loop when it is large."""
        if len(incoming.wire.body) < 100_000:
            return read_body(model, incoming.body, provider)
        return await self.run(read_body, model, incoming.body, provider)

    def _streamed(self, incoming: Incoming, made: Answer) -> Answer:
        stream = to_stream(incoming.wire, WireResponse(made.status, made.headers, made.body))
        made.headers, made.body = {**stream.headers, "cache-control": "no-cache"}, b""
        made.chunks = self._paced(stream.body)
        return made

    async def _paced(self, body: bytes) -> AsyncIterator[bytes]:
        for event in split_events(body):
            yield event
            if self._event_delay_s:
                await asyncio.sleep(self._event_delay_s)


def split_events(body: bytes) -> list[bytes]:
    """The events of a stream, each with the empty line that ends it."""
    return [event + b"\n\n" for event in body.split(b"\n\n") if event]


def answer_id(incoming: Incoming) -> str:
    """Digits of an answer's id: the same for the same request, in every process.

    Only where chance is asked for does a repetition count: its answer may be another.
    """
    by_chance = bool(incoming.body.get("temperature"))
    seed = f"{incoming.wire.path}\0{incoming.repetition if by_chance else 0}\0".encode() + incoming.wire.body
    return _digits(hashlib.sha256(seed).digest())


def _digits(digest: bytes) -> str:
    return base64.b32encode(digest)[:24].decode().lower()


def _owner(incoming: Incoming) -> tuple[str, str]:
    return incoming.grant.learner, incoming.grant.lab


def _decode(tokens: list[int], model: str) -> str:
    """Text of token numbers, which some clients send in place of text."""
    pieces = encoding(encoding_for(model))
    try:
        return pieces.decode(tokens) if pieces else " ".join(map(str, tokens))
    except (KeyError, OverflowError):
        raise WireError(400, "invalid_value", "'$.input' is invalid: no such token.", param="input") from None


def _answer(
    document: Any, tokens: Tokens, completion: Completion | None = None, *, notes: dict[str, Any] | None = None
) -> Answer:
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    notes = notes or ({"skill": completion.skill, **completion.notes} if completion else {})
    return whole(WireResponse(200, {"content-type": "application/json"}, body), tokens=tokens, notes=notes)


def _tokens(completions: list[Completion]) -> Tokens:
    return Tokens(
        read=completions[0].input_tokens,
        written=sum(completion.output_tokens for completion in completions),
        estimated=completions[0].tokens_estimated,
    )
