"""What a request asks, apart from how it is written: rows of text, kind of answer, limits and sampling."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from coreskills.cassettes.words import skeleton, squeeze
from coreskills.wire.http import WireRequest

Json = Mapping[str, Any]

# Says nothing about the answer's text.
LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
_ABOUT_THE_CALL = ("metadata", "user", "safety_identifier", "store", "service_tier", "include", "cache_control")
_CACHING = ("prompt_cache_key", "prompt_cache_retention")
SAYS_NOTHING = frozenset(("stream", "stream_options", *LIMITS, *_ABOUT_THE_CALL, *_CACHING))
_PROMPT = frozenset(("messages", "input", "system", "instructions", "model"))
_SAMPLING = ("temperature", "top_p", "top_k", "seed", "reasoning", "reasoning_effort", "thinking")
_DEFAULTS = {"temperature": 1, "top_p": 1, "n": 1, "parallel_tool_calls": True}
_ROLES = {"developer": "system", "function_call_output": "tool", "function_call": "assistant", "reasoning": "assistant"}
_TEXT_BLOCKS = ("text", "input_text", "output_text")
_SCHEMA_PROSE = ("title", "description", "name", "strict", "examples", "default")
_SNAPSHOT = re.compile(r"-(?:\d{8}|\d{4}-\d{2}-\d{2}|latest)$")

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def digest(document: Any) -> str:
    """A fingerprint of a JSON value."""
    return hashlib.blake2b(_encode(document).encode(errors="surrogatepass"), digest_size=16).hexdigest()


def model_family(model: str) -> str:
    """The name without a date, so that an alias and its snapshot are one model."""
    return _SNAPSHOT.sub("", model)


@dataclass(frozen=True)
class Row:
    """One message, or one part of a conversation that counts as one.

    Attributes:
        text: Its words and white space, squeezed.
        other: Fingerprints of all that is not text (images, tool calls), in order.
    """

    role: str
    text: str
    other: tuple[str, ...] = ()

    @cached_property
    def words(self) -> str:
        return skeleton(self.text)


@dataclass(frozen=True)
class Shape:
    """A request, parsed once.

    Attributes:
        kind: Fingerprint of what makes answers comparable: endpoint, model, format, tools, stop sequences.
        prompt: Fingerprint of everything that shapes the answer's text: equal ones are the same prompt.
        limit: Most tokens the answer may have; ``None``: no limit.
        tools: Names of the tools on offer.
    """

    endpoint: str
    model: str
    kind: str
    prompt: str
    rows: tuple[Row, ...]
    limit: int | None = None
    sampling: Mapping[str, Any] = field(default_factory=dict)
    tools: frozenset[str] = frozenset()

    @cached_property
    def text(self) -> str:
        """Everything the request says, a row a line."""
        return "\n".join(f"{row.role}: {row.text}" for row in self.rows)


def endpoint_of(request: WireRequest) -> str:
    """What is called, with its parameters."""
    query = f"?{request.query}" if request.query else ""
    return f"{request.method} {request.provider}{request.path}{query}"


def exact_key(request: WireRequest) -> str:
    """Fingerprint of the canonical request: equal ones are the same request."""
    body = request.json if request.json is not None else request.body.hex()
    return digest([endpoint_of(request), body])


def parse(request: WireRequest) -> Shape:
    """Read any provider's body; a body that is not a JSON object is one opaque row."""
    endpoint, body = endpoint_of(request), request.json
    if not isinstance(body, dict):
        return Shape(endpoint, "", digest(endpoint), exact_key(request), ())
    rows = tuple(_rows(body))
    model = model_family(str(body.get("model") or ""))
    rest = {k: v for k, v in body.items() if k not in SAYS_NOTHING | _PROMPT and _is_said(k, v)}
    form = {k: _plain_schema(v) for k, v in rest.items() if k not in _SAMPLING and k != "tools"}
    tools = frozenset(_tool_names(body.get("tools")))
    said = [[row.role, row.text, row.other] for row in rows]
    limits = [body[name] for name in LIMITS if type(body.get(name)) is int]
    return Shape(
        endpoint,
        model,
        kind=digest([endpoint, model, form, sorted(tools)]),
        prompt=digest([endpoint, model, said, _without_cache(rest)]),
        rows=rows,
        limit=min(limits) if limits else None,
        sampling={k: rest[k] for k in _SAMPLING if k in rest},
        tools=tools,
    )


