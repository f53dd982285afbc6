"""Each open lab, done in a real JupyterLab: nothing fails but what is meant to, all is seen, axe finds no fault."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyterlab_harness import JupyterLab, accessibility_faults, chromium, classroom, command, jupyterlab, run_all
from playwright.sync_api import Page, expect
from solved_lab import solve

from coreskills.course import Lab, load_course
from coreskills_widgets.labs.serving import SERVER_PATH

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("labs-browser"),
    pytest.mark.timeout(300),
]

ROOT = Path(__file__).resolve().parents[2]
COURSE = load_course(ROOT)
# Between them: each widget, cells that fail on purpose, pictures, tables. All labs take minutes: they run in full.
EACH_TIME = {"0-1-start-here", "b1-4-sampling", "b4-2-retrieval", "b4-3-generation"}
LABS = [pytest.param(lab, id=lab.id, marks=[] if lab.id in EACH_TIME else pytest.mark.full) for lab in COURSE.open_labs]
# All cells in the page at once, as axe must see them; JupyterLab draws only what is in view otherwise.
DRAW_ALL = {"windowingMode": "none"}
RUN_S = 240
OPEN = ".jp-NotebookPanel:not(.lm-mod-hidden)"
READ = (f"{OPEN} .jp-RenderedMarkdown", f"{OPEN} .jp-OutputArea-output")
SHOTS = ROOT / "screenshots" / "labs"
_CELLS = """
() => window.jupyterapp.shell.currentWidget.content.widgets.filter(cell => cell.model.type === 'code').map(cell => ({
  id: cell.model.id,
  ran: cell.model.executionCount !== null,
  failed: cell.outputArea.model.toJSON().some(output => output.output_type === 'error'),
  noted: Boolean(cell.node.querySelector('.jp-coreskills-note > details')?.getClientRects().length),
}))
"""
_STOPPED = """
meant => {
  const notebook = window.jupyterapp.shell.currentWidget;
  const cells = notebook.content.widgets.filter(cell => cell.model.type === 'code');
  const isFailed = cell => cell.outputArea.model.toJSON().some(output => output.output_type === 'error');
  return cells.some(cell => isFailed(cell) && !meant.includes(cell.model.id)) ||
    (cells.every(cell => cell.model.executionCount) && notebook.sessionContext.session.kernel.status === 'idle');
}
"""
WIDGET = re.compile(r"^(CostMeter|RetrievalViewer|TraceViewer)\(", re.MULTILINE)
# Saved first: JupyterLab asks before it closes what is not.
_PUT_AWAY = """
async () => {
  const notebook = window.jupyterapp.shell.currentWidget;
  await notebook.context.save();
  await notebook.sessionContext.shutdown();
  notebook.dispose();
}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterLab]:
    """One JupyterLab for all labs, with a private gateway and the offline models."""
    folder: Path = tmp_path_factory.mktemp("labs")
    settings = folder / "jupyter" / "settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    (settings / "tracker.jupyterlab-settings").write_text(json.dumps(DRAW_ALL), encoding="utf-8")
    with (
        classroom(folder / "state") as room,
        jupyterlab(folder / "home", room=room, log=folder / "lab.log") as running,
    ):
        yield running


@pytest.fixture(scope="module")
def page(server: JupyterLab) -> Iterator[Page]:
    """One window for all labs."""
    window = chromium().new_context(viewport={"width": 1300, "height": 1000})
    page = window.new_page()
    page.goto(server.address())
    page.wait_for_function("() => window.jupyterapp", timeout=60_000)
    page.evaluate("async () => { await window.jupyterapp.restored; window.jupyterapp.shell.collapseLeft() }")
    yield page
    window.close()


@pytest.mark.parametrize("lab", LABS)
def test_a_learner_does_the_whole_lab(lab: Lab, server: JupyterLab, page: Page) -> None:
    """Run all; then look at failures, lines about calls, widgets, and what axe says about texts and outputs."""
    path = solve(COURSE, lab, into=server.folder)
    notebook = nbformat.read(server.folder / path, as_version=4)
    meant = [cell["id"] for cell in notebook.cells if "raises-exception" in cell.metadata.get("tags", [])]
    with opened(page, path):
        command(page, "notebook:run-all-cells")
        page.wait_for_function(_STOPPED, arg=meant, timeout=RUN_S * 1000)
        cells: list[dict[str, Any]] = page.evaluate(_CELLS)
        assert [cell["id"] for cell in cells if cell["failed"]] == meant
        assert [cell["id"] for cell in cells if not cell["ran"]] == []
        assert cells_that_called(server, lab) - {cell["id"] for cell in cells if cell["noted"]} == set()
        for cell in notebook.cells:
            if cell.cell_type == "code" and WIDGET.search(cell.source):
                look_at_widget(page, cell["id"])
        assert accessibility_faults(page, *READ) == []
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SHOTS / f"{lab.id}.png")


