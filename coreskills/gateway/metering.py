"""From an answer's bytes to the row in the ledger: tokens, price, error."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from coreskills.gateway.incoming import Answer, Incoming, Tokens
from coreskills.ledger.call import MODEL_ENDPOINTS, Call
from coreskills.ledger.pricing import price_call
from coreskills.wire.http import Provider
from coreskills.wire.sse import parse_events

# An event with one of these is the last that carries news: the row must be durable before it goes out.
LAST_EVENTS = (
    b'"message_stop"',
    b"data: [DONE]",
    b'"response.completed"',
    b'"response.incomplete"',
    b'"response.failed"',
)


def is_last(chunk: bytes) -> bool:
    """The chunk holds the end of a stream."""
    return any(mark in chunk for mark in LAST_EVENTS)


def to_call(
    incoming: Incoming,
    answer: Answer,
    body: bytes,
    *,
    latency_ms: int,
    first_token_ms: int | None = None,
    fault: str | None = None,
    ended: str = "whole",
) -> Call:
    """Read an answer and price it.

    Args:
        body: All that was sent, plain or as events.
    """
    document, told = read_answer(body, is_stream=answer.is_stream)
    tokens = Tokens()
    if answer.status < 400 and incoming.endpoint in MODEL_ENDPOINTS:
        tokens = answer.tokens or told or estimate(incoming, body, is_stream=answer.is_stream)
    model_answered = printable(document.get("model"))
    return _call(
        incoming,
        tokens,
        provider=incoming.wire.provider,
        endpoint=incoming.endpoint,
        model=printable(incoming.model),
        model_answered=model_answered,
        response_id=printable(document.get("id")),
        status=answer.status,
        cost_usd=_cost(incoming, answer, tokens, model_answered),
        estimated=tokens.estimated,
        stream=answer.is_stream,
        latency_ms=latency_ms,
        first_token_ms=first_token_ms,
        retries=_retries(incoming),
        source=answer.source,
        cassette=answer.cassette,
        interaction=answer.interaction,
        tier=answer.tier,
        fault=fault,
        error_type=_error_type(document) if answer.status >= 400 else None,
        ended=ended,
    )


def batch_calls(incoming: Incoming, answer: Answer, body: bytes) -> list[Call]:
    """The rows of a batch's succeeded requests: half the price, on the day their results were fetched."""
    rows = []
    for line in body.splitlines():
        result = _event_json(line.decode(errors="replace")).get("result")
        message = result.get("message") if isinstance(result, dict) else None
        if isinstance(message, dict):
            rows.append(_batch_call(incoming, answer, message))
    return rows


def _batch_call(incoming: Incoming, answer: Answer, message: dict[str, Any]) -> Call:
    model, tokens = printable(message.get("model")), _usage(message.get("usage")) or Tokens()
    return _call(
        incoming,
        tokens,
        provider="anthropic",
        endpoint="messages/batches/result",
        model=model,
        model_answered=model,
        response_id=printable(message.get("id")),
        status=200,
        cost_usd=_price(incoming, "anthropic", model, tokens, batch=True),
        estimated=answer.source == "offline",
        batch=True,
        source=answer.source,
    )


def _call(incoming: Incoming, tokens: Tokens, **more: Any) -> Call:
    """A row with what a request says of itself: who, where, when."""
    grant, cell = incoming.grant, incoming.session.cell
    return Call(
        learner=grant.learner,
        lab=grant.lab,
        kernel=grant.kernel,
        key_id=grant.id,
        cell_id=cell.cell_id,
        cell_label=cell.label,
        cell_order=cell.order,
        time_utc=incoming.time_utc,
        input_tokens=tokens.read,
        output_tokens=tokens.written,
        cache_read_tokens=tokens.cache_read,
        cache_write_tokens=tokens.cache_write,
        **more,
    )


def read_answer(body: bytes, *, is_stream: bool) -> tuple[dict[str, Any], Tokens | None]:
    """The document an answer holds (of a stream: its model and id only), and the tokens it tells of."""
    if is_stream:
        return _read_stream(body)
    try:
        document = json.loads(body) if body else {}
    except (ValueError, RecursionError):
        return {}, None
    if not isinstance(document, dict):
        return {}, None
    return document, _usage(document.get("usage"))


