"""The offline models: what the gateway's offline backend calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from coreskills.offline import engine, tokens
from coreskills.offline.catalogue import CURRENT, RETIRED, ModelInfo, find
from coreskills.offline.embeddings import shaped
from coreskills.offline.minilm import Floats
from coreskills.offline.prompt import Completion, Prompt, PromptError
from coreskills.offline.reranking import relevance
from coreskills.offline.vectors import Embedder, Encoder, best_encoder

__all__ = ["Embeddings", "ModelInfo", "OfflineModels"]


@dataclass(frozen=True)
class Embeddings:
    """Vectors of texts.

    Attributes:
        vectors: One unit row a text, float32.
        encoder: What made them: ``minilm-l6-v2``, or ``hashed-v1`` when its weights are not installed.
    """

    vectors: Floats
    tokens: int
    encoder: str


class OfflineModels:
    """Deterministic stand-ins for text models, embeddings and rerank; every method may be called from many threads.

    Args:
        cache_dir: Where sentence vectors are kept between processes; ``None`` keeps them in memory.
        encoder: What makes sentence vectors; the best one installed when not given.
    """

    def __init__(self, cache_dir: Path | None = None, *, encoder: Encoder | None = None) -> None:
        self._embedder = Embedder(encoder or best_encoder(), cache_dir)

    @property
    def encoder(self) -> str:
        """``minilm-l6-v2``, or ``hashed-v1``: the fallback, which knows no synonyms and is not used for grading."""
        return self._embedder.encoder.name

    def complete(self, prompt: Prompt) -> Completion:
        """Answer one request.

        Raises:
            PromptError: Unknown or retired model, or a limit of the model passed.
        """
        return engine.complete(prompt, find(prompt.model, kind="text"), self._embedder)

    def count_tokens(self, prompt: Prompt) -> int:
        """Input tokens of a prompt: exact pieces for OpenAI names, an estimate for Claude names.

        Raises:
            PromptError: Unknown or retired model.
        """
        find(prompt.model, kind="text")
        return engine.count_input(prompt)

    def embed(self, texts: Sequence[str], *, model: str, dimensions: int | None = None) -> Embeddings:
        """Unit vectors in the model's length, or in ``dimensions``.

        Raises:
            PromptError: Unknown model, an empty or too long text, or ``dimensions`` the model does not have.
        """
        info = find(model, kind="embedding")
        counts = [tokens.count(text, model=model) for text in texts]
        if not texts or any(not text for text in texts):
            raise PromptError(400, "invalid_request", "'$.input' is invalid. Please check the API reference.")
        if max(counts) > info.context_tokens:
            raise PromptError(
                400,
                "context_length",
                f"This model's maximum context length is {info.context_tokens} tokens, however you "
                f"requested {max(counts)} "
                f"tokens ({max(counts)} in your prompt; 0 for the completion). Please reduce your "
                f"prompt; or completion length.",
            )
        vectors = shaped(self._embedder(texts), info, dimensions)
        return Embeddings(np.ascontiguousarray(vectors), sum(counts), self.encoder)

    def rerank(self, query: str, documents: Sequence[str], *, model: str) -> list[float]:
        """Relevance of each document to the query, 0 to 1, in the order given.

        Raises:
            PromptError: Unknown model.
        """
        find(model, kind="rerank")
        return relevance(query, documents, self._embedder)

    def catalogue(self) -> list[ModelInfo]:
        """Every name on offer, then the retired ones."""
        return [*CURRENT, *RETIRED]

    def close(self) -> None:
        """Close the cache on disk."""
        self._embedder.close()