def look_at_widget(page: Page, cell_id: str) -> None:
    """It is painted, not an empty frame."""
    widget = cell_in(page, cell_id).locator(".jp-coreskills")
    expect(widget).to_be_visible()
    box = widget.bounding_box()
    assert box is not None
    assert box["height"] > 60, f"{cell_id}: the widget is not painted"


def cells_that_called(server: JupyterLab, lab: Lab) -> set[str]:
    """The cells whose calls to models the gateway metered: a line below them says so."""
    assert server.room.gateway is not None
    calls = server.room.gateway.ledger.calls(lab=lab.id)
    return {call.cell_id for call in calls if call.cell_id and call.is_model_call}


@contextmanager
def opened(page: Page, path: str) -> Iterator[None]:
    """Open a notebook in the window, drawn and with its kernel; put it away after."""
    page.evaluate("async path => { await window.jupyterapp.commands.execute('docmanager:open', {path}) }", path)
    page.wait_for_function(
        "path => { const shown = window.jupyterapp.shell.currentWidget; return shown?.context?.path === path &&"
        " shown.content.widgets?.length && shown.sessionContext.session?.kernel?.status === 'idle' }",
        arg=path,
        timeout=60_000,
    )
    try:
        yield
    finally:
        page.evaluate(_PUT_AWAY)


def cell_in(page: Page, cell_id: str) -> Any:
    """A cell of the notebook that is open."""
    index = page.evaluate(
        "id => window.jupyterapp.shell.currentWidget.content.widgets.findIndex(cell => cell.model.id === id)", cell_id
    )
    return page.locator(f"{OPEN} .jp-Notebook .jp-Cell").nth(index)


PAGE_CELLS = ("b44-setup", "b44-t1-given", "b44-t1-code", "b44-t2-code", "b44-t2-save", "b44-t3-code", "b44-t3-save")


@pytest.mark.full
def test_the_rag_app_is_used_in_a_browser(server: JupyterLab, page: Page) -> None:
    """As the text of B4.4 says: serve, follow the link through the learner's server, upload, ask; a second window."""
    lab = COURSE.lab("b4-4-rag-app")
    path = solve(COURSE, lab, into=server.folder / "served")
    solved = {cell["id"]: cell.source for cell in nbformat.read(server.folder / "served" / path, as_version=4).cells}
    in_the_hub = f"import os; os.environ[{SERVER_PATH!r}] = '/'"  # this server stands at the root
    serve = solved["b44-try-code"].removeprefix("# ")
    cells = [*(solved[name] for name in PAGE_CELLS), f"{in_the_hub}\n{serve}"]
    name = server.notebook(f"served/{lab.id}/page.ipynb", cells, kernel="coreskills")
    with opened(page, name):
        run_all(page, timeout_ms=RUN_S * 1000)
        link = page.get_by_role("link", name="Open your page in a new window")
        expect(link).to_be_visible()

        with page.context.expect_page() as coming:
            link.click()
        first = coming.value
        first.set_default_timeout(60_000)
        assert "/proxy/" in first.url
        policy = server.folder / "served" / lab.id / "kb" / "returns-policy.pdf"
        first.locator("input[type=file]").set_input_files(policy)
        first.get_by_label("Your question").fill("What is the return policy for unused goods?")
        first.get_by_role("button", name="Ask", exact=True).click()
        expect(first.get_by_text("60 days")).to_be_visible(timeout=60_000)
        expect(first.get_by_text("Source: returns-policy.pdf, page 2")).to_be_visible()
        SHOTS.mkdir(parents=True, exist_ok=True)
        first.screenshot(path=SHOTS / "b4-4-page.png", full_page=True)

        second = page.context.new_page()
        second.goto(first.url)
        expect(second.get_by_label("Your question")).to_be_visible(timeout=60_000)
        expect(second.get_by_text("60 days")).to_have_count(0)
        second.close()
        first.close()
