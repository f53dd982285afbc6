"""Widgets, cell note and status bar while kernels, gateways and pages come and go."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import gallery
import pytest
from jupyterlab_harness import JupyterLab, classroom, jupyterlab, open_notebook, run_all
from playwright.sync_api import Browser, Locator, Page, expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("widgets-browser"),
    pytest.mark.timeout(240),
]

STDERR = "[data-mime-type='application/vnd.jupyter.stderr']"
SHOTS = Path(__file__).resolve().parents[2] / "screenshots" / "widgets"
KEY_LIFE_S = 34  # renewed at half of it, at the next look of the keeper, which looks every 15 s
CALL = """
from anthropic import Anthropic
client = Anthropic(max_retries=0)
def call():
    asked = [{"role": "user", "content": "Hello!"}]
    return client.messages.create(model="claude-haiku-5-5", max_tokens=9, messages=asked).usage.output_tokens
"""
METER = "from coreskills_widgets import CostMeter\nCostMeter()"
# One call, then the cell runs on until the test lets it go; a second call at its end.
LONG = """
import pathlib, time
call()
while not pathlib.Path("go").exists():
    time.sleep(0.05)
pathlib.Path("go").unlink()
print("the end of the cell", call())
"""
STREAM = """
asked = [{"role": "user", "content": "Hello!"}]
with client.messages.stream(model="claude-haiku-5-5", max_tokens=60, messages=asked) as stream:
    for text in stream.text_stream:
        print(text, end="", flush=True)
"""
SEE_STATUS = """() => {
    window.seen = [];
    window.jupyterapp.shell.currentWidget.sessionContext.statusChanged.connect((_, status) => window.seen.push(status));
}"""
SLOW = """
from coreskills_widgets.kernel import calls
calls.client().ask("POST", "faults", {"faults": [{"kind": "slow", "bytes_per_s": 300}]})
"""
IDLE = "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"


def cell(page: Page, number: int) -> Locator:
    """A cell of the notebook in front, from 0."""
    return page.locator(".jp-Notebook .jp-Cell").nth(number)


def run(page: Page, number: int, *, is_awaited: bool = True) -> None:
    """Run one cell."""
    page.evaluate(
        "number => { const p = window.jupyterapp.shell.currentWidget; p.content.activeCellIndex = number;"
        " p.content.deselectAll(); void window.jupyterapp.commands.execute('notebook:run-cell') }",
        number,
    )
    if is_awaited:
        await_end(page, number)


def await_end(page: Page, number: int) -> None:
    """Wait until a cell has run; one asked for sooner would be dropped if this one fails."""
    expect(cell(page, number).locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d+\]:"), timeout=30_000)
    page.wait_for_function(IDLE, timeout=30_000)


def test_a_notebook_opened_again_shows_the_saved_copies(browser: Browser, lab: JupyterLab) -> None:
    """Where the widgets were, in JupyterLab and in Notebook 7; run again, and the copies go."""
    states = ["cost-half", "retrieval-two", "trace-mixed"]
    cells = gallery.cells(states)
    path = lab.notebook("again.ipynb", cells, kernel="coreskills")
    page = browser.new_page(viewport={"width": 1200, "height": 1400})
    open_notebook(page, lab, path)
    run_all(page)
    expect(page.locator(".jp-coreskills-verdict")).to_be_visible()
    expect(page.locator(".jp-coreskills-replaced-by")).to_have_count(0)
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    page.close()
    lab.end_kernels()
    SHOTS.mkdir(parents=True, exist_ok=True)
    for name, address in {
        "lab": lab.address(path),
        "notebook7": f"{lab.url}/notebooks/{path}?token={lab.token}",
    }.items():
        page = browser.new_page(viewport={"width": 1200, "height": 1400})
        page.goto(address)
        copies = page.locator(".jp-coreskills-replaced-by")
        expect(copies).to_have_count(3, timeout=60_000)
        expect(copies.nth(0)).to_contain_text("$0.312 of $0.50, 62 %")
        expect(copies.nth(1)).to_contain_text("2 of 3 right chunks in the top 5")
        expect(copies.nth(2)).to_contain_text("5 calls")
        expect(page.locator("text=Error displaying widget").first).to_be_hidden()
        page.screenshot(path=SHOTS / f"copies-{name}.png")
        if name == "lab":
            page.close()
    page.get_by_text("Run", exact=True).first.click()
    page.get_by_text("Run All Cells", exact=True).click()
    expect(page.locator(".jp-coreskills-verdict")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("treegrid")).to_be_visible()
    expect(copies).to_have_count(0)
    page.get_by_role("tab", name="By model").click()
    expect(page.get_by_role("table", name="By model")).to_be_visible()
    page.screenshot(path=SHOTS / "live-notebook7.png")
    page.close()


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterLab]:
    """A JupyterLab whose keys live for less than a minute."""
    folder = tmp_path_factory.mktemp("quick")
    with (
        classroom(folder / "state", ttl_s=KEY_LIFE_S) as room,
        jupyterlab(folder / "home", room=room, log=folder / "lab.log") as running,
    ):
        yield running


def test_a_notebook_lives_through_what_goes_wrong(page: Page, quick: JupyterLab) -> None:
    """Each time the page tells the truth, and the next call works."""
    cells = [CALL, METER, LONG, STREAM, "call()"]
    open_notebook(page, quick, quick.notebook("long/long.ipynb", cells, kernel="coreskills"))
    began = time.time()
    run(page, 0)
    run(page, 1)
    look_on_while_a_cell_runs(page)
    leave_the_page_while_a_cell_runs(page, quick)
    restart_the_gateway_in_a_stream(page, quick)
    kill_parent_and_kernel(page)
    outlive_the_key(page, began)
    run(page, 1)
    assert quick.room.gateway is not None
    n_calls = sum(1 for _ in quick.room.gateway.ledger.calls())
    expect(meter(page)).to_contain_text(f"{n_calls} calls", timeout=30_000)


def look_on_while_a_cell_runs(page: Page) -> None:
    """Meter and status bar move with each call, not only at the end of the cell."""
    expect(meter(page)).to_contain_text("Nothing spent yet")
    run(page, 2, is_awaited=False)
    expect(meter(page)).to_contain_text("1 call", timeout=30_000)
    expect(page.locator(".jp-coreskills-status")).to_contain_text(re.compile(r"\$0\.0.*offline"), timeout=30_000)
    expect(cell(page, 2).locator(".jp-InputPrompt")).to_have_text("[*]:")


def leave_the_page_while_a_cell_runs(page: Page, lab: JupyterLab) -> None:
    """The cell runs on without the page; opened again, the notebook works and both calls are counted."""
    page.goto(page.url)
    expect(page.locator(".jp-Notebook .jp-Cell").first).to_be_visible(timeout=60_000)
    (lab.folder / "long" / "go").touch()
    page.wait_for_function(IDLE, timeout=60_000)
    run(page, 1)
    expect(meter(page)).to_contain_text("2 calls", timeout=30_000)


def restart_the_gateway_in_a_stream(page: Page, lab: JupyterLab) -> None:
    """The stream breaks with the SDK's own error; the key and the client go on."""
    run(page, 0)
    write(page, 4, SLOW)
    run(page, 4)
    run(page, 3, is_awaited=False)
    expect(cell(page, 3).locator(".jp-OutputArea-output").first).to_be_visible(timeout=30_000)
    lab.room.restart()
    expect(cell(page, 3).locator(STDERR)).to_contain_text(
        re.compile("APIConnectionError|RemoteProtocolError|ReadError"), timeout=30_000
    )
    await_end(page, 3)
    call_works(page)


