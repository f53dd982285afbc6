"""pandas' tables on the wire, column by column with exact dtypes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from coreskills_widgets.candidate import codec, codec_numpy
from coreskills_widgets.candidate.codec import Decoder, Encoder, Wire, WireError

_EXTENSION_PREFIXES = ("str", "string", "Int", "UInt", "Float", "boolean", "datetime64[", "period[", "interval[")


def register() -> None:
    """Teach the codec; safe to repeat."""
    codec_numpy.register()
    codec.CONTAINERS[pd.DataFrame] = _write_frame
    codec.FILLERS["df"] = (lambda w: pd.DataFrame(), _fill_frame)
    codec.CONTAINERS[pd.Series] = lambda e, v: [
        "se",
        e.encode(v.name),
        _write_index(e, v.index),
        _write_values(e, v.array),
    ]
    codec.FILLERS["se"] = (lambda w: pd.Series(dtype=object), _fill_series)
    for kind in (pd.Index, pd.RangeIndex, pd.MultiIndex, pd.DatetimeIndex, pd.TimedeltaIndex, pd.CategoricalIndex):
        codec.ENCODERS[kind] = lambda e, v: ["ix", _write_index(e, v)]
    codec.DECODERS["ix"] = lambda d, w: _read_index(d, w[1])
    codec.ENCODERS[pd.Timestamp] = lambda e, v: [
        "pt",
        v.unit,
        int(v.as_unit(v.unit)._value),
        str(v.tz) if v.tz else None,
    ]
    codec.DECODERS["pt"] = lambda d, w: _read_timestamp(w)
    codec.ENCODERS[pd.Timedelta] = lambda e, v: ["pd", v.unit, int(v.as_unit(v.unit)._value)]
    codec.DECODERS["pd"] = lambda d, w: pd.Timedelta(np.timedelta64(w[2], w[1]))
    codec.ENCODERS[type(pd.NaT)] = lambda e, v: ["nat"]
    codec.DECODERS["nat"] = lambda d, w: pd.NaT
    codec.ENCODERS[type(pd.NA)] = lambda e, v: ["pna"]
    codec.DECODERS["pna"] = lambda d, w: pd.NA
    codec.ENCODERS[pd.Categorical] = lambda e, v: ["pa", _write_values(e, v)]
    codec.DECODERS["pa"] = lambda d, w: _read_values(d, w[1])


def _read_timestamp(wire: list[Any]) -> Any:
    stamp = pd.Timestamp(np.datetime64(wire[2], wire[1]))
    return stamp.tz_localize("UTC").tz_convert(wire[3]) if wire[3] else stamp


def _write_values(encoder: Encoder, values: Any) -> Wire:
    if isinstance(values, pd.arrays.NumpyExtensionArray):
        values = values.to_numpy()
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        codes = codec_numpy.write_array(encoder, np.asarray(values.codes))
        return ["cat", codes, _write_index(encoder, dtype.categories), bool(dtype.ordered)]
    if isinstance(dtype, np.dtype):
        return ["raw", codec_numpy.write_array(encoder, np.asarray(values))]
    if not str(dtype).startswith(_EXTENSION_PREFIXES):
        raise WireError(f"a column of dtype {dtype} does not cross by value; test .tolist() instead")
    return ["ext", str(dtype), encoder.all(values.tolist())]


def _read_values(decoder: Decoder, wire: list[Any]) -> Any:
    if wire[0] == "raw":
        return _read_array(decoder, wire[1])
    if wire[0] == "cat":
        codes = _read_array(decoder, wire[1])
        return pd.Categorical.from_codes(codes, categories=_read_index(decoder, wire[2]), ordered=wire[3])
    if not str(wire[1]).startswith(_EXTENSION_PREFIXES):
        raise WireError(f"not a column type: {wire[1]!r}")
    return pd.array(decoder.all(wire[2]), dtype=wire[1])


def _read_array(decoder: Decoder, wire: list[Any]) -> Any:
    make, fill = codec.FILLERS["na"]
    array = make(wire)
    fill(decoder, array, wire)
    return array


def _write_index(encoder: Encoder, index: Any) -> Wire:
    if isinstance(index, pd.RangeIndex):
        return ["range", encoder.encode(index.name), index.start, index.stop, index.step]
    if isinstance(index, pd.MultiIndex):
        return ["multi", encoder.all(index.names), encoder.all(index.tolist())]
    return ["flat", encoder.encode(index.name), _write_values(encoder, index.array)]


def _read_index(decoder: Decoder, wire: list[Any]) -> Any:
    if wire[0] == "range":
        return pd.RangeIndex(wire[2], wire[3], wire[4], name=decoder.decode(wire[1]))
    if wire[0] == "multi":
        return pd.MultiIndex.from_tuples(decoder.all(wire[2]), names=decoder.all(wire[1]))
    return pd.Index(_read_values(decoder, wire[2]), name=decoder.decode(wire[1]))


def _write_frame(encoder: Encoder, frame: Any) -> Wire:
    columns = [_write_values(encoder, frame.iloc[:, place].array) for place in range(frame.shape[1])]
    return ["df", _write_index(encoder, frame.index), _write_index(encoder, frame.columns), columns]


def _fill_frame(decoder: Decoder, target: Any, wire: list[Any]) -> None:
    index, names = _read_index(decoder, wire[1]), _read_index(decoder, wire[2])
    columns = {place: _read_values(decoder, column) for place, column in enumerate(wire[3])}
    frame = pd.DataFrame(columns, index=index)
    frame.columns = names
    target._update_inplace(frame)


def _fill_series(decoder: Decoder, target: Any, wire: list[Any]) -> None:
    index = _read_index(decoder, wire[2])
    target._update_inplace(pd.Series(_read_values(decoder, wire[3]), index=index, name=decoder.decode(wire[1])))
