"""The offline backend: provider-shaped bodies in, offline models' answers in the provider's shape out."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl

from coreskills.gateway.incoming import Answer, Incoming, Tokens, whole
from coreskills.gateway.shapes import anthropic, anthropic_answers, catalogue, embeddings, openai_chat
from coreskills.gateway.shapes.reading import read_body
from coreskills.offline.prompt import Completion, Prompt, PromptError
from coreskills.offline.tokens import encoding, encoding_for
from coreskills.wire.convert import to_stream
from coreskills.wire.errors import WireError
from coreskills.wire.http import WireResponse

if TYPE_CHECKING:
    from coreskills.offline.models import OfflineModels

Result = TypeVar("Result")
# Completions hold the interpreter's lock most of their time: more threads would only add switches.
_WORKERS = 4


class OfflineBackend:
    """Answers from the offline models.

    Args:
        event_delay_s: Pause between the events of a stream, so that a learner sees a stream stream.
    """

    def __init__(self, models: OfflineModels, *, event_delay_s: float = 0.0) -> None:
        self.models = models
        self._event_delay_s = event_delay_s
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="offline-model")
        self._answers: dict[str, Callable[[Incoming], Any]] = {
            "messages": self._messages,
            "messages/count_tokens": self._count_tokens,
            "chat/completions": self._chat,
            "embeddings": self._embeddings,
            "rerank": self._rerank,
            "models": self._models,
        }

    async def answer(self, incoming: Incoming) -> Answer:
        """Answer one request; raises ``WireError`` as the provider would refuse it."""
        make = self._answers.get(incoming.endpoint)
        if make is None:
            raise WireError(404, "not_found", f"The offline models have no endpoint {incoming.wire.path!r}.")
        try:
            made: Answer = await make(incoming)
        except PromptError as error:
            kind = "model_not_found" if error.kind == "not_found" else error.kind
            raise WireError(error.status, kind, error.message) from None
        return self._streamed(incoming, made) if incoming.body.get("stream") is True else made

    def close(self) -> None:
        """End the worker threads."""
        self._workers.shutdown(wait=False, cancel_futures=True)

    async def run(self, work: Callable[..., Result], *args: Any) -> Result:
        """Do slow work away from the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._workers, work, *args)

    async def _messages(self, incoming: Incoming) -> Answer:
        body = read_body(anthropic.MessageBody, incoming.body, "anthropic")
        repetition = incoming.session.repetition(incoming.endpoint, incoming.wire.body)
        prompt = anthropic.to_prompt(body, repetition=repetition)
        completion = await self.run(self.models.complete, prompt)
        document = anthropic_answers.message(completion, model=body.model, answer_id=answer_id(incoming, repetition))
        return _answer(document, _tokens([completion]), completion)

    async def _count_tokens(self, incoming: Incoming) -> Answer:
        body = read_body(anthropic.CountTokensBody, incoming.body, "anthropic")
        count = await self.run(self.models.count_tokens, anthropic.to_prompt(body))
        return _answer({"input_tokens": count}, Tokens(estimated=True))

    async def _chat(self, incoming: Incoming) -> Answer:
        body = read_body(openai_chat.ChatBody, incoming.body, "openai")
        repetition = incoming.session.repetition(incoming.endpoint, incoming.wire.body)
        prompt = openai_chat.to_prompt(body)
        completions = await self.run(self._complete_n, prompt, body.n or 1, repetition)
        document = openai_chat.completion_document(
            completions,
            model=body.model,
            answer_id=answer_id(incoming, repetition),
            created=int(incoming.time_utc.timestamp()),
        )
        return _answer(document, _tokens(completions), completions[0])

    async def _embeddings(self, incoming: Incoming) -> Answer:
        body = read_body(embeddings.EmbeddingBody, incoming.body, "openai")
        texts = embeddings.input_texts(body, _decode)
        made = await self.run(partial(self.models.embed, texts, model=body.model, dimensions=body.dimensions))
        document = embeddings.embedding_document(
            made.vectors, model=body.model, tokens=made.tokens, as_base64=body.encoding_format == "base64"
        )
        return _answer(document, Tokens(read=made.tokens), notes={"encoder": made.encoder})

    async def _rerank(self, incoming: Incoming) -> Answer:
        body = read_body(embeddings.RerankBody, incoming.body, "cohere")
        scores = await self.run(partial(self.models.rerank, body.query, body.documents, model=body.model))
        document = embeddings.rerank_document(scores, top_n=body.top_n, answer_id=answer_id(incoming, 0))
        return _answer(document, Tokens())

    async def _models(self, incoming: Incoming) -> Answer:
        model_id, provider = incoming.params.get("model_id"), incoming.wire.provider
        if model_id is not None:
            return _answer(catalogue.one_model(self.models.catalogue(), provider, model_id), Tokens())
        query = dict(parse_qsl(incoming.wire.query))
        return _answer(catalogue.list_models(self.models.catalogue(), provider, query), Tokens())

    def _complete_n(self, prompt: Prompt, n: int, repetition: int) -> list[Completion]:
        return [self.models.complete(replace(prompt, repetition=repetition * n + place)) for place in range(n)]

    def _streamed(self, incoming: Incoming, made: Answer) -> Answer:
        plain = WireResponse(made.status, made.headers, made.body)
        stream = to_stream(incoming.wire, plain)
        made.headers, made.body = stream.headers, b""
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


def answer_id(incoming: Incoming, repetition: int) -> str:
    """Digits of an answer's id: the same request, sent as often, has the same id in every process."""
    seed = f"{incoming.endpoint}\0{repetition}\0".encode() + incoming.wire.body
    return base64.b32encode(hashlib.sha256(seed).digest())[:24].decode().lower()


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
