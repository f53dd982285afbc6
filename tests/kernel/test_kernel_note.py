"""The cell note says what a cell's calls came to, exactly and quietly."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from coreskills_widgets.kernel.note import Note
from coreskills_widgets.widgets.tries import tries_by_call

HELLO = """
import anthropic
client = anthropic.Anthropic(max_retries=0)
def hello():
    return client.messages.create(
        model="claude-haiku-5-5", max_tokens=50, messages=[{"role": "user", "content": "Hello!"}])
"""


def row(number: int = 1, **values: Any) -> dict[str, Any]:
    """A row as the gateway gives it."""
    return {
        "id": number,
        "rowid": number,
        "provider": "anthropic",
        "endpoint": "messages",
        "model": "claude-haiku-5-5",
        "status": 200,
        "input_tokens": 1000,
        "output_tokens": 100,
        "cost_usd": "0.0015",
        "estimated": False,
        "latency_ms": 840,
        "retries": 0,
        "source": "offline",
        "ended": "whole",
        **values,
    }


def refused(number: int, status: int = 429, retries: int = 0) -> dict[str, Any]:
    return row(number, status=status, retries=retries, input_tokens=0, output_tokens=0, cost_usd="0")


STATUS = {"budget_usd": "0.50", "spent_usd": "0.31"}


@pytest.mark.parametrize(
    ("rows", "status", "text"),
    [
        ([row()], STATUS, "1 call  1,000 in, 100 out  $0.0015  $0.19 left  offline (nothing charged)"),
        ([row(1), row(2)], {}, "2 calls  2,000 in, 200 out  $0.003  offline (nothing charged)"),
        ([row(source="live")], STATUS, "1 call  1,000 in, 100 out  $0.0015  $0.19 left  live"),
        (
            [row(1), row(2, source="live")],
            {},
            "2 calls  2,000 in, 200 out  $0.003  1 offline, 1 live",
        ),
        (
            [row(1), row(2, cost_usd=None)],
            {},
            "2 calls  2,000 in, 200 out  at least $0.0015 (1 call without a price)  offline (nothing charged)",
        ),
        ([row(cost_usd=None)], {}, "1 call  1,000 in, 100 out  price unknown  offline (nothing charged)"),
        (
            [row()],
            {"budget_usd": "0.50", "spent_usd": "0.503"},
            "1 call  1,000 in, 100 out  $0.0015  budget spent: calls are refused (429) from now on"
            "  offline (nothing charged)",
        ),
        (
            [refused(1), row(2, retries=1), row(3)],
            {},
            "2 calls (1 tried again)  2,000 in, 200 out  $0.003  offline (nothing charged)  "
            "1 of 2 calls failed: 429, tried again, worked",
        ),
        (
            [refused(1, 529), refused(2, 529, 1), refused(3, 529, 2)],
            {},
            "1 call (2 tried again)  not billed  offline (nothing charged)  1 of 1 call failed: 529 after 3 tries",
        ),
        (
            [refused(1, 418, 0) | {"source": "recorded"}],
            {},
            "1 call  not billed  recorded (nothing charged)  1 of 1 call failed: no recording",
        ),
        (
            [row(ended="broken")],
            {},
            "1 call  1,000 in, 100 out  $0.0015  offline (nothing charged)  1 of 1 call failed: the answer broke off",
        ),
        (
            [row(endpoint="messages/count_tokens", input_tokens=0, output_tokens=0, cost_usd="0")],
            {},
            "1 request that cost nothing  offline (nothing charged)",
        ),
    ],
    ids=[
        "one call",
        "no budget",
        "live",
        "mixed sources",
        "one price unknown",
        "all prices unknown",
        "budget spent",
        "tried again and worked",
        "gave up",
        "no recording",
        "broken off",
        "nothing that costs",
    ],
)
def test_note_reads_as_the_rules_say(rows: list[dict[str, Any]], status: dict[str, Any], text: str) -> None:
    """Numbers and words of every state."""
    assert Note.of(rows, status).text() == text


def test_tries_of_different_calls_are_not_mixed() -> None:
    """Two calls that are both tried again, interleaved, stay two calls."""
    rows = [refused(1), refused(2) | {"model": "gpt-5.4"}, row(3, retries=1), row(4, retries=1, model="gpt-5.4")]
    assert [[each["id"] for each in tries] for tries in tries_by_call(rows)] == [[1, 3], [2, 4]]


def test_html_shows_outside_text_as_text_and_needs_no_script() -> None:
    """A model's name is whatever a program sent: it is shown, never run."""
    html = Note.of([row(model="<script>alert(1)</script>")], STATUS).html()
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "<details>" in html


def test_long_lists_are_cut_and_say_so() -> None:
    """The note of a thousand calls stays small."""
    html = Note.of([row(number) for number in range(1, 1001)], STATUS).html()
    assert "950 earlier ones are not shown." in html
    assert len(html) < 50_000


def test_note_follows_a_cell_that_made_calls_and_no_other(metered: Any) -> None:
    """One line after the cell's own output; none where no call was made; stderr stays empty."""
    quiet = metered.run(HELLO)
    assert (quiet.notes, quiet.stderr, quiet.error) == ([], "", "")
    out = metered.run("print('before'); hello().usage.output_tokens")
    assert (out.stdout, out.result, out.stderr) == ("before\n", "50", "")
    assert len(out.notes) == 1
    assert out.notes[0].startswith("1 call  ")
    assert out.notes[0].endswith("left  offline (nothing charged)")
    assert metered.run("1").notes == []


