"""Library functions that a check calls here and means over there: seeds, sources, the main module."""

from __future__ import annotations

import inspect
import os
import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from coreskills.examiner.handles import ask, is_learner_object
from coreskills.examiner.names import MainModule, Names
from coreskills.examiner.wall import Wall

_real_seed, _real_getsource, _real_mkdtemp = random.seed, inspect.getsource, tempfile.mkdtemp
_real_mkstemp: Callable[..., tuple[int, str]] = tempfile._mkstemp_inner  # type: ignore[attr-defined]  # its only name


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


def share_files(tmp: Path) -> None:
    """Let learner code read and write what a check makes: nobody else sees the folders it lies in.

    Args:
        tmp: Where ``tempfile`` shall make its files; learner code sees the same path.
    """
    os.umask(0)
    untyped: Any = tempfile
    untyped.tempdir = str(tmp)
    if untyped.mkdtemp is _real_mkdtemp:
        untyped.mkdtemp = _mkdtemp
        untyped._mkstemp_inner = _mkstemp


def _mkdtemp(*args: Any, **kwargs: Any) -> Any:
    path = _real_mkdtemp(*args, **kwargs)
    Path(path).chmod(0o777)
    return path


def _mkstemp(*args: Any) -> Any:
    """What NamedTemporaryFile and mkstemp make their files with."""
    fd, path = _real_mkstemp(*args)
    os.fchmod(fd, 0o666)
    return fd, path


def _seeding(wall: Wall, module: str, real: Callable[..., Any]) -> Callable[..., Any]:
    """Seed both sides: a check that seeds wants the learner's draws to repeat."""

    def seed(*args: Any, **kwargs: Any) -> None:
        real(*args, **kwargs)
        wall.ask("seed", None, module, (*args, *kwargs.values()))

    seed.__wrapped__ = real  # type: ignore[attr-defined]
    return seed


def _getsource(target: Any) -> str:
    return str(ask(target, "source")) if is_learner_object(target) else _real_getsource(target)
