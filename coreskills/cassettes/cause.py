"""The test call that made a request, as text: ``classify('I love it', labels=['a', 'b'])``."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

_PLAIN = (type(None), bool, int, float, str, bytes)
_LITERAL = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""", re.DOTALL)
_FOLDER = re.compile(r"(?:/[\w.@+-]+)+/")
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def describe(name: str, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None) -> str:
    """Write a call down so that recording and replay write the same.

    Plain data by value, anything else as ``<Type>``; folders of paths and addresses in memory are dropped,
    because they differ from run to run.
    """
    parts = [_value(arg) for arg in args]
    parts += [f"{key}={_value(arg)}" for key, arg in (kwargs or {}).items()]
    return f"{name}({', '.join(parts)})"


def _value(value: Any) -> str:
    if isinstance(value, str):
        return repr(_FOLDER.sub("", value) if value.startswith("/") else value)
    if isinstance(value, _PLAIN):
        return repr(value)
    if isinstance(value, (list, tuple)):
        opening, closing = ("[", "]") if isinstance(value, list) else ("(", ")")
        return opening + ", ".join(_value(item) for item in value) + closing
    if isinstance(value, (set, frozenset)):
        return "{" + ", ".join(sorted(_value(item) for item in value)) + "}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_value(key)}: {_value(item)}" for key, item in value.items()) + "}"
    return f"<{type(value).__name__}>"


def normal(cause: str) -> str:
    """The form in which causes are compared."""
    return (_ADDRESS.sub("", cause) if " at 0x" in cause else cause).strip()


def function(cause: str) -> str:
    """The name of the function that the test calls."""
    return cause.partition("(")[0]


@lru_cache(maxsize=4096)
def texts(cause: str) -> tuple[str, ...]:
    """The strings among a call's arguments, in order, each once."""
    found: dict[str, None] = {}
    for literal in _LITERAL.findall(cause):
        try:
            value = ast.literal_eval(literal)
        except (ValueError, SyntaxError):
            continue
        if value.strip():
            found[value] = None
    return tuple(found)
