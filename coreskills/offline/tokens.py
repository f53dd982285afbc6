"""Counting and cutting text in tokens.

OpenAI names are exact: tiktoken's ranks, read from the copy that the package llama-index-core carries (it is never
imported). Claude has no public tokenizer: the same pieces, marked as an estimate.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from functools import cache
from importlib import util
from pathlib import Path
from typing import Literal

import tiktoken

EncodingName = Literal["o200k_base", "cl100k_base"]

# File names are tiktoken's own: the SHA-1 of the address it would download from.
RANK_FILES: dict[EncodingName, str] = {
    "o200k_base": "fb374d419588a4632f3f557e76b4b70aebbca790",
    "cl100k_base": "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
}
# Source: tiktoken_ext/openai_public.py (MIT); repeated here because its functions download the ranks.
_LETTERS = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]", r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
PATTERNS: dict[EncodingName, str] = {
    "o200k_base": "|".join(
        [
            r"[^\r\n\p{L}\p{N}]?" + f"{_LETTERS[0]}*{_LETTERS[1]}+{_LETTERS[2]}",
            r"[^\r\n\p{L}\p{N}]?" + f"{_LETTERS[0]}+{_LETTERS[1]}*{_LETTERS[2]}",
            r"\p{N}{1,3}",
            r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
            r"\s*[\r\n]+",
            r"\s+(?!\S)",
            r"\s+",
        ]
    ),
    "cl100k_base": (
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$"
        r"|\s*[\r\n]|\s+(?!\S)|\s"
    ),
}
SLICE = 8_000  # characters encoded at once; tiktoken's time grows faster than a long run of one character
PIECE = re.compile(r"\s?[^\W_]{1,6}|\s?[^\w\s]|_|\s")  # where ranks are missing


def ranks_folder() -> Path | None:
    """Where llama-index-core keeps tiktoken's ranks; looked up without importing it (that takes seconds)."""
    spec = util.find_spec("llama_index")  # a namespace package: finding it executes nothing
    for place in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(place) / "core" / "_static" / "tiktoken_cache"
        if folder.is_dir():
            return folder
    return None


@cache
def encoding(name: EncodingName) -> tiktoken.Encoding | None:
    """One encoding; ``None`` when its ranks are not installed."""
    folder = ranks_folder()
    if folder is None or not (folder / RANK_FILES[name]).is_file():
        return None
    pairs = (line.split() for line in (folder / RANK_FILES[name]).read_bytes().splitlines() if line)
    ranks = {base64.b64decode(token): int(rank) for token, rank in pairs}
    return tiktoken.Encoding(f"{name}-offline", pat_str=PATTERNS[name], mergeable_ranks=ranks, special_tokens={})


def encoding_for(model: str) -> EncodingName:
    """An OpenAI model's encoding; for Claude the older one, which like Claude needs more for other scripts."""
    return "cl100k_base" if re.match(r"claude|gpt-4(-|$)|gpt-3\.5|text-embedding-", model) else "o200k_base"


def count(text: str, *, model: str) -> int:
    """Tokens of one text, without any message overhead."""
    enc = encoding(encoding_for(model))
    if enc is None:
        return sum(1 for _ in PIECE.finditer(text))
    return sum(len(enc.encode_ordinary(part)) for part in _slices(text))


def is_exact(model: str) -> bool:
    """Whether ``count`` is the provider's own count."""
    return not model.startswith("claude") and encoding(encoding_for(model)) is not None


def cut(text: str, limit: int, *, model: str) -> tuple[str, int, bool]:
    """The longest beginning of ``text`` that has at most ``limit`` tokens.

    Returns:
        The beginning (never half a character), its tokens, and whether something was cut off.
    """
    enc = encoding(encoding_for(model))
    if enc is None:
        ends = [match.end() for match in PIECE.finditer(text)]
        return (text, len(ends), False) if len(ends) <= limit else (text[: ends[limit - 1]], limit, True)
    ids = [i for part in _slices(text) for i in enc.encode_ordinary(part)]
    if len(ids) <= limit:
        return text, len(ids), False
    return enc.decode_bytes(ids[:limit]).decode("utf-8", "ignore"), limit, True


def _slices(text: str) -> Iterator[str]:
    """The text in parts, cut where a word begins, so that the count stays exact for any text with spaces in it."""
    start = 0
    while len(text) - start > SLICE:
        end = text.rfind(" ", start + 1, start + SLICE)
        # A space that follows another one belongs to a run: cutting inside it would change the count.
        while end > start and text[end - 1].isspace():
            end -= 1
        end = end if end > start else start + SLICE
        yield text[start:end]
        start = end
    yield text[start:]
