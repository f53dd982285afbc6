"""What learner code gets when a test passes something that is not plain data: callable, readable, and nothing more."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coreskills_widgets.candidate.peer import Peer

_own = object.__getattribute__


class Double:
    """An object of the examiner, reached by number. Attributes that start with an underscore stay there."""

    def __init__(self, peer: Peer, number: int, name: str) -> None:
        object.__setattr__(self, "_peer", peer)
        object.__setattr__(self, "_number", number)
        object.__setattr__(self, "_name", name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            if name == "__name__":
                return _own(self, "_name")
            raise AttributeError(name)
        return _ask(self, "get", name)

    def __setattr__(self, name: str, value: Any) -> None:
        _ask(self, "set", name, value)

    def __repr__(self) -> str:
        return f"<{_own(self, '_name')} of the check>"

    def __str__(self) -> str:
        return str(_ask(self, "str"))

    def __bool__(self) -> bool:
        return bool(_ask(self, "__bool__"))

    def __eq__(self, other: object) -> bool:
        return self is other or bool(_ask(self, "eq", other))

    def __hash__(self) -> int:
        return hash(_own(self, "_number"))


def _ask(double: Double, op: str, *args: Any, **kwargs: Any) -> Any:
    peer: Peer = _own(double, "_peer")
    return peer.ask(op, _own(double, "_number"), *args, **kwargs)


class _Awaiting:
    """Awaits an examiner's coroutine: it runs there to its end, then the answer is here."""

    def __init__(self, double: Double) -> None:
        self._double = double

    def __await__(self) -> Generator[Any, None, Any]:
        yield from ()
        return _ask(self._double, "await")


def _method(name: str) -> Any:
    def forward(self: Double, *args: Any, **kwargs: Any) -> Any:
        return _ask(self, name, *args, **kwargs)

    forward.__name__ = name
    return forward


def _await(self: Double) -> Generator[Any, None, Any]:
    return _Awaiting(self).__await__()


async def _aenter(self: Double) -> Any:
    return _ask(self, "__aenter__")


async def _aexit(self: Double, *error: Any) -> Any:
    return _ask(self, "__aexit__", None, None, None)


async def _anext(self: Double) -> Any:
    return _ask(self, "__anext__")


def _exit(self: Double, kind: Any, error: Any, trace: Any) -> Any:
    return _ask(self, "__exit__", None, error, None)


def _next(self: Double) -> Any:
    found, value = _ask(self, "__next__")
    if not found:
        raise StopIteration
    return value


_SPECIAL = {
    "__await__": _await, "__aenter__": _aenter, "__aexit__": _aexit, "__anext__": _anext,
    "__aiter__": lambda self: self, "__exit__": _exit, "__next__": _next,
}  # fmt: skip
_classes: dict[tuple[str, ...], type[Double]] = {}


def double_for(peer: Peer, number: int, name: str, can: list[str]) -> Double:
    """Make a double with the special methods that the examiner's object has."""
    key = tuple(can)
    if key not in _classes:
        methods = {method: _SPECIAL.get(method) or _method(method) for method in key if method != "__bool__"}
        _classes[key] = type("Double", (Double,), methods)
    return _classes[key](peer, number, name)
