"""Anthropic's prompt cache: which part of a request was sent before, by its ``cache_control`` marks.

Source: the provider's guide to prompt caching: a prefix in the order tools, system, messages, ends at a marked block;
five minutes' life, renewed by each use; at least 1,024 tokens.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from typing import Any

LIFE_S = 300.0
LEAST_TOKENS = 1024
_KEPT = 200


@dataclass(frozen=True)
class Cached:
    """Of a request's input tokens: read from the cache, and written into it."""

    read: int = 0
    written: int = 0


def use_cache(body: dict[str, Any], *, input_tokens: int, cache: MutableMapping[str, float], now_s: float) -> Cached:
    """Look a request's marked prefixes up, and remember them.

    Args:
        cache: Prefix digests and when they end; changed here.
        now_s: Seconds, growing.
    """
    prefixes = list(_prefixes(body, input_tokens))
    if not prefixes:
        return Cached()
    read = max((tokens for digest, tokens in prefixes if cache.get(digest, 0.0) > now_s), default=0)
    for digest, _ in prefixes:
        cache.pop(digest, None)
        cache[digest] = now_s + LIFE_S
    while len(cache) > _KEPT:
        del cache[next(iter(cache))]
    return Cached(read, max(0, prefixes[-1][1] - read))


def _prefixes(body: dict[str, Any], input_tokens: int) -> Iterator[tuple[str, int]]:
    """Digest and tokens of each marked prefix, shortest first; tokens by share of characters."""
    parts = list(_parts(body))
    if not any(marked for _, marked in parts):
        return
    texts = [json.dumps(part, sort_keys=True) for part, _ in parts]
    total = sum(map(len, texts)) or 1
    # The system prompt and tools are part of every prefix, and another model has another cache.
    digest = hashlib.sha256(str(body.get("model")).encode())
    characters = 0
    for text, (_, marked) in zip(texts, parts, strict=True):
        digest.update(text.encode())
        characters += len(text)
        tokens = input_tokens * characters // total
        if marked and tokens >= LEAST_TOKENS:
            yield digest.hexdigest(), tokens


def _parts(body: dict[str, Any]) -> Iterator[tuple[Any, bool]]:
    """Tools, system blocks and message blocks in the provider's order, without their marks."""
    for tool in body.get("tools") or []:
        yield _unmarked(tool), "cache_control" in tool
    for block in _blocks(body.get("system")):
        yield _unmarked(block), "cache_control" in block
    for message in body["messages"]:
        for block in _blocks(message["content"]):
            yield [message["role"], _unmarked(block)], "cache_control" in block
    if body.get("cache_control"):  # one mark for the whole request
        yield None, True


def _blocks(content: Any) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content or []


def _unmarked(block: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in block.items() if name != "cache_control"}
