"""Learner objects as the examiner sees them.

A handle forwards what Python does with an object to the candidate, except decisions: whether it equals a given value,
what arithmetic with a given value yields, and whether it contains one are never left to learner code.
"""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from coreskills_widgets.candidate import specials

if TYPE_CHECKING:
    from coreskills.examiner.wall import Wall

_own = object.__getattribute__
_PLAIN = (type(None), bool, int, float, complex, str, bytes)
MAX_SEARCHED = 1_000_000


class Handle:
    """An object that lives in the candidate."""

    __slots__ = ("__weakref__", "_extra", "_kind", "_number", "_wall")

    def __init__(self, wall: Wall, number: int, kind: LearnerClass, extra: Any = None) -> None:
        object.__setattr__(self, "_wall", wall)
        object.__setattr__(self, "_number", number)
        object.__setattr__(self, "_kind", kind)
        object.__setattr__(self, "_extra", extra)

    def __del__(self) -> None:
        _own(self, "_wall").drop(_own(self, "_number"))

    def __getattr__(self, name: str) -> Any:
        return ask(self, "get", name)

    def __setattr__(self, name: str, value: Any) -> None:
        ask(self, "set", name, value)

    def __delattr__(self, name: str) -> None:
        ask(self, "unset", name)

    @property  # type: ignore[misc]  # the object's own class, not the handle's
    def __class__(self) -> Any:
        return _own(self, "_kind").library or type(self)

    @property
    def __dict__(self) -> Any:  # type: ignore[override]  # the object's, over there
        return ask(self, "get", "__dict__")

    @property
    def __doc__(self) -> Any:  # type: ignore[override]  # the object's, over there
        return ask(self, "get", "__doc__")

    @property
    def __signature__(self) -> inspect.Signature:
        return signature_of(self)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not is_learner_object(other):
            return False  # data of the test is never equal to an object whose __eq__ a learner wrote
        kind: LearnerClass = _own(self, "_kind")
        if kind.compared is not None:
            return _own(other, "_kind") is kind and _record(self) == _record(other)
        return bool(kind.has_eq and ask(self, "eq", other))

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        kind: LearnerClass = _own(self, "_kind")
        if not kind.has_hash:
            raise TypeError(f"unhashable type: {kind.name!r}")
        return int(ask(self, "hash")) if kind.has_eq else hash(("coreskills", _own(self, "_number")))

    def __repr__(self) -> str:
        return str(ask(self, "repr"))

    def __str__(self) -> str:
        return str(ask(self, "str"))

    def __format__(self, how: str) -> str:
        return str(ask(self, "format", how))

    def __dir__(self) -> Any:
        return ask(self, "dir")

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("a learner's object cannot be pickled or copied in a check; read the values you need")

    def __copy__(self) -> Any:
        return ask(self, "copy", False)

    def __deepcopy__(self, memo: Any) -> Any:
        return ask(self, "copy", True)


def is_learner_object(value: object) -> bool:
    return isinstance(type(value), type) and issubclass(type(value), Handle)


def _record(handle: Any) -> Any:
    return ask(handle, "fields", _own(handle, "_kind").compared)


def ask(handle: Any, op: str, *args: Any, **kwargs: Any) -> Any:
    """Have the candidate do something with a handle's object."""
    wall: Wall = _own(handle, "_wall")
    return wall.ask(op, _own(handle, "_number"), *args, **kwargs)


def signature_of(handle: Any) -> inspect.Signature:
    """Read the signature of a learner's callable; annotations come as text."""
    rows, returned = ask(handle, "signature")
    empty = inspect.Parameter.empty
    parameters = [
        inspect.Parameter(
            name,
            inspect._ParameterKind(kind),
            default=default[0] if default else empty,
            annotation=empty if annotation is None else annotation,
        )
        for name, kind, default, annotation in rows
    ]
    return inspect.Signature(parameters, return_annotation=inspect.Signature.empty if returned is None else returned)


