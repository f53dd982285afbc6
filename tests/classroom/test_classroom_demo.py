"""The scripted class, as a person starts it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def demo(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "coreskills", "demo", *options], capture_output=True, text=True, cwd=ROOT, timeout=280
    )


@pytest.mark.slow
def test_twelve_learners_get_what_their_work_is_worth() -> None:
    """Good work full marks, empty work none, partly right work in between; everybody gets a receipt and feedback."""
    done = demo("--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert len(rows) == 12
    by_kind = {kind: {row["auto"] for row in rows if row["kind"] == kind} for kind in ("good", "partly right", "empty")}
    assert by_kind["good"] == {18}
    assert by_kind["empty"] == {0}
    (partly,) = by_kind["partly right"]
    assert 18 * 0.4 <= partly < 18 * 0.7
    assert all(len(row["receipt"]) == 64 and row["feedback"] > 1000 for row in rows)


def test_an_unknown_lab_is_named_with_its_nearest() -> None:
    """The error says which lab there is."""
    done = demo("--lab", "b1-1-first-cal")
    assert done.returncode == 1
    assert "Did you mean 'b1-1-first-call'?" in done.stderr
    assert "Traceback" not in done.stderr
