"""Which model names the offline models answer to, and which names are retired."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from coreskills.offline.prompt import PromptError
from coreskills.offline.tiers import TierName
from coreskills.wire.http import Provider

Kind = Literal["text", "embedding", "rerank"]
AS_OF = date(2026, 11, 22)  # names, limits and retirements below were true on this day


@dataclass(frozen=True)
class ModelInfo:
    """One name.

    Attributes:
        tier: Which offline tier stands behind a text model; ``None`` for embeddings and rerank.
        max_output_tokens: The classroom's limit; 0 where nothing is written.
        retired_on: From this day the provider answers 404; one that is announced lies ahead.
        dimensions: Native length of an embedding's vectors.
        takes_sampling: Whether the provider accepts ``temperature`` and ``top_p`` for it (for GPT: without reasoning).
        takes_prefill: Whether a conversation may end with the beginning of Claude's answer.
    """

    id: str
    provider: Provider
    tier: TierName | None
    kind: Kind
    context_tokens: int
    max_output_tokens: int
    display_name: str = ""
    created: date = date(2025, 1, 1)
    retired_on: date | None = None
    dimensions: int | None = None
    takes_sampling: bool = False
    takes_prefill: bool = False

    @property
    def is_retired(self) -> bool:
        """The provider no longer serves it."""
        return self.retired_on is not None and self.retired_on <= AS_OF


# What the providers have announced. Source: as of RETIRED, below.
_ENDS = {
    "claude-sonnet-4-5": date(2026, 11, 30),
    **dict.fromkeys(("gpt-5", "gpt-5-mini", "gpt-5-nano", "o3"), date(2026, 12, 11)),
    **dict.fromkeys(("gpt-4.1", "gpt-4.1-mini", "gpt-4o", "gpt-4o-mini"), date(2027, 1, 14)),
    **dict.fromkeys(("gpt-5.4-nano", "gpt-5.1"), date(2027, 4, 1)),
}


def _claude(
    name: str, tier: TierName, shown: str, created: date, *, context: int = 1_000_000, **more: object
) -> ModelInfo:
    output = {"small": 64_000, "medium": 128_000, "large": 128_000}[tier]
    return ModelInfo(name, "anthropic", tier, "text", context, output, shown, created, _ENDS.get(name), **more)  # type: ignore[arg-type]  # fields by name


def _gpt(name: str, tier: TierName, created: date, *, context: int, output: int = 128_000, **more: object) -> ModelInfo:
    return ModelInfo(name, "openai", tier, "text", context, output, name, created, _ENDS.get(name), **more)  # type: ignore[arg-type]  # fields by name


def _embedding(name: str, created: date, dimensions: int) -> ModelInfo:
    return ModelInfo(name, "openai", None, "embedding", 8_192, 0, created=created, dimensions=dimensions)


CURRENT = [
    _claude("claude-opus-5-5", "large", "Claude Opus 5.5", date(2026, 10, 21)),
    _claude("claude-sonnet-5-5", "medium", "Claude Sonnet 5.5", date(2026, 10, 21)),
    _claude("claude-haiku-5-5", "small", "Claude Haiku 5.5", date(2026, 10, 21)),
    _claude("claude-opus-5", "large", "Claude Opus 5", date(2026, 7, 1)),
    _claude("claude-sonnet-5", "medium", "Claude Sonnet 5", date(2026, 7, 1)),
    _claude("claude-opus-4-8", "large", "Claude Opus 4.8", date(2026, 5, 1)),
    _claude("claude-opus-4-7", "large", "Claude Opus 4.7", date(2026, 4, 16)),
    _claude("claude-sonnet-4-6", "medium", "Claude Sonnet 4.6", date(2026, 2, 17), takes_sampling=True),
    _claude("claude-opus-4-6", "large", "Claude Opus 4.6", date(2026, 2, 5), takes_sampling=True),
    _claude("claude-opus-4-5", "large", "Claude Opus 4.5", date(2025, 11, 24), context=200_000,
            takes_sampling=True, takes_prefill=True),
    _claude("claude-haiku-4-5", "small", "Claude Haiku 4.5", date(2025, 10, 15), context=200_000,
            takes_sampling=True, takes_prefill=True),
    _claude("claude-sonnet-4-5", "medium", "Claude Sonnet 4.5", date(2025, 9, 29), context=200_000,
            takes_sampling=True, takes_prefill=True),
    _gpt("gpt-6.1-sol", "large", date(2026, 10, 1), context=1_050_000),
    _gpt("gpt-6.1-terra", "medium", date(2026, 10, 1), context=1_050_000),
    _gpt("gpt-6-luna", "small", date(2026, 8, 1), context=1_050_000),
    _gpt("gpt-6-sol", "large", date(2026, 8, 1), context=1_050_000),
    _gpt("gpt-5.6-sol", "large", date(2026, 6, 1), context=1_050_000),
    _gpt("gpt-5.6-terra", "medium", date(2026, 6, 1), context=1_050_000),
    _gpt("gpt-5.6-luna", "small", date(2026, 6, 1), context=1_050_000),
    _gpt("gpt-5.5", "large", date(2026, 4, 23), context=1_000_000),
    _gpt("gpt-5.4", "large", date(2026, 3, 5), context=1_050_000, takes_sampling=True),
    _gpt("gpt-5.4-mini", "medium", date(2026, 3, 17), context=400_000, takes_sampling=True),
    _gpt("gpt-5.4-nano", "small", date(2026, 3, 17), context=400_000, takes_sampling=True),
    _gpt("gpt-5.2", "large", date(2025, 12, 11), context=400_000, takes_sampling=True),
    _gpt("gpt-5.1", "large", date(2025, 11, 13), context=400_000, takes_sampling=True),
    _gpt("gpt-5", "large", date(2025, 8, 7), context=400_000),
    _gpt("gpt-5-mini", "medium", date(2025, 8, 7), context=400_000),
    _gpt("gpt-5-nano", "small", date(2025, 8, 7), context=400_000),
    _gpt("o3", "large", date(2025, 4, 16), context=200_000, output=100_000),
    _gpt("gpt-4.1", "large", date(2025, 4, 14), context=1_047_576, output=32_768, takes_sampling=True),
    _gpt("gpt-4.1-mini", "medium", date(2025, 4, 14), context=1_047_576, output=32_768, takes_sampling=True),
    _gpt("gpt-4o", "large", date(2024, 5, 13), context=128_000, output=16_384, takes_sampling=True),
    _gpt("gpt-4o-mini", "small", date(2024, 7, 18), context=128_000, output=16_384, takes_sampling=True),
    # Open weights: whoever serves them, mostly behind an OpenAI-shaped API, gives them this name.
    _gpt("gpt-oss-20b", "small", date(2025, 8, 5), context=131_072, output=32_768, takes_sampling=True),
    _embedding("text-embedding-3-small", date(2024, 1, 25), 1536),
    _embedding("text-embedding-3-large", date(2024, 1, 25), 3072),
    _embedding("text-embedding-ada-002", date(2022, 12, 15), 1536),
    ModelInfo("rerank-v3.5", "cohere", None, "rerank", 4_096, 0, created=date(2024, 12, 2)),
    ModelInfo("rerank-v4.0-pro", "cohere", None, "rerank", 32_000, 0, created=date(2025, 12, 11)),
]  # fmt: skip

# Source: anthropic.resources.messages.messages.DEPRECATED_MODELS of anthropic 2.12; claude-3-5-sonnet and
# claude-3-haiku from Anthropic's deprecations page, as reported in the labs' spec; for OpenAI the docstring
# of openai.types.shared.ChatModel of openai 3.54.
_RETIRED: tuple[tuple[str, TierName, date], ...] = (
    ("claude-3-5-sonnet-20241022", "medium", date(2025, 10, 28)),
    ("claude-3-5-sonnet-20240620", "medium", date(2025, 10, 28)),
    ("claude-3-5-sonnet-latest", "medium", date(2025, 10, 28)),
    ("claude-3-haiku-20240307", "small", date(2026, 4, 19)),
    ("claude-3-5-haiku-20241022", "small", date(2026, 2, 19)),
    ("claude-3-5-haiku-latest", "small", date(2026, 2, 19)),
    ("claude-3-7-sonnet-20250219", "medium", date(2026, 2, 19)),
    ("claude-3-7-sonnet-latest", "medium", date(2026, 2, 19)),
    ("claude-3-opus-20240229", "large", date(2026, 1, 5)),
    ("claude-3-sonnet-20240229", "medium", date(2025, 7, 21)),
    ("claude-opus-4-20250514", "large", date(2026, 6, 15)),
    ("claude-opus-4-0", "large", date(2026, 6, 15)),
    ("claude-sonnet-4-20250514", "medium", date(2026, 6, 15)),
    ("claude-sonnet-4-0", "medium", date(2026, 6, 15)),
    ("claude-2.1", "medium", date(2025, 7, 21)),
    ("claude-2.0", "medium", date(2025, 7, 21)),
    ("gpt-4.1-nano", "small", date(2026, 10, 23)),
    ("gpt-4-turbo", "large", date(2026, 10, 23)),
    ("gpt-4", "large", date(2026, 10, 23)),
    ("gpt-3.5-turbo", "small", date(2026, 10, 23)),
    ("o4-mini", "medium", date(2026, 10, 23)),
    ("o3-mini", "medium", date(2026, 10, 23)),
    ("o1", "large", date(2026, 10, 23)),
    ("chatgpt-4o-latest", "large", date(2026, 2, 17)),
)
RETIRED = [
    ModelInfo(name, "anthropic" if name.startswith("claude") else "openai", tier, "text", 200_000, 8_192,
              retired_on=day)
    for name, tier, day in _RETIRED
]  # fmt: skip

BY_ID = {info.id: info for info in CURRENT + RETIRED}
_SNAPSHOT = re.compile(r"-(\d{8}|\d{4}-\d\d-\d\d)$")


def find(model: str, *, kind: Kind) -> ModelInfo:
    """The model behind a name; a dated snapshot of a current name counts as that name.

    Raises:
        PromptError: 404 for an unknown or retired name, 400 for a name of another kind.
    """
    info = BY_ID.get(model) or BY_ID.get(_SNAPSHOT.sub("", model))
    if info is None or info.is_retired:
        raise PromptError(404, "not_found", _not_found(model))
    if info.kind != kind:
        raise PromptError(400, "invalid_request", f"{model} is not a model for this endpoint: it is for {info.kind}.")
    return info


def _not_found(model: str) -> str:
    """The provider's own words."""
    if model.startswith("claude"):
        return f"model: {model}"
    return f"The model `{model}` does not exist or you do not have access to it."
