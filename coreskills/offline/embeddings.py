"""Sentence vectors in the shape of each embedding model's name.

Every name has its own fixed shuffle of the 384 numbers with signs, so vectors of two models never fit together, as in
life. Longer vectors are filled with zeros, shorter ones are the first numbers brought back to unit length.
"""

from __future__ import annotations

import hashlib
from functools import cache

import numpy as np
import numpy.typing as npt

from coreskills.offline.catalogue import ModelInfo
from coreskills.offline.minilm import WIDTH, Floats
from coreskills.offline.prompt import PromptError


def shaped(rows: Floats, info: ModelInfo, dimensions: int | None) -> Floats:
    """Unit rows in the model's own length or the one asked for.

    Raises:
        PromptError: The model has no such ``dimensions``.
    """
    native = info.dimensions or WIDTH
    wanted = native if dimensions is None else dimensions
    if dimensions is not None and info.id == "text-embedding-ada-002":
        raise PromptError(400, "invalid_request", "This model does not support specifying dimensions.")
    if not 1 <= wanted <= native:
        raise PromptError(
            400, "invalid_request", f"Invalid value for 'dimensions' = {wanted}. Must be between 1 and {native}."
        )
    order, signs = _shuffle(info.id)
    mixed = rows[:, order] * signs
    if wanted >= WIDTH:
        return np.pad(mixed, ((0, 0), (0, wanted - WIDTH)))
    short = mixed[:, :wanted]
    norms = np.linalg.norm(short, axis=1, keepdims=True)
    return np.asarray(short / np.where(norms == 0, 1, norms), np.float32)


@cache
def _shuffle(model: str) -> tuple[npt.NDArray[np.intp], Floats]:
    """An order of the numbers and a sign for each, from the model's name alone."""
    keys = [hashlib.blake2b(f"{model}\0{i}".encode(), digest_size=8).digest() for i in range(WIDTH)]
    order = np.array(sorted(range(WIDTH), key=lambda i: keys[i]), np.intp)
    signs = np.array([1.0 if key[0] & 1 else -1.0 for key in keys], np.float32)
    return order, signs
