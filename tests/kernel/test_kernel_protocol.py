"""A kernel forked from the warm parent does all that a kernel started cold does."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow


def test_cells_share_names_and_show_results(any_kernel: Any) -> None:
    """State lives from cell to cell; results, prints and errors arrive on their own channels."""
    any_kernel.run("x = 41")
    out = any_kernel.run("import sys; print('out'); print('err', file=sys.stderr); x + 1")
    assert (out.stdout, out.stderr, out.result, out.error) == ("out\n", "err\n", "42", "")
    assert any_kernel.run("1 / 0").error == "ZeroDivisionError"


def test_top_level_await_runs(any_kernel: Any) -> None:
    """`await` works outside a function, and tasks go on between cells."""
    any_kernel.run(
        "import asyncio\n"
        "async def five():\n    await asyncio.sleep(0.05)\n    return 5\n"
        "task = asyncio.create_task(five())"
    )
    assert any_kernel.run("await asyncio.sleep(0.2); task.result() + await five()").result == "10"


def test_input_asks_the_learner(any_kernel: Any) -> None:
    """`input()` and `getpass()` go to the frontend."""
    out = any_kernel.run("from getpass import getpass\ninput('name? ') + getpass('word? ')", answers=["Ada", "!"])
    assert out.result == "'Ada!'"


def begin(kernel: Any, code: str) -> str:
    """Start a long cell, and return when it is at work."""
    request: str = kernel.client.execute(f"print('begun', flush=True)\n{code}")
    while True:
        message = kernel.client.get_iopub_msg(timeout=20)
        if message["msg_type"] == "stream" and "begun" in message["content"]["text"]:
            time.sleep(0.2)
            return request


@pytest.mark.parametrize(
    "code",
    ["import time; time.sleep(60)", "while True: pass", "import asyncio; await asyncio.sleep(60)"],
    ids=["sleep", "busy", "await"],
)
def test_interrupt_stops_a_cell_and_keeps_the_kernel(forked: Any, code: str) -> None:
    """Interrupting raises in the cell; names defined before are still there."""
    forked.run("kept = 7")
    request = begin(forked, code)
    forked.manager.interrupt_kernel()
    assert forked.reply_to(request)["ename"] in ("KeyboardInterrupt", "CancelledError")
    # After an error ipykernel refuses for a moment what frontends had queued; what comes then runs.
    results = (forked.run("kept").result for _ in range(20))
    assert next(filter(None, results)) == "7"


def test_cell_that_fails_on_purpose_does_not_end_the_run(forked: Any) -> None:
    """Cells tagged `raises-exception` let a queue of cells go on; any other error ends it."""
    session, requests = forked.client.session, []
    for code, stops in (
        ("import time; time.sleep(0.2)", True),
        ("1/0", False),
        ("2", True),
        ("1/0", True),
        ("3", True),
    ):
        requests.append(session.msg("execute_request", {"code": code, "stop_on_error": stops}))
        forked.client.shell_channel.send(requests[-1])
    ended = [forked.reply_to(request["header"]["msg_id"])["status"] for request in requests]
    assert ended == ["ok", "error", "ok", "error", "aborted"]


def test_interrupt_reaches_child_processes(forked: Any) -> None:
    """A program that a cell started is interrupted with the kernel, as the process group is its own."""
    request = begin(forked, "import subprocess; subprocess.run(['sleep', '60'])")
    forked.manager.interrupt_kernel()
    assert forked.reply_to(request)["status"] == "error"


@pytest.mark.parametrize("now", [False, True], ids=["asked", "killed"])
def test_restart_gives_a_fresh_kernel(any_kernel: Any, now: bool) -> None:
    """After a restart the names are gone and everything works again."""
    any_kernel.run("x = 1")
    was_forked, before = any_kernel.is_forked, any_kernel.pid
    any_kernel.restart(now=now)
    assert any_kernel.pid != before
    assert any_kernel.run("'x' in globals()").result == "False"
    assert any_kernel.is_forked or not was_forked


def test_shutdown_ends_the_process(any_kernel: Any) -> None:
    """A kernel that is shut down leaves no process and no connection file."""
    pid = any_kernel.pid
    any_kernel.manager.shutdown_kernel()
    assert not any_kernel.manager.is_alive()
    assert not Path(f"/proc/{pid}").exists()


def test_widgets_open_comms_and_hear_the_page(any_kernel: Any) -> None:
    """ipywidgets work both ways: a comm opens, and the page's change reaches Python."""
    out = any_kernel.run("import ipywidgets; w = ipywidgets.IntSlider(value=3); display(w)")
    view = next(data for data in out.displays if "application/vnd.jupyter.widget-view+json" in data)
    comm_id = view["application/vnd.jupyter.widget-view+json"]["model_id"]
    message = any_kernel.client.session.msg(
        "comm_msg", {"comm_id": comm_id, "data": {"method": "update", "state": {"value": 9}, "buffer_paths": []}}
    )
    any_kernel.client.shell_channel.send(message)
    assert any_kernel.run("w.value").result == "9"


