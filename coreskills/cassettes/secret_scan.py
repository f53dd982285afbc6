"""Finds keys, account headers and cookies in files that are kept or given away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

# Long enough to be real: texts that teach about keys write sk-ant-... with dots or xs.
_KEYS = {
    "Anthropic key": re.compile(r"sk-ant-[A-Za-z0-9_-]{20,}"),
    "OpenAI key": re.compile(r"sk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_]{32,}"),
    "classroom key": re.compile(r"sk-coreskills-[A-Za-z0-9_-]{20,}"),
    "AWS key": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "Google key": re.compile(r"\bAIza[A-Za-z0-9_-]{35}\b"),
    "GitHub token": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36,}\b"),
    "Hugging Face token": re.compile(r"\bhf_[A-Za-z0-9]{30,}\b"),
    "private key": re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"),
    "bearer token": re.compile(r"[Bb]earer\s+[A-Za-z0-9._~+/-]{24,}"),
}
# As names of headers in a cassette; prose may speak of them.
_HEADERS = re.compile(
    r"""["']?\b(authorization|proxy-authorization|x-api-key|api-key|cookie|set-cookie|anthropic-organization-id"""
    r"""|anthropic-workspace-id|openai-organization|openai-project|cf-ray)\b["']?\s*:\s*(?:\[|\n\s*-|["'])""",
    re.IGNORECASE,
)
_TEXT_SUFFIXES = frozenset(
    (
        ".ipynb",
        ".json",
        ".jsonl",
        ".yaml",
        ".yml",
        ".html",
        ".md",
        ".txt",
        ".py",
        ".csv",
        ".toml",
        ".cfg",
        ".env",
        ".log",
    )
)
# A lesson that needs something like a key says inside it that it is none.
_PRETENDED = re.compile("not-?the-?right|example|fake|wrong|invalid|placeholder|not-a-key|your-key|xxxx", re.IGNORECASE)
_CHARACTERS_SHOWN = 12


@dataclass(frozen=True)
class Secret:
    """Something that must not be where it is.

    Attributes:
        shown: Its first characters; never the whole.
    """

    path: Path
    line: int
    kind: str
    shown: str


def scan_text(text: str, *, is_cassette: bool = False) -> Iterator[tuple[int, str, str]]:
    """Find secrets in a text: line number, kind, and the first characters of each."""
    for kind, pattern in _KEYS.items():
        for found in pattern.finditer(text):
            if _PRETENDED.search(found.group()):
                continue
            yield _line(text, found.start()), kind, f"{found.group()[:_CHARACTERS_SHOWN]}..."
    for found in _HEADERS.finditer(text) if is_cassette else ():
        yield _line(text, found.start()), "account header", found.group(1)


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def scan(folders: Iterable[Path], *, cassettes: Path) -> Iterator[Secret]:
    """Find secrets in every text file below some folders.

    Args:
        cassettes: Files below it are also searched for headers that name an account.
    """
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in _TEXT_SUFFIXES and path.is_file():
                text = path.read_text(encoding="utf-8", errors="replace")
                for line, kind, shown in scan_text(text, is_cassette=path.is_relative_to(cassettes)):
                    yield Secret(path, line, kind, shown)