class LearnerClass:
    """What the candidate said of a class; every handle of its objects shares one.

    Attributes:
        library: The nearest ancestor that the examiner has loaded itself and that is safe to show as ``__class__``.
        compared: Fields that decide equality, where the class is a plain record; they are compared here.
    """

    def __init__(self, row: dict[str, Any]) -> None:
        self.number = int(row["id"])
        self.name = str(row["name"])
        self.module = str(row["module"])
        self.qualname = str(row["qualname"])
        self.mro = [(str(module), str(name)) for module, name in row.get("mro") or []]
        self.fields: list[str] | None = row.get("fields")
        self.compared: list[str] | None = row.get("compared")
        self.has_eq, self.has_hash = bool(row.get("eq")), bool(row.get("hash"))
        self.library = next((c for c in map(resolve_class, self.mro) if c is not None and c is not object), None)
        self._can = [name for name in row.get("can") or [] if name in _METHODS]
        self._type: type | None = None
        self.shadow: Any = None

    def handle(self, wall: Wall, number: int, extra: Any = None) -> Any:
        """Make a handle of one object."""
        if self._type is None:
            body: dict[str, Any] = {"__slots__": (), **{name: _METHODS[name] for name in self._can}}
            if self.library is types.CoroutineType:
                body.update(send=_send, throw=_throw, close=_close)
            if self.fields:
                body.update(_record_class_attributes(self))
            self._type = type(self.name, (Handle,), body)
        return self._type(wall, number, self, extra)


def _record_class_attributes(kind: LearnerClass) -> dict[str, Any]:
    """Let ``dataclasses.fields`` and ``asdict`` work on a handle: they look at the type."""
    import dataclasses

    shape: Any = dataclasses.make_dataclass(kind.name, kind.fields or [], init=False, repr=False, eq=False)
    return {"__dataclass_fields__": shape.__dataclass_fields__, "__dataclass_params__": shape.__dataclass_params__}


# Classes a candidate may claim its objects to be. Never one whose call would do something here.
_SHOWN_STDLIB = {"types", "collections", "collections.abc", "enum", "abc", "argparse", "contextlib"}
_NEVER = ("coreskills", "unittest", "_pytest", "pytest", "subprocess", "os", "ctypes", "importlib")
_BUILTIN_CLASSES = {
    "function": types.FunctionType, "builtin_function_or_method": types.BuiltinFunctionType, "method": types.MethodType,
    "generator": types.GeneratorType, "coroutine": types.CoroutineType, "async_generator": types.AsyncGeneratorType,
    "property": property,
}  # fmt: skip


def resolve_class(name: tuple[str, str]) -> type | None:
    """Find a class under the name a candidate gave, if we have it loaded and it does no harm."""
    module, qualname = name
    if module == "builtins":
        return _BUILTIN_CLASSES.get(qualname)
    top = module.partition(".")[0]
    if top in _NEVER or module not in sys.modules or (top in sys.stdlib_module_names and module not in _SHOWN_STDLIB):
        return None
    found: Any = sys.modules[module]
    for part in qualname.split("."):
        found = getattr(found, part, None)
    return found if isinstance(found, type) else None


def resolve_exception(name: tuple[str, str]) -> type[BaseException] | None:
    """Find an exception class under the name a candidate gave."""
    module, qualname = name
    top = module.partition(".")[0]
    if top in _NEVER or module not in sys.modules:
        return None
    found: Any = sys.modules[module]
    for part in qualname.split("."):
        found = getattr(found, part, None)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


# ---- special methods ----
def _call(self: Any, *args: Any, **kwargs: Any) -> Any:
    wall: Wall = _own(self, "_wall")
    return wall.call(_own(self, "_number"), _own(self, "_kind"), _own(self, "_extra"), args, kwargs)


def _iter(self: Any) -> Any:
    return ask(self, "iter")


def _next(self: Any) -> Any:
    found, value = ask(self, "next")
    if not found:
        raise StopIteration(value)
    return value


def _contains(self: Any, item: Any) -> bool:
    if is_learner_object(item):
        return bool(ask(self, "contains", item))
    # Looked for here: a container that says yes to everything contains nothing.
    iterator = iter(self)
    return any(found == item for found, _ in zip(iterator, range(MAX_SEARCHED), strict=False))


def _exit(self: Any, kind: Any, error: Any, trace: Any) -> Any:
    return ask(self, "exit", error)


def _await(self: Any) -> Generator[Any, None, Any]:
    number = ask(self, "spawn")
    yield  # lets asyncio.gather start the others, so that they run at the same time in the candidate
    return _own(self, "_wall").ask("finish", None, number)


def _running(self: Any) -> Any:
    """The generator that stands for a learner's coroutine here; a task of ours steps it."""
    wall, number = _own(self, "_wall"), _own(self, "_number")
    if number not in wall.coroutines:
        wall.coroutines[number] = _await(self)
    return wall.coroutines[number]