def test_completion_and_inspection_work(any_kernel: Any) -> None:
    """Tab and Shift-Tab know the learner's names."""
    any_kernel.run("colour_of_the_sky = 'blue'\ndef shade(of: str) -> str:\n    'Darken a colour.'\n    return of")
    assert "colour_of_the_sky" in any_kernel.client.complete("colour_of", reply=True, timeout=20)["content"]["matches"]
    shown = any_kernel.client.inspect("shade", reply=True, timeout=20)["content"]["data"]["text/plain"]
    assert "Darken a colour." in shown


def debug(kernel: Any, command: str, arguments: dict[str, Any] | None = None, *, seq: int) -> dict[str, Any]:
    """One request of the debug adapter protocol on the control channel."""
    body = {"type": "request", "seq": seq, "command": command, "arguments": arguments or {}}
    message = kernel.client.session.msg("debug_request", body)
    kernel.client.control_channel.send(message)
    for _ in range(20):
        reply = kernel.client.get_control_msg(timeout=20)
        if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
            content: dict[str, Any] = reply["content"]
            return content
    raise AssertionError("no reply of the debugger")


def test_debugger_stops_at_a_breakpoint(any_kernel: Any) -> None:
    """JupyterLab's debugger attaches, stops in a cell, shows a variable and goes on."""
    assert debug(any_kernel, "initialize", {"clientID": "test", "adapterID": "", "pathFormat": "path"}, seq=1)[
        "success"
    ]
    assert debug(any_kernel, "attach", seq=2)["success"]
    code = "a = 1\nb = a + 1\nc = b + 1"
    path = debug(any_kernel, "dumpCell", {"code": code}, seq=3)["body"]["sourcePath"]
    lines = {"breakpoints": [{"line": 3}], "source": {"path": path}, "sourceModified": False}
    assert debug(any_kernel, "setBreakpoints", lines, seq=4)["body"]["breakpoints"][0]["verified"]
    debug(any_kernel, "configurationDone", seq=5)
    request = any_kernel.client.execute(code)
    stopped = _debug_event(any_kernel, "stopped")
    thread = stopped["body"]["threadId"]
    frame = debug(any_kernel, "stackTrace", {"threadId": thread}, seq=6)["body"]["stackFrames"][0]
    assert frame["line"] == 3
    assert (
        debug(any_kernel, "evaluate", {"expression": "b", "frameId": frame["id"], "context": "hover"}, seq=7)["body"][
            "result"
        ]
        == "2"
    )
    debug(any_kernel, "continue", {"threadId": thread}, seq=8)
    assert any_kernel.reply_to(request)["status"] == "ok"
    debug(any_kernel, "disconnect", {"restart": False, "terminateDebuggee": False}, seq=9)
    assert any_kernel.run("c").result == "3"


def _debug_event(kernel: Any, name: str) -> dict[str, Any]:
    for _ in range(200):
        message = kernel.client.get_iopub_msg(timeout=20)
        if message["msg_type"] == "debug_event" and message["content"]["event"] == name:
            content: dict[str, Any] = message["content"]
            return content
    raise AssertionError(f"no {name}")


def test_child_processes_print_into_the_cell(any_kernel: Any) -> None:
    """What a program started by a cell prints is shown under the cell."""
    assert (
        "hello from below" in any_kernel.run("import subprocess; subprocess.run(['echo', 'hello from below'])").stdout
    )


def test_shell_escapes_and_pictures_work(any_kernel: Any) -> None:
    """`!command` and inline pictures, as learners use them."""
    assert any_kernel.run("!echo shell").stdout.strip() == "shell"
    out = any_kernel.run("import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()")
    assert any("image/png" in data for data in out.displays)
