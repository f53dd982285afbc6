"""Values survive the trip over the wire, with their exact types."""

from __future__ import annotations

import collections
import datetime as dt
import json
import math
import pathlib
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coreskills_widgets.candidate.codec import Decoder, Encoder, Lender, WireError


class NoLender(Lender):
    """Refuses what is not plain data."""

    def lend(self, value: object, encoder: Encoder) -> Any:
        raise WireError(f"not plain: {value!r}")

    def borrow(self, wire: list[Any], decoder: Decoder) -> Any:
        raise WireError(f"unknown: {wire!r}")


def trip(value: Any) -> Any:
    """There and back, through JSON as on the real wire."""
    encoder = Encoder(NoLender())
    wire = json.loads(json.dumps({"value": encoder.encode(value), "heap": encoder.heap}))
    return Decoder(NoLender(), wire["heap"]).decode(wire["value"])


def same(one: Any, other: Any) -> bool:
    """Equal, of the same type, nan equal to nan."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        is_nan = one != one and other != other  # the sign of a nan is lost
        return is_nan or (one == other and math.copysign(1, one) == math.copysign(1, other))
    if isinstance(one, list | tuple | collections.deque):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    return bool(one == other)


atoms = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters(exclude_categories=[])), st.binary(),
    st.decimals(allow_nan=False), st.fractions(), st.dates(), st.times(), st.datetimes(), st.timedeltas(), st.uuids(),
    st.complex_numbers(allow_nan=False), st.builds(pathlib.Path, st.text("abc/.", min_size=1)),
)  # fmt: skip
hashable = st.one_of(st.integers(), st.text(), st.booleans(), st.tuples(st.integers(), st.text()))
plain = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.lists(inner), st.tuples(inner, inner), st.dictionaries(hashable, inner), st.sets(hashable),
        st.frozensets(hashable), st.builds(collections.deque, st.lists(inner)),
        st.builds(collections.OrderedDict, st.dictionaries(hashable, inner)),
    ),
    max_leaves=20,
)  # fmt: skip


@given(plain)
@settings(max_examples=300, deadline=None)
def test_plain_data_survives(value: Any) -> None:
    """Whatever is plain arrives equal and of the same type."""
    assert same(trip(value), value)


@given(
    st.sampled_from(["<i8", "<f4", "|b1", "<U7", "|S3", "<M8[ns]", "<c16", "|u1"]),
    st.lists(st.integers(0, 3), max_size=3),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=100, deadline=None)
def test_arrays_survive(dtype: str, shape: list[int], seed: int) -> None:
    """dtype, shape and every bit arrive."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    data = np.random.default_rng(seed).integers(0, 2, size).astype("u1").tobytes()
    array = np.frombuffer(data, dtype=dtype).reshape(shape)
    arrived = trip(array)
    assert (arrived.dtype, arrived.shape, arrived.tobytes()) == (array.dtype, array.shape, array.tobytes())


@pytest.mark.parametrize(
    "table",
    [
        pytest.param(pd.DataFrame({"n": [1, 2], "x": [0.5, None], "s": ["a", None]}), id="numbers and text"),
        pytest.param(pd.DataFrame({"cost": [Decimal("0.10"), Decimal(2)]}), id="Decimal objects"),
        pytest.param(
            pd.DataFrame({"t": pd.date_range("2026-01-01", periods=3, tz="Europe/Oslo")}), id="times with a zone"
        ),
        pytest.param(pd.DataFrame({"c": pd.Categorical(["b", "a", "b"], ordered=True)}), id="categories"),
        pytest.param(pd.DataFrame({"i": pd.array([1, None], dtype="Int64")}), id="nullable integers"),
        pytest.param(
            pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", 1), ("a", 2)])), id="two header rows"
        ),
        pytest.param(pd.DataFrame({"a": [1]}, index=pd.Index(["x"], name="key")), id="a named index"),
        pytest.param(pd.DataFrame(), id="nothing"),
    ],
)
def test_tables_survive(table: pd.DataFrame) -> None:
    """Columns, index and exact dtypes arrive."""
    pd.testing.assert_frame_equal(trip(table), table)


def test_sharing_and_cycles_survive() -> None:
    """Two names of one list stay one list; a list that holds itself does so on the other side."""
    inner: list[Any] = [1]
    ring: list[Any] = [inner, inner]
    ring.append(ring)
    arrived = trip(ring)
    assert arrived[0] is arrived[1]
    assert arrived[2] is arrived


@pytest.mark.parametrize(
    "wire",
    [
        pytest.param(["na", "O8", [2], ""], id="an array of objects by another name"),
        pytest.param(["na", "<i8", [10**9], "AAAA"], id="an array larger than its bytes"),
        pytest.param(["nope", 1], id="an unknown tag"),
        pytest.param({"a": 1}, id="a bare object"),
    ],
)
def test_forged_data_is_refused(wire: Any) -> None:
    """What an honest encoder never writes is an error, not an object."""
    place = ["@", 0] if isinstance(wire, list) and wire[0] == "na" else wire
    decoder = Decoder(NoLender(), [wire])
    with pytest.raises(WireError):
        decoder.decode(place)


def test_numbers_and_times_with_types_of_their_own_survive() -> None:
    """numpy's scalars, pandas' stamps and Fraction keep their types."""
    for value in (
        np.float64(0.5),
        np.int32(3),
        np.bool_(True),
        Fraction(1, 3),
        pd.Timestamp("2026-01-01T12:00:00.123456789"),
    ):
        assert type(trip(value)) is type(value)
        assert trip(value) == value
    assert trip(dt.datetime(2026, 1, 1, tzinfo=dt.UTC)) == dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
