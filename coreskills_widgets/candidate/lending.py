"""How a candidate describes its own objects to the examiner, and meets the examiner's."""

from __future__ import annotations

import builtins
import dataclasses
import enum
import sys
import traceback
import types
from typing import Any

from coreskills_widgets.candidate import specials
from coreskills_widgets.candidate.codec import CONTAINERS, ENCODERS, Decoder, Encoder, Wire, WireError
from coreskills_widgets.candidate.doubles import Double, double_for
from coreskills_widgets.candidate.peer import Peer

MAX_TEXT = 20_000
_PLAIN_BASES = (bool, int, float, complex, str, bytes, tuple, frozenset, list, dict, set, bytearray)


def describe(kind: type) -> dict[str, Any]:
    """Say what the examiner must know of a class: names, library ancestors, what its objects can do."""
    row: dict[str, Any] = {
        "name": kind.__name__,
        "qualname": kind.__qualname__,
        "module": kind.__module__,
        "mro": [[c.__module__, c.__qualname__] for c in kind.__mro__ if c.__module__ == "builtins" or is_library(c)],
        "can": specials.of(kind),
        "eq": getattr(kind, "__eq__", None) is not getattr(object, "__eq__", None),
        "hash": kind.__hash__ is not None,
    }
    if dataclasses.is_dataclass(kind):
        row["record"] = "dataclass"
        row["fields"] = [f.name for f in dataclasses.fields(kind)]
        row["compared"] = [f.name for f in dataclasses.fields(kind) if f.compare] if _generated_eq(kind) else None
    elif hasattr(kind, "model_fields") and hasattr(kind, "model_dump"):
        row["record"] = "pydantic"
        row["fields"] = row["compared"] = list(kind.model_fields)
    return row


def is_library(kind: type) -> bool:
    """Say whether a class can be found under its name in a loaded module other than the notebook."""
    module = sys.modules.get(kind.__module__)
    if module is None or kind.__module__ == "__main__":
        return False
    return find(module, kind.__qualname__) is kind


def find(module: Any, qualname: str) -> Any:
    """Walk a dotted name; ``None`` where it leads nowhere."""
    value = module
    for part in qualname.split("."):
        value = getattr(value, part, None)
        if value is None:
            return None
    return value


def _generated_eq(kind: type) -> bool:
    code = getattr(kind.__eq__, "__code__", None)
    return (code is not None and code.co_filename == "<string>") or getattr(
        kind.__eq__, "__module__", ""
    ) == "dataclasses"


