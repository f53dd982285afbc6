"""The fallback when MiniLM's weights are not installed: hashed words and character trigrams.

It knows no synonyms ("refund" and "money back" are strangers), and says so by its name. Grading does not use it.
"""

from __future__ import annotations

import hashlib
import re

import numpy as np

from coreskills.offline.minilm import WIDTH, Floats

MAX_WORDS = 4000


class Hashed:
    """Signed buckets: a word counts 1, each of its trigrams 0.4."""

    name = "hashed-v1"

    def encode(self, text: str) -> Floats:
        """The unit vector of one text, 384 numbers; a text without letters or digits gets a fixed one."""
        out = np.zeros(WIDTH, np.float32)
        for word in re.findall(r"\w+", text.lower()[: MAX_WORDS * 12])[:MAX_WORDS] or ["(nothing)"]:
            for gram in [word] + [f"^{word}$"[i : i + 3] for i in range(len(word))]:
                h = int.from_bytes(hashlib.blake2b(gram.encode("utf-8", "replace"), digest_size=8).digest(), "big")
                out[h % WIDTH] += (1 if h >> 63 else -1) * (1.0 if gram == word else 0.4)
        return np.asarray(out / (np.linalg.norm(out) or 1.0), np.float32)
