"""The special methods that are forwarded between the two processes."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "__add__": operator.add, "__sub__": operator.sub, "__mul__": operator.mul, "__truediv__": operator.truediv,
    "__floordiv__": operator.floordiv, "__mod__": operator.mod, "__pow__": operator.pow, "__matmul__": operator.matmul,
    "__and__": operator.and_, "__or__": operator.or_, "__xor__": operator.xor,
    "__lshift__": operator.lshift, "__rshift__": operator.rshift,
}  # fmt: skip
REFLECTED = {f"__r{name[2:]}": name for name in BINARY}
COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "__lt__": operator.lt, "__le__": operator.le, "__gt__": operator.gt, "__ge__": operator.ge,
}  # fmt: skip
UNARY: dict[str, Callable[[Any], Any]] = {
    "__neg__": operator.neg, "__pos__": operator.pos, "__abs__": abs, "__invert__": operator.invert,
    "__float__": float, "__int__": int, "__index__": operator.index, "__len__": len, "__bool__": bool,
    "__complex__": complex, "__round__": round,
}  # fmt: skip
OTHER = (
    "__call__", "__iter__", "__next__", "__getitem__", "__setitem__", "__delitem__", "__contains__", "__reversed__",
    "__enter__", "__exit__", "__aenter__", "__aexit__", "__aiter__", "__anext__", "__await__",
)  # fmt: skip
ALL = (*BINARY, *REFLECTED, *COMPARISONS, *UNARY, *OTHER)


def of(kind: type) -> list[str]:
    """List the forwarded methods that a type defines beyond ``object``."""
    defined = {name for each in kind.__mro__ if each is not object for name in each.__dict__}
    return [name for name in ALL if name in defined and getattr(kind, name) is not None]
