"""numpy's arrays, scalars and dtypes on the wire."""

from __future__ import annotations

from typing import Any

import numpy as np

from coreskills_widgets.candidate import codec
from coreskills_widgets.candidate.codec import Decoder, Encoder, Wire, WireError

_PLAIN_KINDS = "biufcmMSU?"


def register() -> None:
    """Teach the codec; safe to repeat."""
    codec.CONTAINERS[np.ndarray] = write_array
    codec.FILLERS["na"] = (_empty, _fill)
    for scalar in {t for t in np.sctypeDict.values() if t not in (np.object_, np.void)}:
        codec.ENCODERS[scalar] = _write_scalar
    codec.DECODERS["ns"] = lambda d, w: np.frombuffer(codec.raw(w[2]), dtype=plain_dtype(w[1]))[0]
    for name in dir(np.dtypes):
        kind = getattr(np.dtypes, name)
        if isinstance(kind, type) and issubclass(kind, np.dtype):
            codec.ENCODERS[kind] = lambda e, v: ["nd", v.str]
    codec.DECODERS["nd"] = lambda d, w: np.dtype(w[1])


def plain_dtype(name: Any) -> np.dtype[Any]:
    """Read a dtype that holds no Python objects.

    Raises:
        WireError: It does, or is none.
    """
    try:
        dtype = np.dtype(str(name))
    except TypeError as error:
        raise WireError(f"not a dtype: {name!r}") from error
    if dtype.hasobject or dtype.kind not in _PLAIN_KINDS:
        raise WireError(f"arrays of dtype {name!r} do not cross by value")
    return dtype


def write_array(encoder: Encoder, value: np.ndarray[Any, Any]) -> Wire:
    """Encode an array; one of objects goes element by element."""
    if value.dtype.hasobject:
        return ["na", "O", list(value.shape), encoder.all(value.ravel().tolist())]
    if value.dtype.kind not in _PLAIN_KINDS:
        raise WireError(f"arrays of dtype {value.dtype} do not cross by value; test a column or .tolist() instead")
    return ["na", value.dtype.str, list(value.shape), codec.text(np.ascontiguousarray(value).tobytes())]


def _write_scalar(encoder: Encoder, value: Any) -> Wire:
    return ["ns", value.dtype.str, codec.text(value.tobytes())]


def _empty(wire: list[Any]) -> np.ndarray[Any, Any]:
    dtype = np.dtype(object) if wire[1] == "O" else plain_dtype(wire[1])
    if wire[1] != "O" and len(wire[3]) * 3 // 4 + 8 < int(np.prod(wire[2], dtype=object)) * dtype.itemsize:
        raise WireError("an array announces more than it carries")
    return np.empty(tuple(wire[2]), dtype=dtype)


def _fill(decoder: Decoder, target: np.ndarray[Any, Any], wire: list[Any]) -> None:
    if wire[1] == "O":
        flat = target.reshape(-1)
        for place, item in enumerate(decoder.all(wire[3])):
            flat[place] = item
        return
    target[...] = np.frombuffer(codec.raw(wire[3]), dtype=plain_dtype(wire[1])).reshape(tuple(wire[2]))
