"""Answers put together from recorded parts: embeddings text by text, rerank scores pair by pair."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from coreskills.cassettes.recording import Recording
from coreskills.cassettes.shape import model_family
from coreskills.wire.http import WireRequest, WireResponse

EMBEDDINGS = "/v1/embeddings"
RERANK = "/v2/rerank"

_JSON = {"content-type": "application/json"}
# A recorded answer that is not one of its endpoint's teaches nothing; the call itself still replays.
_NOT_OF_THIS_SHAPE = (KeyError, TypeError, IndexError, ValueError, AttributeError, struct.error)


class Vectors:
    """Every recorded embedding, by model, dimensions and exact text."""

    def __init__(self, recordings: Iterable[Recording]) -> None:
        self._known: dict[tuple[str, str, str], tuple[list[float], float]] = {}
        for each in recordings:
            if each.request.path == EMBEDDINGS and each.response.status == 200:
                with suppress(*_NOT_OF_THIS_SHAPE):
                    self._learn(each)

    def _learn(self, recording: Recording) -> None:
        asked, answer = recording.request.json, recording.response.json
        texts = _texts(asked)
        shares = _shares(texts, answer["usage"]["prompt_tokens"])
        for item in answer["data"]:
            place = item["index"]
            self._known[_key(asked, texts[place])] = decode(item["embedding"]), shares[place]

    def compose(self, request: WireRequest) -> WireResponse | None:
        """Answer from recorded vectors; ``None`` when one text has none.

        The tokens of a text that was only recorded together with others are its share of theirs, by length.
        """
        asked = request.json
        texts = _texts(asked)
        found = [self._known.get(_key(asked, text)) for text in texts]
        if not texts or None in found:
            return None
        packed = asked.get("encoding_format") == "base64"
        known = [each for each in found if each is not None]
        data = [
            {"object": "embedding", "index": index, "embedding": encode(vector) if packed else vector}
            for index, (vector, _) in enumerate(known)
        ]
        tokens = round(sum(share for _, share in known))
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        body = {"object": "list", "data": data, "model": asked.get("model"), "usage": usage}
        return WireResponse(200, _JSON, json.dumps(body, separators=(",", ":")).encode())

    def missing(self, request: WireRequest) -> list[str]:
        """The texts that have no recorded vector."""
        asked = request.json
        return (
            [text for text in _texts(asked) if _key(asked, text) not in self._known] if isinstance(asked, dict) else []
        )


def _texts(asked: Any) -> list[str]:
    given = asked.get("input") if isinstance(asked, dict) else None
    listed = given if isinstance(given, list) else [given] if given is not None else []
    return [text if isinstance(text, str) else json.dumps(text) for text in listed]


def _key(asked: dict[str, Any], text: str) -> tuple[str, str, str]:
    return model_family(str(asked.get("model"))), str(asked.get("dimensions")), text


def _shares(texts: list[str], total: int) -> list[float]:
    lengths = [max(1, len(text)) for text in texts]
    return [total * length / sum(lengths) for length in lengths]


def decode(embedding: str | list[float]) -> list[float]:
    """Read a vector in either of OpenAI's forms: numbers, or base64 of little-endian float32."""
    if isinstance(embedding, str):
        raw = base64.b64decode(embedding)
        return list(struct.unpack(f"<{len(raw) // 4}f", raw))
    return embedding


def encode(vector: list[float]) -> str:
    """Write a vector as base64 of little-endian float32."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


class Scores:
    """Every recorded rerank score, by model, query and document."""

    def __init__(self, recordings: Iterable[Recording]) -> None:
        self._known: dict[tuple[str, str, str], float] = {}
        for each in recordings:
            if each.request.path == RERANK and each.response.status == 200:
                with suppress(*_NOT_OF_THIS_SHAPE):
                    self._learn(each)

    def _learn(self, recording: Recording) -> None:
        asked, answer = recording.request.json, recording.response.json
        documents = [_document(document) for document in asked["documents"]]
        for result in answer["results"]:
            key = (str(asked.get("model")), str(asked.get("query")), documents[result["index"]])
            self._known[key] = result["relevance_score"]

    def compose(self, request: WireRequest) -> WireResponse | None:
        """Rank any list of documents whose scores were recorded; ``None`` when one has none."""
        asked = request.json
        if not isinstance(asked, dict) or not isinstance(asked.get("documents"), list) or not asked["documents"]:
            return None
        documents = [_document(document) for document in asked["documents"]]
        scores = [self._known.get((str(asked.get("model")), str(asked.get("query")), text)) for text in documents]
        known = [(score, index) for index, score in enumerate(scores) if score is not None]
        if len(known) < len(documents):
            return None
        top = asked["top_n"] if isinstance(asked.get("top_n"), int) else len(known)
        ranked = sorted(known, key=lambda pair: (-pair[0], pair[1]))[:top]
        results = [{"index": index, "relevance_score": score} for score, index in ranked]
        name = hashlib.blake2b(request.body, digest_size=16).hexdigest()
        meta = {"api_version": {"version": "2"}, "billed_units": {"search_units": 1}}
        body = {"id": name, "results": results, "meta": meta}
        return WireResponse(200, _JSON, json.dumps(body, separators=(",", ":")).encode())


def _document(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document, sort_keys=True, ensure_ascii=False)