def _is_said(name: str, value: Any) -> bool:
    return value is not None and value != [] and not (name in _DEFAULTS and value == _DEFAULTS[name])


def _rows(body: Json) -> Iterable[Row]:
    yield from _messages("system", body.get("system") or body.get("instructions"))
    prompt = body.get("messages", body.get("input", body.get("prompt")))
    for message in [prompt] if isinstance(prompt, str) else prompt if isinstance(prompt, list) else ():
        if not isinstance(message, dict):
            yield Row("user", squeeze(str(message)))
        elif "role" in message:
            yield from _messages(str(message["role"]), message.get("content"), calls=message.get("tool_calls"))
        else:
            yield from _messages(str(message.get("type")), [message])


def _messages(role: str, content: Any, *, calls: Any = None) -> Iterable[Row]:
    texts: list[str] = []
    other: list[str] = []
    for block in _listed(content):
        _collect(block, texts, other)
    for call in _listed(calls):
        function = call.get("function") or call.get("custom") if isinstance(call, dict) else None
        if not isinstance(function, dict):
            function = {"name": function}
        other.append(digest([function.get("name"), _arguments(function.get("arguments") or function.get("input"))]))
    if texts or other:
        yield Row(_ROLES.get(role, role), squeeze("\n".join(texts)), tuple(other))


def _collect(block: Any, texts: list[str], other: list[str]) -> None:
    """Sort one block into texts and the rest; ids do not count, since recorded answers made them."""
    if not isinstance(block, dict):
        texts.append(str(block))
        return
    kind = block.get("type")
    if kind in _TEXT_BLOCKS:
        texts.append(str(block.get("text") or ""))
    elif kind in ("tool_result", "function_call_output"):
        inner = block.get("content", block.get("output"))
        for part in _listed(inner):
            _collect(part, texts, other)
        if block.get("is_error"):
            other.append("error")
    elif kind in ("tool_use", "function_call"):
        other.append(digest([block.get("name"), _arguments(block.get("input", block.get("arguments")))]))
    elif kind == "document" and isinstance(source := block.get("source"), dict) and source.get("type") == "text":
        texts += [str(block.get("title") or ""), str(source.get("data") or "")]
    else:
        other.append(digest(_without_cache({k: v for k, v in block.items() if k not in ("id", "status")})))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None or value == "" else [value]


def _arguments(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _tool_names(tools: Any) -> Iterable[str]:
    for tool in tools if isinstance(tools, list) else ():
        if isinstance(tool, dict):
            function = tool.get("function")
            yield str((function if isinstance(function, dict) else tool).get("name") or tool.get("type"))


def _plain_schema(value: Any) -> Any:
    """A JSON schema without its prose: names and descriptions do not change what fits it."""
    if isinstance(value, dict):
        if isinstance(value.get("properties"), dict):
            fields = {name: _plain_schema(inner) for name, inner in value["properties"].items()}
            rest = {k: v for k, v in value.items() if k != "properties"}
            return {**_plain_schema(rest), "properties": fields}
        return {k: _plain_schema(v) for k, v in value.items() if k not in _SCHEMA_PROSE}
    return [_plain_schema(inner) for inner in value] if isinstance(value, list) else value


def _without_cache(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_cache(v) for k, v in value.items() if k != "cache_control"}
    return [_without_cache(inner) for inner in value] if isinstance(value, list) else value
