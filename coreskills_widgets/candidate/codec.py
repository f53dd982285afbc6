"""Values on the wire: plain data by value, with its exact type; everything else is lent by number.

An atom (None, bool, int, float, str) stands for itself; anything else is ``[tag, ...]``. Mutable containers lie in a
heap beside the value and are referred to by place, so that sharing, cycles and changes made by the other side survive.
Never pickle: what is decoded is data, whoever wrote it.
"""

from __future__ import annotations

import base64
import collections
import datetime as dt
import pathlib
import re
import types
import uuid
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

Wire = Any
MAX_DEPTH = 100
_SMALL = 1 << 63


class WireError(ValueError):
    """A value that cannot cross, or a message that is not one of ours."""


class Lender:
    """Knows what to do with a value that is not plain data; each side has its own."""

    def lend(self, value: object, encoder: Encoder) -> Wire:
        raise NotImplementedError

    def borrow(self, wire: list[Any], decoder: Decoder) -> Any:
        raise NotImplementedError


class Encoder:
    """Encodes the values of one message.

    Attributes:
        heap: Encoded mutable containers; ``kept`` holds the originals in the same order.
    """

    def __init__(self, lender: Lender) -> None:
        self._lender = lender
        self._places: dict[int, int] = {}
        self._depth = 0
        self.heap: list[Wire] = []
        self.kept: list[Any] = []

    def encode(self, value: Any) -> Wire:
        kind = type(value)
        if kind is str or kind is bool or value is None or kind is float:
            return value
        if kind is int:
            return value if -_SMALL < value < _SMALL else ["i", hex(value)]
        if self._depth > MAX_DEPTH:
            raise WireError(f"data nested deeper than {MAX_DEPTH} levels")
        self._depth += 1
        try:
            if (write := CONTAINERS.get(kind)) is not None:
                return self._place(value, write)
            if (plain := ENCODERS.get(kind)) is not None or (plain := _by_library(kind)) is not None:
                return plain(self, value)
            return self._lender.lend(value, self)
        finally:
            self._depth -= 1

    def all(self, values: Any) -> list[Wire]:
        return [self.encode(value) for value in values]

    def know(self, places: dict[int, int]) -> None:
        """Refer to these containers, by identity, instead of sending them."""
        self._places.update(places)

    def _place(self, value: Any, write: Callable[[Encoder, Any], Wire]) -> Wire:
        place = self._places.get(id(value))
        if place is None:
            place = self._places[id(value)] = len(self.heap)
            self.heap.append(None)
            self.kept.append(value)
            self.heap[place] = write(self, value)
        return ["@", place]


class Decoder:
    """Decodes the values of one message.

    Args:
        heap: The message's heap, as sent.
    """

    def __init__(self, lender: Lender, heap: list[Wire] | None = None) -> None:
        self._lender = lender
        self._heap = heap or []
        self._built: dict[int, Any] = {}

    def decode(self, wire: Wire) -> Any:
        if type(wire) is not list:
            if type(wire) is dict:
                raise WireError("a bare object on the wire")
            return wire
        tag = wire[0]
        if tag == "@":
            return self._container(wire[1])
        if tag in _LIBRARY_OF:
            _learn(tag)
        if (read := DECODERS.get(tag)) is not None:
            return read(self, wire)
        return self._lender.borrow(wire, self)

    def all(self, wires: list[Wire]) -> list[Any]:
        return [self.decode(wire) for wire in wires]

    def fill(self, target: Any, wire: Wire) -> None:
        """Write an encoded container's content into ``target``, in place."""
        _, fill = FILLERS[wire[0]]
        fill(self, target, wire)

    def _container(self, place: int) -> Any:
        if place in self._built:
            return self._built[place]
        wire = self._heap[place]
        if wire[0] in _LIBRARY_OF:
            _learn(wire[0])
        make, fill = FILLERS[wire[0]]
        self._built[place] = target = make(wire)
        fill(self, target, wire)
        return target

    @property
    def built(self) -> dict[int, Any]:
        """The mutable containers of this message by place."""
        return self._built


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def raw(data: str) -> bytes:
    return base64.b64decode(data)


