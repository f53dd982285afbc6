"""Learner classes of which the examiner needs a real one: exceptions, and subclasses of plain data."""

from __future__ import annotations

import builtins
import collections
import datetime
import decimal
import fractions
import pathlib
import sys
from typing import TYPE_CHECKING, Any

from coreskills.examiner.handles import Handle, LearnerClass, Shadow, resolve_exception
from coreskills_widgets.candidate.codec import Decoder, WireError

if TYPE_CHECKING:
    from coreskills.examiner.wall import Wall

_PLAIN_TYPES: dict[tuple[str, str], Any] = {
    (kind.__module__, kind.__qualname__): kind
    for kind in (
        bool, int, float, complex, str, bytes, bytearray, list, tuple, dict, set, frozenset, range, slice, object,
        type(None), type, property, decimal.Decimal, fractions.Fraction, datetime.datetime, datetime.date,
        datetime.time, datetime.timedelta, datetime.timezone, pathlib.PosixPath, pathlib.PurePosixPath,
        collections.OrderedDict, collections.defaultdict, collections.Counter, collections.deque,
    )
}  # fmt: skip

_PANDAS_TYPES = ("DataFrame", "Series", "Index", "Timestamp", "Timedelta")


def plain_type(module: str, qualname: str) -> Any:
    """Find a class of plain data, or a built-in exception, by name."""
    found = _PLAIN_TYPES.get((module, qualname))
    if found is None and module == "pandas" and qualname in _PANDAS_TYPES and module in sys.modules:
        found = getattr(sys.modules[module], qualname)
    if found is None and module == "numpy" and module in sys.modules:
        numpy = sys.modules[module]
        found = getattr(numpy, qualname, None)
        found = (
            found if found is numpy.ndarray or (isinstance(found, type) and issubclass(found, numpy.generic)) else None
        )
    if found is None and module == "builtins":
        found = getattr(builtins, qualname, None)
        found = found if isinstance(found, type) and issubclass(found, BaseException) else None
    if found is None:
        raise WireError(f"no plain type {module}.{qualname}")
    return found


def module_class(name: str) -> LearnerClass:
    """Describe a module of the candidate."""
    return LearnerClass({"id": 0, "name": name, "module": "", "qualname": name, "mro": []})


class _ErrorMeta(type):
    """Attributes and construction of a learner's exception class go to the class itself, over there."""

    def __getattr__(cls, name: str) -> Any:
        wall = cls.__dict__.get("_coreskills_wall")
        if wall is None or name.startswith("__"):
            raise AttributeError(name)
        return wall.ask("get", cls.__dict__["_coreskills_number"], name)

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        wall = cls.__dict__.get("_coreskills_wall")
        if wall is None:
            return super().__call__(*args, **kwargs)
        return wall.ask("call", cls.__dict__["_coreskills_number"], *args, **kwargs)


def error_class(wall: Wall, kind: LearnerClass) -> type[BaseException]:
    """Make (or find) the class under which a learner's exception is raised here."""
    bases: list[type[BaseException]] = []
    for name in kind.mro:
        found = resolve_exception(name)
        if found is not None and not any(issubclass(b, found) for b in bases):
            bases.append(found)
    if (
        bases
        and kind.mro
        and kind.mro[0] == (kind.module, kind.qualname)
        and resolve_exception(kind.mro[0]) is bases[0]
    ):
        return bases[0]
    body: dict[str, Any] = {"__module__": kind.module, "__qualname__": kind.qualname, "__str__": _error_text}
    marks = {"_coreskills_wall": wall, "_coreskills_number": kind.number}
    meta = type("ErrorMeta", (_ErrorMeta, type(bases[0])), {}) if bases and type(bases[0]) is not type else _ErrorMeta
    made: type[BaseException] = meta(kind.name, tuple(bases or [Exception]), {**body, **marks})
    return made


def _error_text(error: BaseException) -> str:
    text: str = error.__dict__.get("_coreskills_text", "")
    return text


def error(kind: type[BaseException], wire: list[Any], decoder: Decoder) -> BaseException:
    """Build an exception that was raised over there, without running its constructor."""
    _, number, _, args, text, state, trace = wire
    made = _blank(kind, tuple(decoder.all(args)), str(text))
    for name, item in state.items():
        if name.startswith("__"):
            continue
        try:
            setattr(made, name, decoder.decode(item))
        except (AttributeError, TypeError):
            continue  # read-only here: its args carry it
    if hasattr(made, "__dict__"):
        made.__dict__.update(_coreskills_number=number, _coreskills_text=str(text), _coreskills_trace=str(trace))
    return made


def _blank(kind: type[BaseException], args: tuple[Any, ...], text: str) -> BaseException:
    """Make an exception object without running a learner's or library's constructor."""
    try:
        if kind.__module__ == "builtins":
            return kind(*args)  # OSError and UnicodeError keep their fields in C, set by the constructor only
        made = kind.__new__(kind)
        made.args = args
    except TypeError:
        from_data = getattr(kind, "from_exception_data", None)  # pydantic's, which has no other way in
        made = from_data(text, []) if from_data is not None else Exception(text)
    return made


def shadow(kind: LearnerClass, value: Any, handle: Handle, enum_name: str | None) -> Any:
    """Make a value of a class derived from plain data: it compares as the data it holds."""
    base = type(value)
    if base is bool:
        return value
    made_type = _shadow_type(kind, base)
    made = tuple.__new__(made_type, value) if base is tuple else made_type(value)
    made.__dict__.update(_coreskills_handle=handle, _coreskills_number=object.__getattribute__(handle, "_number"))
    if enum_name is not None:
        made.__dict__.update(name=enum_name, value=value)
    return made


def _shadow_type(kind: LearnerClass, base: type) -> Any:
    if kind.shadow is None:
        kind.shadow = type(kind.name, (Shadow, base), {"__module__": kind.module, "__qualname__": kind.qualname})
    return kind.shadow