def estimate(incoming: Incoming, body: bytes, *, is_stream: bool) -> Tokens:
    """Count what a provider did not: the words of the request and of the answer."""
    from coreskills.offline.tokens import count  # loads tiktoken's ranks: only where a stream has no usage

    asked = "\n".join(_texts(incoming.body))
    if is_stream:
        events = (_event_json(event.data) for event in parse_events(body))
        written = "".join(text for event in events for text in _delta_texts(event))
    else:
        written = "\n".join(_texts(read_answer(body, is_stream=False)[0]))
    model = incoming.model or ""
    return Tokens(read=count(asked, model=model), written=count(written, model=model), estimated=True)


def _read_stream(body: bytes) -> tuple[dict[str, Any], Tokens | None]:
    usage: dict[str, Any] = {}
    model: Any = None
    answer_id: Any = None
    for event in parse_events(body):
        document = _event_json(event.data)
        inner = document.get("message") or document.get("response") or {}
        inner = inner if isinstance(inner, dict) else {}
        model = model or document.get("model") or inner.get("model")
        answer_id = answer_id or document.get("id") or inner.get("id")
        for told in (inner.get("usage"), document.get("usage")):
            if isinstance(told, dict):
                usage.update({name: value for name, value in told.items() if value is not None})
    return {"model": model, "id": answer_id}, _usage(usage or None)


def _usage(usage: Any) -> Tokens | None:
    """Tokens from any provider's ``usage``; Anthropic's ``input_tokens`` leave the cached ones out."""
    if not isinstance(usage, dict):
        return None
    if "prompt_tokens" in usage:
        cached = _number(usage.get("prompt_tokens_details"), "cached_tokens")
        return Tokens(_number(usage, "prompt_tokens"), _number(usage, "completion_tokens"), cached)
    if "input_tokens_details" in usage:
        cached = _number(usage["input_tokens_details"], "cached_tokens")
        return Tokens(_number(usage, "input_tokens"), _number(usage, "output_tokens"), cached)
    if "input_tokens" in usage:
        read, written = _number(usage, "cache_read_input_tokens"), _number(usage, "cache_creation_input_tokens")
        return Tokens(_number(usage, "input_tokens") + read + written, _number(usage, "output_tokens"), read, written)
    return None


def _number(holder: Any, name: str) -> int:
    value = holder.get(name) if isinstance(holder, dict) else None
    return value if isinstance(value, int) else 0


def _cost(incoming: Incoming, answer: Answer, tokens: Tokens, model_answered: str | None) -> Decimal | None:
    if answer.status >= 400 or incoming.endpoint not in MODEL_ENDPOINTS:
        return Decimal(0)
    provider = incoming.wire.provider
    cost = _price(incoming, provider, incoming.model, tokens)
    return _price(incoming, provider, model_answered, tokens) if cost is None else cost


def _price(
    incoming: Incoming, provider: Provider, model: str | None, tokens: Tokens, *, batch: bool = False
) -> Decimal | None:
    return price_call(
        provider=provider,
        model=model,
        input_tokens=tokens.read,
        output_tokens=tokens.written,
        cache_read_tokens=tokens.cache_read,
        cache_write_tokens=tokens.cache_write,
        batch=batch,
        at=incoming.time_utc,
    )


def _retries(incoming: Incoming) -> int:
    told = incoming.wire.headers.get("x-stainless-retry-count", "0")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 4 else 0


def _error_type(document: dict[str, Any]) -> str | None:
    error = document.get("error")
    kind = error.get("type") if isinstance(error, dict) else None
    return kind if isinstance(kind, str) else None


def printable(text: Any, *, longest: int = 200) -> str | None:
    """A name as the database can keep it: no NUL, no half surrogates, not too long; ``None`` for what is no text."""
    if not isinstance(text, str):
        return None
    return text[:longest].replace("\0", "").encode("utf-8", "replace").decode()


def _event_json(data: str) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _texts(value: Any) -> list[str]:
    """All strings of a body that a model reads: values, not names, and no pictures."""
    found: list[str] = []
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            found.append(item)
        elif isinstance(item, dict):
            pending.extend(
                part for name, part in reversed(item.items()) if name in _READ or isinstance(part, dict | list)
            )
        elif isinstance(item, list):
            pending.extend(reversed(item))
    return found


_READ = frozenset({"content", "text", "system", "instructions", "input", "output", "arguments", "description", "query"})


def _delta_texts(event: dict[str, Any]) -> list[str]:
    delta = event.get("delta")
    if isinstance(delta, str):
        return [delta]
    if isinstance(delta, dict):
        return [text for name in ("text", "partial_json") if isinstance(text := delta.get(name), str)]
    choices = event.get("choices")
    return (
        _texts([choice.get("delta") for choice in choices if isinstance(choice, dict)])
        if isinstance(choices, list)
        else []
    )
