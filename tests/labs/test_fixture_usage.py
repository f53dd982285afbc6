"""F13, the usage log of A1.3: what its data card promises is planted, and the file is what the script makes."""

from __future__ import annotations

import importlib.util
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "source" / "a1-3-cost-dashboard"


@pytest.fixture(scope="module")
def usage() -> ModuleType:
    """The fixture script, as a module."""
    spec = importlib.util.spec_from_file_location("fixtures_usage", ROOT / "fixtures" / "usage.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_log_is_what_its_script_makes(usage: ModuleType, tmp_path: Path) -> None:
    """The lab's file comes out of the script again, byte for byte."""
    usage.main(tmp_path)
    assert (tmp_path / "usage_log.jsonl").read_bytes() == (SOURCE / "usage_log.jsonl").read_bytes()


def test_log_has_its_planted_faults(usage: ModuleType) -> None:
    """Repeats, failures, unknown prices, late calls, a hostile name, a silent and a dear day."""
    lines = usage.make_calls()
    calls = {call["request_id"]: call for call in lines}.values()
    days = Counter(call["time_utc"][:10] for call in calls)
    failed = [call for call in calls if call["status"] != 200]
    unpriced = Counter(call["status"] == 200 for call in calls if call["model"] == usage.UNPRICED)
    assert (len(lines), len(calls)) == (1036, 1022)
    assert len(failed) == 36
    assert all(call["input_tokens"] is None for call in failed)
    assert unpriced == {True: 9, False: 1}
    assert sum(call["time_utc"].endswith("T23:30:00Z") for call in calls) == 5
    assert Counter(call["user"] for call in calls)[usage.HOSTILE_USER] == 18
    assert len(days) == 29
    assert usage.SILENT_DAY not in days
    assert [call["time_utc"] for call in lines] != sorted(call["time_utc"] for call in lines)


def test_clean_week_is_clean(usage: ModuleType) -> None:
    """What the visible check adds up has no repeat, no failure and no unknown price."""
    first, last = usage.CLEAN_WEEK
    week = [call for call in usage.make_calls() if first <= call["time_utc"][:10] <= last]
    assert len(week) == len({call["request_id"] for call in week}) == 229
    assert {call["status"] for call in week} == {200}
    assert usage.UNPRICED not in {call["model"] for call in week}