# ---- immutable kinds ----
ENCODERS: dict[type, Callable[[Encoder, Any], Wire]] = {
    tuple: lambda e, v: ["t", *e.all(v)],
    frozenset: lambda e, v: ["fs", *e.all(v)],
    bytes: lambda e, v: ["b", text(v)],
    complex: lambda e, v: ["c", v.real, v.imag],
    Decimal: lambda e, v: ["D", str(v)],
    Fraction: lambda e, v: ["F", hex(v.numerator), hex(v.denominator)],
    dt.datetime: lambda e, v: ["dt", v.replace(tzinfo=None).isoformat(), v.fold, e.encode(v.tzinfo)],
    dt.date: lambda e, v: ["da", v.isoformat()],
    dt.time: lambda e, v: ["ti", v.replace(tzinfo=None).isoformat(), v.fold, e.encode(v.tzinfo)],
    dt.timedelta: lambda e, v: ["td", v.days, v.seconds, v.microseconds],
    dt.timezone: lambda e, v: ["tz", v.utcoffset(None).total_seconds()],
    uuid.UUID: lambda e, v: ["u", v.hex],
    range: lambda e, v: ["r", e.encode(v.start), e.encode(v.stop), e.encode(v.step)],
    slice: lambda e, v: ["sl", e.encode(v.start), e.encode(v.stop), e.encode(v.step)],
    type(...): lambda e, v: ["..."],
    type(NotImplemented): lambda e, v: ["ni"],
    re.Pattern: lambda e, v: ["re", e.encode(v.pattern), v.flags],
    pathlib.PosixPath: lambda e, v: ["p", str(v)],
    pathlib.PurePosixPath: lambda e, v: ["pp", str(v)],
    pathlib.PureWindowsPath: lambda e, v: ["pw", str(v)],
}
DECODERS: dict[str, Callable[[Decoder, list[Any]], Any]] = {
    "i": lambda d, w: int(w[1], 16),
    "t": lambda d, w: tuple(d.all(w[1:])),
    "fs": lambda d, w: frozenset(d.all(w[1:])),
    "b": lambda d, w: raw(w[1]),
    "c": lambda d, w: complex(w[1], w[2]),
    "D": lambda d, w: Decimal(w[1]),
    "F": lambda d, w: Fraction(int(w[1], 16), int(w[2], 16)),
    "dt": lambda d, w: dt.datetime.fromisoformat(w[1]).replace(tzinfo=_zone(d, w[3]), fold=w[2]),
    "da": lambda d, w: dt.date.fromisoformat(w[1]),
    "ti": lambda d, w: dt.time.fromisoformat(w[1]).replace(tzinfo=_zone(d, w[3]), fold=w[2]),
    "td": lambda d, w: dt.timedelta(w[1], w[2], w[3]),
    "tz": lambda d, w: dt.timezone(dt.timedelta(seconds=w[1])),
    "u": lambda d, w: uuid.UUID(hex=w[1]),
    "r": lambda d, w: range(*d.all(w[1:])),
    "sl": lambda d, w: slice(*d.all(w[1:])),
    "...": lambda d, w: ...,
    "ni": lambda d, w: NotImplemented,
    "re": lambda d, w: re.compile(d.decode(w[1]), w[2]),
    "p": lambda d, w: pathlib.Path(w[1]),
    "pp": lambda d, w: pathlib.PurePosixPath(w[1]),
    "pw": lambda d, w: pathlib.PureWindowsPath(w[1]),
    "zi": lambda d, w: _zoneinfo(w[1]),
}


def _zone(decoder: Decoder, wire: Wire) -> dt.tzinfo | None:
    zone = decoder.decode(wire)
    return zone if isinstance(zone, dt.tzinfo) else None


def _zoneinfo(key: str) -> dt.tzinfo:
    import zoneinfo

    return zoneinfo.ZoneInfo(key)


# ---- mutable kinds: encoded into the heap, built empty, then filled ----
def _pairs(encoder: Encoder, value: Any) -> list[Wire]:
    return [[encoder.encode(key), encoder.encode(item)] for key, item in value.items()]


