"""Our answers have the structure of recorded provider traffic: same fields, same types, same order."""

from __future__ import annotations

import gzip
import json
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from gateway_harness import House

from coreskills.wire.sse import parse_events

TRAFFIC = Path(__file__).resolve().parents[3] / "shared" / "real-cassettes"
pytestmark = pytest.mark.skipif(not TRAFFIC.is_dir(), reason="recorded provider traffic lies outside the repository")

# Paths: fields of an object after a dot, entries of a list as []. Values: the JSON types seen there.
Structure = dict[str, set[str]]
TOOL = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "anthropic text": (
        "/v1/messages",
        {"model": "claude-haiku-4-5", "max_tokens": 99, "messages": [{"role": "user", "content": "Hello!"}]},
    ),
    "anthropic tool": (
        "/v1/messages",
        {
            "model": "claude-haiku-4-5",
            "max_tokens": 99,
            "messages": [{"role": "user", "content": "What is the weather in Paris?"}],
            "tools": [{"name": "weather", "description": "The weather in a city", "input_schema": TOOL}],
            "tool_choice": {"type": "any"},
        },
    ),
    "chat text": ("/v1/chat/completions", {"model": "gpt-5.4", "messages": [{"role": "user", "content": "Hello!"}]}),
    "chat tool": (
        "/v1/chat/completions",
        {
            "model": "gpt-5.4",
            "messages": [{"role": "user", "content": "What is the weather in Paris?"}],
            "tools": [{"type": "function", "function": {"name": "weather", "parameters": TOOL}}],
            "tool_choice": "required",
        },
    ),
    "responses text": ("/v1/responses", {"model": "gpt-5.4", "input": "Hello!"}),
    "responses tool": (
        "/v1/responses",
        {
            "model": "gpt-5.4",
            "input": "What is the weather in Paris?",
            "tools": [{"type": "function", "name": "weather", "parameters": TOOL}],
            "tool_choice": "required",
        },
    ),
}
# Filled by the provider's account or deployment, random padding, or a service tier that offline models do not have.
NOT_OURS = (".obfuscation", ".billing", ".usage.inference_geo", ".output[].phase", ".item.phase", ".padding")
HOSTS = {
    "/v1/messages": "api.anthropic.com",
    "/v1/chat/completions": "api.openai.com",
    "/v1/responses": "api.openai.com",
}


