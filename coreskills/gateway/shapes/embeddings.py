"""OpenAI's Embeddings API and the Cohere-shaped rerank.

Source: the types of the openai SDK 3.54 (``embedding_create_params``), and Cohere's ``/v2/rerank``.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from coreskills.gateway.shapes.reading import Body
from coreskills.wire.errors import WireError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_TEXTS = 2048
MOST_DOCUMENTS = 1000


class EmbeddingBody(Body):
    """The body of an embedding request."""

    model: str = Field(min_length=1)
    input: str | list[str] | list[int] | list[list[int]]
    dimensions: int | None = Field(default=None, ge=1)
    encoding_format: Literal["float", "base64"] | None = None
    user: str | None = None


class RerankBody(Body):
    """The body of a rerank request."""

    model: str = Field(min_length=1)
    query: str = Field(min_length=1)
    documents: Annotated[
        list[str],
        BeforeValidator(lambda given: _as_texts(given), json_schema_input_type=list[str | dict[str, Any]]),
        Field(min_length=1),
    ]
    top_n: int | None = Field(default=None, ge=1)
    max_tokens_per_doc: int | None = None
    priority: int | None = None
    return_documents: bool | None = None
    rank_fields: list[str] | None = None


def input_texts(body: EmbeddingBody, decode: Any) -> list[str]:
    """The texts to embed.

    Args:
        decode: Turns token numbers back into text; clients may send either.

    Raises:
        WireError: 400; too many, or numbers that are no tokens.
    """
    given: Any = body.input
    if isinstance(given, str) or (given and isinstance(given[0], int)):
        given = [given]
    if not given:
        raise WireError(400, "invalid_value", "'$.input' is invalid. Please check the API reference.", param="input")
    if len(given) > MOST_TEXTS:
        raise WireError(
            400,
            "invalid_value",
            f"'$.input' is invalid: {len(given)} texts; at most {MOST_TEXTS} go in one request.",
            param="input",
        )
    return [text if isinstance(text, str) else decode(text, body.model) for text in given]


def embedding_document(vectors: NDArray[np.float32], *, model: str, tokens: int, as_base64: bool) -> dict[str, Any]:
    """The answer: vectors as numbers, or as little-endian float32 in base64, which the SDK asks for by itself."""
    rows: list[Any]
    if as_base64:
        rows = [base64.b64encode(row.astype("<f4").tobytes()).decode() for row in vectors]
    else:
        rows = [[float(number) for number in row] for row in vectors]
    return {
        "object": "list",
        "data": [{"object": "embedding", "index": place, "embedding": row} for place, row in enumerate(rows)],
        "model": model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def rerank_document(scores: Sequence[float], *, top_n: int | None, answer_id: str) -> dict[str, Any]:
    """The answer: places and scores, best first; equal scores keep the order given."""
    order = sorted(range(len(scores)), key=lambda place: (-scores[place], place))[:top_n]
    return {
        "id": answer_id,
        "results": [{"index": place, "relevance_score": scores[place]} for place in order],
        "meta": {"api_version": {"version": "2"}, "billed_units": {"search_units": 1}},
    }


def _as_texts(documents: Any) -> Any:
    """Older clients send ``{"text": ...}``."""
    if not isinstance(documents, list) or len(documents) > MOST_DOCUMENTS:
        return documents if not isinstance(documents, list) else None
    return [each.get("text") if isinstance(each, dict) else each for each in documents]
