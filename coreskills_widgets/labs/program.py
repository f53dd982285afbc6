"""Programs that learners write, run as programs."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FunctionType
from typing import Any

from coreskills_widgets.labs import surroundings
from coreskills_widgets.labs.surroundings import Finished


def run(
    argv: Sequence[str], *, stdin: str = "", timeout_s: float = 30, env: Mapping[str, str] | None = None
) -> Finished:
    """Run a program in the notebook's folder; ``"python"`` as first word is this very Python.

    Args:
        env: Added to the environment; the gateway's address and key are in it already.
    """
    return surroundings.current().run(list(argv), stdin=stdin, timeout_s=timeout_s, env=dict(env or {}))


def save(path: str, *, first: str, parts: Sequence[Any], last: str = "") -> None:
    """Make a program of notebook cells: each cell that defines one of ``parts``, whole and once, in this order.

    Args:
        first: The top of the file: imports and constants.
        parts: Functions and classes defined in cells; what else their cells define comes along.
        last: The end of the file.

    Raises:
        TypeError: A part was not defined in a cell of this notebook.
    """
    cells = dict.fromkeys(_cell_of(part) for part in parts)
    text = "\n\n".join(piece.strip("\n") for piece in (first, *cells, last) if piece) + "\n"
    ast.parse(text)  # a cell with a magic in it is no program: say so here, not when the file is run
    Path(path).write_text(text, encoding="utf-8")
    print(f"{path}: {len(text.splitlines())} lines")


def _cell_of(part: Any) -> str:
    # inspect.getsource cannot find classes of a notebook; their methods know the cell.
    function = part if isinstance(part, FunctionType) else next(filter(_is_function, vars(part).values()), None)
    lines = linecache.getlines(function.__code__.co_filename) if function else []
    if not lines:
        raise TypeError(
            f"{getattr(part, '__name__', part)!r} was not defined in a cell of this notebook. Run its cell again."
        )
    return "".join(lines)


def _is_function(value: Any) -> bool:
    return isinstance(value, FunctionType)