class CandidateLender(Peer):
    """Lends learner objects by number, with their class described once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._described: set[int] = set()
        self._sent: dict[int, int] = {}
        self._doubles: dict[int, Any] = {}

    # ---- out ----
    def lend(self, value: object, encoder: Encoder) -> Wire:
        if isinstance(value, Double):
            return ["m", object.__getattribute__(value, "_number")]
        if isinstance(value, BaseException):
            return self.encode_error(value, encoder)
        if isinstance(value, type):
            return self._lend_class(value)
        if isinstance(value, types.ModuleType):
            return ["mo", self._count(value), value.__name__]
        kind = type(value)
        base = next((b for b in kind.__mro__ if b in _PLAIN_BASES), None)
        if base is not None:
            return [
                "sh",
                self._count(value),
                self._class(kind),
                self._base_value(value, base, encoder),
                _enum_name(value),
            ]
        wire = ["h", self._count(value), self._class(kind)]
        if isinstance(value, (types.FunctionType, types.BuiltinFunctionType, types.MethodType)):
            wire.append([getattr(value, "__module__", None), getattr(value, "__qualname__", "")])
        elif isinstance(value, enum.Enum):
            wire.append([None, _enum_name(value), "enum"])
        return wire

    def _lend_class(self, kind: type) -> Wire:
        if (
            kind in ENCODERS
            or kind in CONTAINERS
            or kind in _PLAIN_BASES
            or (kind.__module__ == "builtins" and is_library(kind))
        ):
            return ["ty", kind.__module__, kind.__qualname__]
        return ["k", self._count(kind), self._class(kind), issubclass(kind, BaseException)]

    def _class(self, kind: type) -> Any:
        number = self.number(kind)
        if number in self._described:
            return number
        self._described.add(number)
        self._sent[number] = self._sent.get(number, 0) + 1_000_000  # classes stay
        return {"id": number, **describe(kind)}

    def _count(self, value: object) -> int:
        number = self.number(value)
        self._sent[number] = self._sent.get(number, 0) + 1
        return number

    def _base_value(self, value: Any, base: type, encoder: Encoder) -> Wire:
        """Encode what an object of a derived class holds as plain data, without asking its own methods."""
        if base in (tuple, list, set, frozenset):
            plain = [*base.__iter__(value)]
            return encoder.encode(tuple(plain) if base is tuple else base(plain))
        if base is dict:
            return encoder.encode(dict(dict.items(value)))
        if base is bool:
            return bool(value)
        if base is str:
            return str.__add__("", value)
        if base in (int, float):
            return encoder.encode(base.__pos__(value))
        return encoder.encode(base(value))

    def released(self, number: int, times: int) -> None:
        self._sent[number] = self._sent.get(number, 0) - times
        if self._sent[number] <= 0:
            self._sent.pop(number)
            self.forget(number)

    def encode_error(self, error: BaseException, encoder: Encoder) -> Wire:
        theirs = getattr(error, "_coreskills_number", None)
        if isinstance(theirs, int):
            return ["m", theirs]
        kind = type(error)
        state = {k: v for k, v in vars(error).items() if isinstance(k, str) and not k.startswith("__")}
        if isinstance(error, OSError) and error.filename is not None:
            state["filename"] = error.filename  # neither in its dictionary nor in its arguments
        return [
            "x",
            self._count(error),
            self._class(kind),
            _args(error, encoder),
            _text(error),
            _attributes(state, encoder),
            _trace(error),
        ]

    # ---- in ----
    def borrow(self, wire: list[Any], decoder: Decoder) -> Any:
        tag = wire[0]
        if tag == "m":
            return self.owned(wire[1])
        if tag == "h":
            if wire[1] not in self._doubles:
                self._doubles[wire[1]] = double_for(self, wire[1], wire[2], wire[3])
            return self._doubles[wire[1]]
        if tag == "ref":
            return _library(wire[1], wire[2])
        if tag == "py":
            kind = _library(wire[1], wire[2])
            return kind.model_construct(set(wire[4]), **{name: decoder.decode(item) for name, item in wire[3].items()})
        if tag == "x":
            return self.decode_error(wire, decoder)
        raise WireError(f"unknown tag {tag!r}")

    def decode_error(self, wire: Wire, decoder: Decoder) -> BaseException:
        if wire[0] == "m":
            error = self.owned(wire[1])
            return error if isinstance(error, BaseException) else error()
        _, number, names, args, text, state = wire[:6]
        for module, qualname in names:
            kind = (
                getattr(builtins, qualname, None)
                if module == "builtins"
                else _library(module, qualname, missing_ok=True)
            )
            if isinstance(kind, type) and issubclass(kind, BaseException):
                error = kind.__new__(kind)
                error.args = tuple(decoder.all(args))
                for name, item in state.items():
                    _set(error, name, decoder.decode(item))
                _set(error, "_coreskills_number", number)
                return error
        return RemoteError(number, text)


class RemoteError(Exception):
    """An exception of the examiner whose class the candidate does not know."""

    def __init__(self, number: int, text: str) -> None:
        super().__init__(text)
        self._coreskills_number = number


def _library(module: str, qualname: str, *, missing_ok: bool = False) -> Any:
    """Find what the examiner names in an installed module."""
    import importlib

    try:
        value = importlib.import_module(module)
    except ImportError:
        if missing_ok:
            return None
        raise
    return find(value, qualname) if qualname else value


def _set(error: BaseException, name: str, value: Any) -> None:
    try:
        setattr(error, name, value)
    except (AttributeError, TypeError):
        return  # read-only on this class: its args carry it


def _args(error: BaseException, encoder: Encoder) -> list[Wire]:
    args = getattr(error, "args", ())
    return encoder.all(args if type(args) is tuple else ())


def _attributes(state: dict[str, Any], encoder: Encoder) -> dict[str, Wire]:
    return {name: encoder.encode(value) for name, value in state.items()}


def _text(error: BaseException) -> str:
    try:
        return str(error)[:MAX_TEXT]
    except Exception:  # noqa: BLE001 - the learner's own __str__
        return f"<{type(error).__name__} whose text cannot be read>"


def _trace(error: BaseException) -> str:
    """Write the learner's part of a traceback: their cells, not our machinery."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "coreskills_widgets/candidate" not in f.filename]
    lines = traceback.StackSummary.from_list(frames[-12:]).format()
    return "".join(lines)[-MAX_TEXT:]


def _enum_name(value: Any) -> str | None:
    return value._name_ if isinstance(value, enum.Enum) and isinstance(value._name_, str) else None