def _fill_list(decoder: Decoder, target: Any, wire: list[Any]) -> None:
    target[:] = decoder.all(wire[1:])


def _fill_dict(decoder: Decoder, target: Any, wire: list[Any]) -> None:
    items = [(decoder.decode(key), decoder.decode(item)) for key, item in wire[1:]]
    target.clear()
    for key, item in items:
        target[key] = item


def _fill_set(decoder: Decoder, target: Any, wire: list[Any]) -> None:
    items = decoder.all(wire[1:])
    target.clear()
    target.update(items)


def _fill_deque(decoder: Decoder, target: Any, wire: list[Any]) -> None:
    items = decoder.all(wire[2:])
    target.clear()
    target.extend(items)


def _fill_bytes(decoder: Decoder, target: Any, wire: list[Any]) -> None:
    target[:] = raw(wire[1])


def _fill_space(decoder: Decoder, target: Any, wire: list[Any]) -> None:
    items = {str(decoder.decode(key)): decoder.decode(item) for key, item in wire[1:]}
    vars(target).clear()
    vars(target).update(items)


CONTAINERS: dict[type, Callable[[Encoder, Any], Wire]] = {
    list: lambda e, v: ["l", *e.all(v)],
    dict: lambda e, v: ["d", *_pairs(e, v)],
    set: lambda e, v: ["s", *e.all(v)],
    bytearray: lambda e, v: ["ba", text(bytes(v))],
    collections.OrderedDict: lambda e, v: ["od", *_pairs(e, v)],
    collections.defaultdict: lambda e, v: ["dd", *_pairs(e, v)],
    collections.Counter: lambda e, v: ["ct", *_pairs(e, v)],
    collections.deque: lambda e, v: ["dq", v.maxlen, *e.all(v)],
    types.SimpleNamespace: lambda e, v: ["sn", *_pairs(e, vars(v))],
}
_Maker = tuple[Callable[[list[Any]], Any], Callable[[Decoder, Any, list[Any]], None]]
FILLERS: dict[str, _Maker] = {
    "l": (lambda w: [], _fill_list),
    "d": (lambda w: {}, _fill_dict),
    "s": (lambda w: set(), _fill_set),
    "ba": (lambda w: bytearray(), _fill_bytes),
    "od": (lambda w: collections.OrderedDict(), _fill_dict),
    "dd": (lambda w: collections.defaultdict(None), _fill_dict),
    "ct": (lambda w: collections.Counter(), _fill_dict),
    "dq": (lambda w: collections.deque(maxlen=w[1]), _fill_deque),
    "sn": (lambda w: types.SimpleNamespace(), _fill_space),
}


# What a side may be sent before it has sent anything of that library itself.
_LIBRARY_OF = {
    **dict.fromkeys(("na", "ns", "nd"), "numpy"),
    **dict.fromkeys(("df", "se", "ix", "pt", "pd", "nat", "pna", "pa"), "pandas"),
}


def _learn(tag: str) -> None:
    """Learn the library that a tag belongs to, if it is not known yet."""
    if tag in FILLERS or tag in DECODERS:
        return
    if _LIBRARY_OF[tag] == "numpy":
        from coreskills_widgets.candidate import codec_numpy

        codec_numpy.register()
    else:
        from coreskills_widgets.candidate import codec_pandas

        codec_pandas.register()


def _by_library(kind: type) -> Callable[[Encoder, Any], Wire] | None:
    """Learn a library's types the first time one of them is met."""
    top = kind.__module__.partition(".")[0]
    if top == "numpy":
        from coreskills_widgets.candidate import codec_numpy

        codec_numpy.register()
    elif top == "pandas":
        from coreskills_widgets.candidate import codec_pandas

        codec_pandas.register()
    elif top == "zoneinfo":
        ENCODERS[kind] = lambda e, v: ["zi", v.key]
    if kind in CONTAINERS:
        return lambda encoder, value: encoder._place(value, CONTAINERS[kind])
    return ENCODERS.get(kind)
