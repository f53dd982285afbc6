"""Sentence vectors by text, kept in memory and on disk."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from coreskills.offline.hashed import Hashed
from coreskills.offline.minilm import WIDTH, Floats, MiniLM, weights_folder

KEEP_IN_MEMORY = 20_000  # vectors; about 30 MB
DECIMALS = 5  # rounding hides how a CPU orders its sums


class Encoder(Protocol):
    """What turns a text into a unit vector."""

    name: str

    def encode(self, text: str) -> Floats: ...


def best_encoder() -> Encoder:
    """MiniLM where its weights are installed, else the hashed fallback."""
    folder = weights_folder()
    return MiniLM(folder) if folder else Hashed()


class Embedder:
    """Texts to rows of unit vectors.

    Texts are encoded one by one, so a vector never depends on what else is asked in the same call.

    Args:
        cache_dir: Where vectors are kept between processes; ``None`` keeps them in memory only.
    """

    def __init__(self, encoder: Encoder, cache_dir: Path | None = None) -> None:
        self.encoder = encoder
        self.computed = 0
        self._memory: OrderedDict[bytes, Floats] = OrderedDict()
        self._lock = threading.Lock()
        self._db = _open(cache_dir / f"vectors-{encoder.name}.sqlite") if cache_dir else None

    def __call__(self, texts: Sequence[str]) -> Floats:
        """One row a text; whitespace does not matter."""
        if not texts:
            return np.zeros((0, WIDTH), np.float32)
        return np.stack([self.one(text) for text in texts])

    def one(self, text: str) -> Floats:
        """The vector of one text; do not write into it."""
        text = " ".join(text.split())
        key = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
        known = self._known(key)
        if known is None:
            known = np.round(self.encoder.encode(text), DECIMALS)
            self._keep(key, known)
        return known

    def close(self) -> None:
        """Close the cache on disk; vectors in memory stay."""
        with self._lock:
            if self._db:
                self._db.close()
                self._db = None

    def _known(self, key: bytes) -> Floats | None:
        with self._lock:
            if key in self._memory:
                self._memory.move_to_end(key)
                return self._memory[key]
            row = self._db.execute("SELECT vector FROM vectors WHERE key = ?", (key,)).fetchone() if self._db else None
            if row is None:
                return None
            vector = np.frombuffer(row[0], np.float32)
            self._remember(key, vector)
            return vector

    def _keep(self, key: bytes, vector: Floats) -> None:
        with self._lock:
            self.computed += 1
            self._remember(key, vector)
            if self._db:
                try:
                    self._db.execute("INSERT OR IGNORE INTO vectors VALUES (?, ?)", (key, vector.tobytes()))
                except sqlite3.OperationalError:  # another process holds the file: the vector is computed again one day
                    return

    def _remember(self, key: bytes, vector: Floats) -> None:
        self._memory[key] = vector
        if len(self._memory) > KEEP_IN_MEMORY:
            self._memory.popitem(last=False)


def _open(path: Path) -> sqlite3.Connection:
    """The cache file; it holds nothing that cannot be computed again, so it is never synced to disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=5)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = OFF")
    db.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID")
    return db
