"""Noise that depends on its key only: the same in every process, on every machine, with any hash seed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def uniform(*key: object) -> float:
    """A number in [0, 1)."""
    digest = hashlib.blake2b("\0".join(map(str, key)).encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def gauss(*key: object) -> float:
    """A number from (nearly) the standard normal distribution."""
    return sum(uniform(i, *key) for i in range(12)) - 6.0


def pick(choices: Sequence[T], *key: object) -> T:
    """One of the choices."""
    return choices[int(uniform(*key) * len(choices))]
