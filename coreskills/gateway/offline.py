"""The offline backend: provider-shaped bodies in, offline models' answers in the provider's shape out."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl

from coreskills.gateway.answer_ids import answer_id
from coreskills.gateway.incoming import Answer, Incoming, Tokens, whole_json
from coreskills.gateway.latency import modelled_latency_ms
from coreskills.gateway.offline_batches import OfflineBatches
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
from coreskills.wire.sse import split_events

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
        batches = OfflineBatches(models, kept, seconds=batch_seconds, workers=self._workers)
        self._answers: dict[str, Callable[[Incoming], Awaitable[Answer]]] = {
            "messages": self._messages,
            "messages/count_tokens": self._count_tokens,
            **batches.answers,
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
        return whole_json(document, tokens, notes=_notes(completion))

    async def _count_tokens(self, incoming: Incoming) -> Answer:
        body = await self._read(anthropic_body.CountTokensBody, incoming, "anthropic")
        count = await self.run(self.models.count_tokens, anthropic.to_prompt(body))
        return whole_json({"input_tokens": count}, Tokens(estimated=True))

    async def _chat(self, incoming: Incoming) -> Answer:
        body = await self._read(openai_chat_body.ChatBody, incoming, "openai")
        completions = await self.run(self._complete_n, openai_chat.to_prompt(body), body.n or 1, incoming.repetition)
        document = openai_chat_answers.completion_document(
            completions, model=body.model, answer_id=answer_id(incoming), created=CREATED
        )
        return whole_json(document, _tokens(completions), notes=_notes(completions[0]))

    async def _responses(self, incoming: Incoming) -> Answer:
        body = await self._read(openai_responses_body.ResponsesBody, incoming, "openai")
        completion, document = await self.run(self._respond, incoming, body)
        return whole_json(document, _tokens([completion]), notes=_notes(completion))

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
                owner=incoming.owner,
                previous_id=body.previous_response_id,
                now=incoming.time_utc,
            )
        return completion, document

    def _conversation(self, incoming: Incoming, body: ResponsesBody) -> tuple[Turn, ...]:
        wanted = body.previous_response_id
        if wanted is None:
            return ()
        earlier = self._kept.conversation(wanted, incoming.owner) if _RESPONSE_ID.fullmatch(wanted) else None
        if earlier is None:
            message = f"Previous response with id '{wanted[:100]}' not found."
            raise WireError(
                400, "invalid_value", message, param="previous_response_id", code="previous_response_not_found"
            )
        return earlier

    async def _response_tokens(self, incoming: Incoming) -> Answer:
        body = await self._read(openai_responses_body.ResponsesBody, incoming, "openai")
        count = await self.run(self._count_response, incoming, body)
        return whole_json({"object": "response.input_tokens", "input_tokens": count}, Tokens())

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
        return whole_json(document, Tokens(read=made.tokens), notes={"encoder": made.encoder})

    async def _rerank(self, incoming: Incoming) -> Answer:
        body = await self._read(embeddings.RerankBody, incoming, "cohere")
        scores = await self.run(partial(self.models.rerank, body.query, body.documents, model=body.model))
        document = embeddings.rerank_document(scores, top_n=body.top_n, answer_id=answer_id(incoming))
        return whole_json(document, Tokens())

    async def _models(self, incoming: Incoming) -> Answer:
        model_id, provider = incoming.params.get("model_id"), incoming.wire.provider
        if model_id is not None:
            return whole_json(catalogue.one_model(self.models.catalogue(), provider, model_id), Tokens())
        query = dict(parse_qsl(incoming.wire.query))
        return whole_json(catalogue.list_models(self.models.catalogue(), provider, query), Tokens())

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


def _decode(tokens: list[int], model: str) -> str:
    """Text of token numbers, which some clients send in place of text."""
    pieces = encoding(encoding_for(model))
    try:
        return pieces.decode(tokens) if pieces else " ".join(map(str, tokens))
    except (KeyError, OverflowError):
        raise WireError(400, "invalid_value", "'$.input' is invalid: no such token.", param="input") from None


def _notes(completion: Completion) -> dict[str, Any]:
    return {"skill": completion.skill, **completion.notes}


def _tokens(completions: list[Completion]) -> Tokens:
    return Tokens(
        read=completions[0].input_tokens,
        written=sum(completion.output_tokens for completion in completions),
        estimated=completions[0].tokens_estimated,
    )
