"""What a check of a lab says of good and of bad labs."""

from __future__ import annotations

import pytest

from coreskills.checking.report import LabReport


def good() -> LabReport:
    """A lab with nothing wrong."""
    return LabReport(
        "x", max=18, reference=18, empty=0, toy=12, bad={"a": 15, "b": 16, "c": 9}, alternatives={"d": 18, "e": 18}
    )


def test_good_lab_is_ok() -> None:
    """Nothing wrong, no problem."""
    assert good().problems == []
    assert good().to_json()["ok"] is True


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("reference", 17, "the reference gets 17 of 18"),
        ("empty", 1, "an empty notebook gets 1 of 18, not 0"),
        ("toy", 7, "the toy gets 39 %, not 40 to 69 %"),
        ("toy", 13, "the toy gets 72 %, not 40 to 69 %"),
        ("toy", None, "there is no toy solution"),
        ("bad", {"a": 1, "b": 2}, "there are 2 bad solutions; 3 are asked for"),
        ("alternatives", {"d": 18}, "there are 1 alternative solutions; 2 are asked for"),
        ("alternatives", {"d": 18, "e": 17}, "e, a correct solution, gets 17 of 18"),
        ("uncaught", {"a": ["x-hidden"]}, "a is not caught by x-hidden"),
        ("toy_lost_visible", ["x-check: no"], "the toy fails the visible check x-check: no"),
        ("misses", ["no such request"], "no recording: no such request"),
        ("orphans", ["x.json number 1"], "nothing plays 1 recordings, among them x.json number 1"),
        ("release", ["x.ipynb: released in another version"], "release is stale: x.ipynb: released in another version"),
        ("errors", ["no gateway"], "no gateway"),
    ],
)
def test_each_fault_is_a_problem(field: str, value: object, says: str) -> None:
    """One fault, one sentence with its values."""
    report = good()
    setattr(report, field, value)
    assert says in report.problems
    assert report.to_json()["ok"] is False


@pytest.mark.parametrize("toy", [8, 9, 12], ids=["44 percent", "50 percent", "66 percent"])
def test_toys_between_the_bounds_are_fine(toy: int) -> None:
    """40 to 69 percent of the automatic points."""
    report = good()
    report.toy = toy
    assert report.ok