def test_note_counts_streams_and_async_calls_too(metered: Any) -> None:
    """Whatever way a cell calls, its note is there when it ends."""
    metered.run(HELLO)
    asked = 'model="claude-haiku-5-5", max_tokens=50, messages=[{"role": "user", "content": "Hello!"}]'
    streamed = metered.run(f"with client.messages.stream({asked}) as s:\n    print(s.get_final_text()[:5])")
    assert streamed.notes[0].startswith("1 call  ")
    together = metered.run(
        f"import asyncio\nac = anthropic.AsyncAnthropic()\n"
        f"await asyncio.gather(*[ac.messages.create({asked}) for _ in range(3)]);"
    )
    assert together.notes[0].startswith("3 calls  ")
    below = metered.run(
        f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', '''{HELLO}hello()'''], check=True);"
    )
    assert below.notes[0].startswith("1 call  ")


def test_failing_cell_has_its_note_too(metered: Any) -> None:
    """The model is called, then the cell fails: the call still cost, and is shown."""
    metered.run(HELLO)
    out = metered.run("hello()\n1 / 0")
    assert out.error == "ZeroDivisionError"
    assert out.notes[0].startswith("1 call  ")
    gone = metered.run(
        "client.messages.create(model='claude-3-5-sonnet-20241022', max_tokens=5,"
        " messages=[{'role': 'user', 'content': 'Hi'}])"
    )
    assert gone.error == "NotFoundError"
    assert gone.notes[0].endswith("  1 of 1 call failed: 404")


def test_calls_are_known_by_their_cell(warm_parent: Any, gateway: Any, start_kernel: Any, tmp_path: Path) -> None:
    """A call carries its cell's id, and the cell's place in the saved notebook."""
    cells = [new_markdown_cell("# Title"), new_code_cell(HELLO, id="setup"), new_code_cell("hello();", id="ask")]
    notebook = tmp_path / "b1-1-first-call" / "b1-1-first-call.ipynb"
    notebook.parent.mkdir()
    nbformat.write(new_notebook(cells=cells), notebook)
    kernel = start_kernel(cwd=notebook.parent, notebook=str(notebook), env=gateway.env)
    kernel.run(HELLO, cell_id="setup")
    kernel.run("hello();", cell_id="ask")
    kernel.run("hello();", cell_id="not saved yet")
    calls = gateway.ledger.calls()
    assert [(call.lab, call.cell_id, call.cell_label, call.cell_order) for call in calls] == [
        ("b1-1-first-call", "ask", "cell 2", 2),
        ("b1-1-first-call", "not saved yet", "In [3]", 3),
    ]


@pytest.mark.slow
def test_widgets_hear_of_new_calls(metered: Any) -> None:
    """A subscriber gets the rows and the status; one that fails is not seen; leaving ends it."""
    metered.run(
        HELLO + "from coreskills_widgets.kernel import calls\nheard = []\n"
        "def broken(rows, status): raise RuntimeError('display')\n"
        "calls.subscribe(broken)\n"
        "leave = calls.subscribe(lambda rows, status: heard.append((len(rows), status['lab'])))"
    )
    out = metered.run("hello(); hello();")
    assert (out.stderr, len(out.notes)) == ("", 1)
    assert metered.run("print(heard[0][0]); leave()").stdout == "2\n"
    metered.run("hello()")
    assert metered.run("len(heard)").result == "1"


@pytest.mark.slow
def test_gateway_away_leaves_cells_alone(metered: Any, gateway: Any, wait_until: Callable[..., None]) -> None:
    """Without the gateway cells run, and quietly; when it is back, so is the note."""
    metered.run(HELLO)
    metered.run("from coreskills_widgets.kernel import client as c; c._PAUSES_S = (0.5,)")
    gateway.stop()
    first, then = metered.run("1 + 1"), metered.run("2 + 2")
    assert [(out.result, out.stderr, out.error) for out in (first, then)] == [("2", "", ""), ("4", "", "")]
    failed = metered.run("hello()")
    assert (failed.error, failed.stderr) == ("APIConnectionError", "")
    gateway.start()
    time.sleep(0.6)
    assert metered.run("hello();").notes[0].startswith("1 call  ")


@pytest.mark.slow
def test_gateway_restarted_in_the_middle_of_a_stream(metered: Any, gateway: Any) -> None:
    """The stream breaks as it would at a provider; the kernel, its key and its clients go on."""
    metered.run(HELLO)
    metered.run("from coreskills_widgets.kernel import client as c, calls; c._PAUSES_S = (0.1,)")
    metered.run("calls.client().ask('POST', 'faults', {'faults': [{'kind': 'slow', 'bytes_per_s': 100}]})")
    request = metered.client.execute(
        "got = ''\nwith client.messages.stream(model='claude-haiku-5-5', max_tokens=50,"
        " messages=[{'role': 'user', 'content': 'Hello!'}]) as stream:\n    for text in stream.text_stream: got += text"
    )
    time.sleep(1.5)
    gateway.stop()
    gateway.start()
    assert metered.reply_to(request)["ename"] in ("APIConnectionError", "RemoteProtocolError", "ReadError")
    time.sleep(0.2)
    out = metered.run("hello().usage.output_tokens")
    assert (out.result, out.stderr) == ("50", "")
    assert out.notes