def kill_parent_and_kernel(page: Page) -> None:
    """Without its parent the kernel goes on; killed itself, it is started again and has a key."""
    write(page, 4, "import os; print(os.getpid(), os.getppid())")
    run(page, 4)
    kernel, parent = map(int, re.findall(r"\d+", cell(page, 4).locator(".jp-OutputArea-output").inner_text()))
    os.kill(parent, signal.SIGKILL)
    call_works(page)
    page.evaluate(SEE_STATUS)
    os.kill(kernel, signal.SIGKILL)
    page.wait_for_function("() => window.seen.some(one => one.includes('restarting'))", timeout=30_000)
    page.wait_for_function(IDLE, timeout=60_000)
    for button in page.locator(".jp-Dialog button.jp-mod-accept").all():
        button.click()
    run(page, 0)
    call_works(page)


def outlive_the_key(page: Page, began: float) -> None:
    """Past the life of the key that the kernel began with, a client made before goes on without a word."""
    page.wait_for_timeout(max(0.0, began + KEY_LIFE_S + 1 - time.time()) * 1000)
    call_works(page)


def call_works(page: Page) -> None:
    """A call is answered, has its cell note, and nothing is written to stderr."""
    write(page, 4, "call()")
    run(page, 4)
    expect(cell(page, 4).locator("[data-mime-type='text/plain']").first).to_have_text("9")
    expect(cell(page, 4)).to_contain_text("left")
    assert cell(page, 4).locator(STDERR).count() == 0


def meter(page: Page) -> Locator:
    """The CostMeter."""
    return cell(page, 1).locator(".jp-coreskills")


def write(page: Page, number: int, source: str) -> None:
    """Replace a cell's source."""
    page.evaluate(
        "([number, source]) => { const shown = window.jupyterapp.shell.currentWidget.content;"
        " shown.widgets[number].model.sharedModel.setSource(source) }",
        [number, source],
    )
