"""Library functions that a check calls here and means over there: seeds, sources, the main module."""

from __future__ import annotations

import inspect
import random
import sys
from collections.abc import Callable
from typing import Any

from coreskills.examiner.handles import ask, is_learner_object
from coreskills.examiner.names import MainModule, Names
from coreskills.examiner.wall import Wall

_real_seed, _real_getsource = random.seed, inspect.getsource


def reach_over(wall: Wall, names: Names) -> None:
    """Redirect them for this process, which examines one notebook and ends."""
    sys.modules["__main__"] = MainModule(names)
    patched: Any = random
    patched.seed = _seeding(wall, "random", _real_seed)
    patched = inspect
    patched.getsource = _getsource
    if "numpy" in sys.modules:
        import numpy as np

        real = getattr(np.random.seed, "__wrapped__", np.random.seed)
        np.random.seed = _seeding(wall, "numpy.random", real)


def _seeding(wall: Wall, module: str, real: Callable[..., Any]) -> Callable[..., Any]:
    """Seed both sides: a check that seeds wants the learner's draws to repeat."""

    def seed(*args: Any, **kwargs: Any) -> None:
        real(*args, **kwargs)
        wall.ask("seed", None, module, (*args, *kwargs.values()))

    seed.__wrapped__ = real  # type: ignore[attr-defined]
    return seed


def _getsource(target: Any) -> str:
    return str(ask(target, "source")) if is_learner_object(target) else _real_getsource(target)
