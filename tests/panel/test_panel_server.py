"""The panel's data: the service's view, laid over what is on this disk; no token in any answer."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import panel_states
import pytest

from coreskills_widgets.server.panel import Panel, overlay
from coreskills_widgets.server.validate import judge

OK = {"state": "ok", "as_of_utc": "", "trouble": ""}
LAB = "b1-2-cost-calculator"


def fetched(root: Path, lab: str = LAB) -> Path:
    """A learner's copy of a lab."""
    path = root / lab / f"{lab}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    return path


def lab_of(panel: dict[str, Any], lab: str = LAB) -> dict[str, Any]:
    """One lab of a panel."""
    return next(row for module in panel["modules"] for row in module["labs"] if row["id"] == lab)


def test_a_lab_that_is_not_here_is_new_and_fetched_next(tmp_path: Path) -> None:
    """The service remembers a fetch, the disk decides: a deleted folder can be fetched again."""
    shown = overlay(panel_states.WORKING, root=tmp_path, checks={}, service=OK)
    assert (lab_of(shown)["state"], lab_of(shown)["path"]) == ("new", None)
    assert shown["next"] == {"lab_id": LAB, "action": "fetch", "reason": "You have begun it."}


@pytest.mark.parametrize(
    ("checks", "state", "action"),
    [
        pytest.param({}, "fetched", "open", id="nothing-run-yet"),
        pytest.param({"checks_ok": 5, "checks_n": 8}, "in_progress", "validate", id="some-pass"),
        pytest.param({"checks_ok": 8, "checks_n": 8}, "in_progress", "submit", id="all-pass"),
    ],
)
def test_the_next_step_follows_the_checks(tmp_path: Path, checks: dict[str, int], state: str, action: str) -> None:
    """Open, then Validate, then Submit."""
    fetched(tmp_path)
    shown = overlay(panel_states.WORKING, root=tmp_path, checks={LAB: checks} if checks else {}, service=OK)
    assert (lab_of(shown)["state"], shown["next"]["action"]) == (state, action)


def test_a_graded_lab_keeps_the_services_state(tmp_path: Path) -> None:
    """What grading found is not overruled by files."""
    fetched(tmp_path, "b1-1-first-call")
    shown = overlay(panel_states.WORKING, root=tmp_path, checks={}, service=OK)
    assert lab_of(shown, "b1-1-first-call")["state"] == "passed"


def test_without_a_classroom_the_labs_on_disk_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is wrong then: the panel offers what is here."""
    for name in ("CORESKILLS_SERVICE_URL", "CORESKILLS_SERVICE_TOKEN", "JUPYTERHUB_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    fetched(tmp_path)
    with ThreadPoolExecutor(1) as thread:  # the browser's tests leave a loop running in this one
        shown = thread.submit(lambda: asyncio.run(Panel(tmp_path).read())).result()
    assert (shown["has_classroom"], shown["service"]["state"]) == (False, "ok")
    assert shown["next"] == {"lab_id": LAB, "action": "open", "reason": ""}
    assert lab_of(shown)["path"] == f"{LAB}/{LAB}.ipynb"


def test_checks_are_remembered_and_a_damaged_memory_is_forgotten(tmp_path: Path) -> None:
    """A broken file never breaks the panel."""
    panel = Panel(tmp_path)
    panel.remember_checks(LAB, {"checks_ok": 5, "checks_n": 8})
    assert Panel(tmp_path).checks() == {LAB: {"checks_ok": 5, "checks_n": 8}}
    (tmp_path / ".coreskills-panel.json").write_text("{broken")
    assert Panel(tmp_path).checks() == {}


def test_a_link_out_of_the_folder_is_no_lab(tmp_path: Path) -> None:
    """A notebook that leads elsewhere is not offered."""
    root, outside = tmp_path / "home", fetched(tmp_path / "elsewhere")
    (root / LAB).mkdir(parents=True)
    (root / LAB / f"{LAB}.ipynb").symlink_to(outside)
    assert Panel(root).notebook(LAB) is None


def check(grade_id: str, source: str, *outputs: Any) -> Any:
    """A graded cell that has run."""
    cell = nbformat.v4.new_code_cell(source, execution_count=1, outputs=list(outputs))
    cell.metadata.nbgrader = {"grade": True, "grade_id": grade_id, "points": 1, "locked": True, "solution": False}
    return cell


def test_validate_counts_the_checks_one_can_see() -> None:
    """Hidden checks leave a comment in a released lab; they are not counted as passed."""
    error = nbformat.v4.new_output("error", ename="AssertionError", evalue="price_call gave 0", traceback=[])
    content = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("## Task 2 (5 points): from tokens to money"),
            check("t2-check", "assert price_call('x') is None", error),
            check("t2-hidden", "# Checked at grading: models without a price."),
            check("t3-check", "assert True"),
        ]
    )
    found = judge(content)
    assert (found["checks_ok"], found["checks_n"]) == (1, 2)
    assert found["failed"] == [
        {
            "title": "Task 2: from tokens to money (t2-check)",
            "cell_id": content.cells[1].id,
            "message": "price_call gave 0",
        }
    ]