def _send(self: Any, value: Any) -> Any:
    return _running(self).send(value)


def _throw(self: Any, *error: Any) -> Any:
    return _running(self).throw(*error)


def _close(self: Any) -> None:
    _running(self).close()


async def _aenter(self: Any) -> Any:
    return ask(self, "acall", "__aenter__", [])


async def _aexit(self: Any, kind: Any, error: Any, trace: Any) -> Any:
    return ask(self, "acall", "__aexit__", [type(error) if error else None, error, None])


async def _anext(self: Any) -> Any:
    found, value = ask(self, "anext")
    if not found:
        raise StopAsyncIteration
    return value


def _binary(name: str, reflected: bool) -> Callable[[Any, Any], Any]:
    def forward(self: Any, other: Any) -> Any:
        value = ask(self, "binary", name, other, reflected)
        if not is_learner_object(other) and isinstance(value, _PLAIN) and value is not NotImplemented:
            raise TypeError(
                f"a learner's {_own(self, '_kind').name} object may not decide what {name} with {other!r} yields; "
                f"compare its attributes, or convert it first: float(x), str(x), x.value"
            )
        return value

    return forward


def _comparison(name: str) -> Callable[[Any, Any], Any]:
    def forward(self: Any, other: Any) -> Any:
        if not is_learner_object(other):
            return NotImplemented
        return bool(ask(self, "binary", name, other, False))

    return forward


def _unary(name: str) -> Callable[[Any], Any]:
    def forward(self: Any, *args: Any) -> Any:
        return ask(self, name)

    return forward


def _item(op: str) -> Callable[..., Any]:
    def forward(self: Any, *args: Any) -> Any:
        return ask(self, op, *args)

    return forward


_METHODS: dict[str, Any] = {
    **{name: _binary(name, False) for name in specials.BINARY},
    **{name: _binary(plain, True) for name, plain in specials.REFLECTED.items()},
    **{name: _comparison(name) for name in specials.COMPARISONS},
    **{name: _unary(name) for name in specials.UNARY},
    "__call__": _call, "__iter__": _iter, "__next__": _next, "__contains__": _contains,
    "__getitem__": _item("item"), "__setitem__": _item("set_item"), "__delitem__": _item("del_item"),
    "__reversed__": _item("reversed"), "__enter__": _item("enter"), "__exit__": _exit, "__await__": _await,
    "__aenter__": _aenter, "__aexit__": _aexit, "__anext__": _anext, "__aiter__": lambda self: self,
}  # fmt: skip


class ClassHandle(Handle):
    """A class that learner code defined."""

    __slots__ = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _call(self, *args, **kwargs)

    @property  # type: ignore[misc]  # it is a class, over there
    def __class__(self) -> Any:
        return type

    def __instancecheck__(self, value: Any) -> bool:
        number = learner_number(value)
        return number is not None and bool(_own(self, "_wall").ask("isinstance", number, self))

    def __subclasscheck__(self, value: Any) -> bool:
        number = learner_number(value)
        return number is not None and bool(_own(self, "_wall").ask("issubclass", number, self))

    @property
    def __name__(self) -> str:
        name: str = _own(self, "_kind").name
        return name

    @property
    def __bases__(self) -> tuple[Any, ...]:
        return tuple(c for c in map(resolve_class, _own(self, "_kind").mro) if c is not None)

    def __mro_entries__(self, bases: Any) -> Any:
        raise TypeError(
            f"a check cannot derive a class from the learner's {_own(self, '_kind').name}; "
            "test what its own methods do, or ask for the subclass in the task"
        )

    def __iter__(self) -> Iterator[Any]:
        return iter(list(ask(self, "iter")))  # an Enum


def learner_number(value: Any) -> int | None:
    """Find the number of a learner's object, whatever form it takes here."""
    if is_learner_object(value):
        number: int = _own(value, "_number")
        return number
    state = getattr(value, "__dict__", None)
    found = state.get("_coreskills_number") if isinstance(state, Mapping) else None
    return found if isinstance(found, int) else None


class Shadow:
    """Mixin of a plain value whose class a learner derived (a str Enum, a namedtuple): data here, the rest there."""

    def __getattr__(self, name: str) -> Any:
        handle = self.__dict__.get("_coreskills_handle")
        if handle is None:
            raise AttributeError(name)
        return getattr(handle, name)