def interactions() -> Iterator[dict[str, Any]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for path in sorted(TRAFFIC.rglob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        if "api.anthropic.com" in text or "api.openai.com" in text:
            yield from yaml.load(text, Loader=loader)["interactions"]


def body_of(response: dict[str, Any]) -> bytes:
    if "parsed_body" in response:
        return json.dumps(response["parsed_body"]).encode()
    raw = (response.get("body") or {}).get("string") or b""
    raw = raw.encode() if isinstance(raw, str) else raw
    return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(raw) if raw[:2] == gzip.compress(b"")[:2] else raw


@cache
def recorded() -> dict[tuple[str, bool], list[bytes]]:
    """Answers with status 200 by path and form (stream or not)."""
    found: dict[tuple[str, bool], list[bytes]] = defaultdict(list)
    for each in interactions():
        request, response = each["request"], each["response"]
        path = "/" + request["uri"].partition("://")[2].partition("/")[2].partition("?")[0]
        if path not in HOSTS or HOSTS[path] not in request["uri"] or response["status"]["code"] != 200:
            continue
        body = body_of(response)
        is_stream = body.startswith((b"event:", b"data:"))
        if is_stream or body.startswith(b"{"):
            found[path, is_stream].append(body)
    return found


def structure(value: Any, path: str = "", into: Structure | None = None) -> Structure:
    into = defaultdict(set) if into is None else into
    if isinstance(value, dict):
        into[path].add("object")
        for name, part in value.items():
            structure(part, f"{path}.{name}", into)
    elif isinstance(value, list):
        into[path].add("list")
        for part in value:
            structure(part, f"{path}[]", into)
    else:
        into[path].add({bool: "bool", int: "number", float: "number", str: "string"}.get(type(value), "null"))
    return into


def kind_of(document: dict[str, Any]) -> str:
    """text, tool, or something the offline models never answer (thinking, searches)."""
    if "choices" in document:
        message = document["choices"][0]["message"]
        kinds = {"tool"} if message.get("tool_calls") else {"text"}
        kinds |= {"other"} if message.get("audio") or message.get("function_call") else set()
    elif "output" in document:
        names = {"message": "text", "function_call": "tool"}
        kinds = {names.get(item["type"], "other") for item in document["output"] if item["type"] != "reasoning"}
    else:
        kinds = {{"text": "text", "tool_use": "tool"}.get(block["type"], "other") for block in document["content"]}
    return kinds.pop() if len(kinds) == 1 else "mixed"


def seen_structures(documents: list[dict[str, Any]]) -> tuple[Structure, set[str]]:
    """Every path with its types, and the paths that nearly all recent documents have."""
    types: Structure = defaultdict(set)
    count: Counter[str] = Counter()
    for document in documents:
        mine = structure(document)
        count.update(mine.keys())
        for path, kinds in mine.items():
            types[path] |= kinds
    return types, {path for path, times in count.items() if times >= 0.9 * len(documents)}


def is_free(path: str) -> bool:
    """What a request, not the provider, decides: tool arguments, schemas, metadata, echoes of the request."""
    free = (".tools[]", ".input.", ".metadata.", ".text.format.", ".tool_choice.")
    return any(part in f"{path}." for part in free) or any(part in path for part in NOT_OURS)


def differences(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> list[str]:
    types, usual = seen_structures(theirs)
    mine, _ = seen_structures(ours)
    missing = [f"missing {path}" for path in sorted(usual - mine.keys()) if not is_free(path)]
    wrong = [
        f"{path} is {sorted(kinds)}, recorded {sorted(types[path])}"
        for path, kinds in sorted(mine.items())
        if path in types and not is_free(path) and not kinds <= types[path] | {"null"}
    ]
    return missing + wrong


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_plain_answer_has_recorded_structure(house: House, form: str) -> None:
    """No field that recorded answers have is missing from ours, and no type is another."""
    path, body = FORMS[form]
    wanted = form.split()[1]
    theirs = [document for raw in recorded()[path, False] if kind_of(document := json.loads(raw)) == wanted]
    assert len(theirs) >= 5
    answer = house.http(house.key()).post(path, json=body)
    assert kind_of(answer.json()) == wanted
    assert differences([answer.json()], theirs) == []


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_stream_has_recorded_events(house: House, form: str) -> None:
    """Each kind of event has the recorded fields, and the kinds come in a recorded order."""
    path, body = FORMS[form]
    streams = [stream for raw in recorded()[path, True] if (stream := named_events(raw))]
    assert len(streams) >= 5
    theirs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    follows: set[tuple[str, str]] = set()
    for stream in streams:
        for name, document in stream:
            theirs[name].append(document)
        follows |= pairs(stream)
    more = {"stream": True, **({"stream_options": {"include_usage": True}} if path == "/v1/chat/completions" else {})}
    ours = named_events(house.http(house.key()).post(path, json={**body, **more}).content)
    by_name: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for name, document in ours:
        by_name[name].append(document)
    problems = [f"{name}: {text}" for name, mine in by_name.items() for text in differences(mine, theirs[name])]
    assert problems == []
    assert pairs(ours) <= follows


def named_events(raw: bytes) -> list[tuple[str, dict[str, Any]]]:
    """Events by what they are: their type, or for chat chunks what the chunk carries."""
    named = []
    for event in parse_events(raw):
        if event.data == "[DONE]":
            continue
        document = event.json
        named.append((event_kind(document), document))
    return named


def event_kind(document: dict[str, Any]) -> str:
    if "type" in document:
        inner = document.get("content_block") or document.get("delta") or document.get("item") or {}
        return f"{document['type']} {inner.get('type', '')}" if isinstance(inner, dict) else str(document["type"])
    if not document.get("choices"):
        return "chunk usage"
    choice = document["choices"][0]
    delta = choice["delta"]
    if choice.get("finish_reason"):
        return "chunk end"
    if delta.get("tool_calls"):
        return "chunk tool start" if delta["tool_calls"][0].get("id") else "chunk tool"
    return "chunk start" if "role" in delta else "chunk text"


def pairs(stream: list[tuple[str, dict[str, Any]]]) -> set[tuple[str, str]]:
    """Which kinds follow each other; pings come whenever they like."""
    names = [name for name, _ in stream if not name.startswith("ping")]
    return set(pairwise(names))
