"""What the offline models know, as data: one TOML file a subject."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any


@cache
def load(name: str) -> dict[str, Any]:
    """One file; treat it as read-only."""
    with (Path(__file__).parent / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def words_of(key: str) -> frozenset[str]:
    """One word list of ``words.toml``."""
    return frozenset(load("words")[key].split())
