"""Warm kernels next to stock ones: `coreskills bench kernel`. Linux only: memory is read from /proc."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from coreskills.bench import Figure
from coreskills.gateway.laptop import private_gateway
from coreskills_widgets.kernel import warm

IMPORTS = "import anthropic, openai, pandas, faiss"
_STARTS = 5
_CELLS = 40
_SETTLE_S = 1.0
_WARM_UP_S = 30.0


def measure() -> list[Figure]:
    """All figures; about a minute."""
    parent = warm.prepare()
    if parent is None:
        raise RuntimeError("this machine cannot fork kernels")
    try:
        with tempfile.TemporaryDirectory() as folder:
            _await_warm()
            return [_start_figure(folder), _memory_figure(folder, parent), _note_figure(folder), _import_figure()]
    finally:
        parent.close()


class RunningKernel:
    """A kernel with a client that waits for nothing but the kernel."""

    def __init__(self, name: str, folder: str, env: dict[str, str] | None = None) -> None:
        from jupyter_client.manager import KernelManager

        self.manager: Any = KernelManager(kernel_name=name)
        # Its log lines, such as that its sockets are not encrypted, are no part of a table of figures.
        self.manager.start_kernel(cwd=folder, env={**os.environ, **(env or {})}, stderr=subprocess.DEVNULL)
        self.client: Any = self.manager.client()
        self.client.start_channels(stdin=False)

    @property
    def pid(self) -> int:
        pid: int = self.manager.provisioner.pid
        return pid

    def info(self) -> None:
        """Wait for the first answer: jupyter_client's own `wait_for_ready` adds pauses of its own."""
        self._ask("kernel_info_request", {})

    def run(self, code: str) -> float:
        """Run a cell; seconds until its answer."""
        started = time.perf_counter()
        status = self._ask("execute_request", {"code": code, "silent": False, "store_history": True})
        if status != "ok":
            raise RuntimeError(f"the cell failed: {code}")
        return time.perf_counter() - started

    def _ask(self, kind: str, content: dict[str, Any]) -> str:
        message = self.client.session.msg(kind, content)
        self.client.shell_channel.send(message)
        while True:
            reply = self.client.get_shell_msg(timeout=60)
            if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                return str(reply["content"].get("status"))

    def stop(self) -> None:
        """End it."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@contextmanager
def running(name: str, folder: str, env: dict[str, str] | None = None) -> Iterator[RunningKernel]:
    """A kernel that has started and answered."""
    kernel = RunningKernel(name, folder, env)
    try:
        kernel.info()
        yield kernel
    finally:
        kernel.stop()


def _await_warm() -> None:
    """Wait until the parent has all its imports: that is the state a server is in a few seconds after its start."""
    parent = warm.current()
    deadline = time.monotonic() + _WARM_UP_S
    while parent is not None and not parent.is_warm:
        if time.monotonic() > deadline:
            raise RuntimeError(f"the warm parent had not all its imports after {_WARM_UP_S:.0f} s")
        time.sleep(0.1)


def _start_s(name: str, folder: str) -> float:
    started = time.perf_counter()
    with running(name, folder) as kernel:
        kernel.run(IMPORTS)
        return time.perf_counter() - started


def _start_figure(folder: str) -> Figure:
    """Seconds from asking for a kernel until the labs' libraries are imported in it."""
    times: dict[str, list[float]] = {"python3": [], "coreskills": []}
    for name in ("python3", "coreskills") * _STARTS:
        times[name].append(_start_s(name, folder))
    ours, stock = statistics.median(times["coreskills"]), statistics.median(times["python3"])
    ratio = stock / ours
    name = "kernel ready, anthropic, openai, pandas and faiss imported"
    return Figure(name, ours, "s", stock, ratio, ">= 6x sooner", ratio >= 6)


def _memory_figure(folder: str, parent: warm.WarmParent) -> Figure:
    """Memory that a second idle kernel adds, the first one being there: shared pages are counted once."""
    ours, stock = _added_mb("coreskills", folder, [parent.pid or 0]), _added_mb("python3", folder, [])
    ratio = stock / ours
    return Figure("memory that an idle kernel adds", ours, "MB", stock, ratio, "<= 1/3 of stock", ratio >= 3)


def _added_mb(name: str, folder: str, with_pids: list[int]) -> float:
    with running(name, folder) as first:
        first.run(IMPORTS)
        time.sleep(_SETTLE_S)
        before = sum(_pss_mb(pid) for pid in [*with_pids, first.pid])
        with running(name, folder) as second:
            second.run(IMPORTS)
            time.sleep(_SETTLE_S)
            return sum(_pss_mb(pid) for pid in [*with_pids, first.pid, second.pid]) - before


def _pss_mb(pid: int) -> float:
    """Proportional set size: each shared page counted in parts, so that a sum over processes counts it once."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"no Pss of process {pid}")


_CALL = (
    "client.messages.create(model='claude-haiku-5-5', max_tokens=5, messages=[{'role': 'user', 'content': 'Hello!'}]);"
)
_WITHOUT_NOTE = (
    "for name in ('pre_run_cell', 'post_run_cell'):\n"
    "    for hook in list(get_ipython().events.callbacks[name]):\n"
    "        if 'CellNotes' in hook.__qualname__: get_ipython().events.unregister(name, hook)"
)


def _note_figure(folder: str) -> Figure:
    """What naming the cell to the gateway and showing the note add to a cell with one call."""
    with private_gateway(Path(folder), course=None) as (url, token):
        env = {"CORESKILLS_SERVICE_URL": url, "CORESKILLS_SERVICE_TOKEN": token}
        with running("coreskills", folder, env) as noted, running("coreskills", folder, env) as bare:
            for kernel in (noted, bare):
                kernel.run(f"import anthropic; client = anthropic.Anthropic(); {_CALL}")
            bare.run(_WITHOUT_NOTE)
            pairs = [(noted.run(_CALL), bare.run(_CALL)) for _ in range(_CELLS)]
    with_note, without = (statistics.median(column) * 1000 for column in zip(*pairs, strict=True))
    added = with_note - without
    return Figure("the cell note adds to a cell", added, "ms", None, None, "<= 20 ms", added <= 20)


def _import_figure() -> Figure:
    """Milliseconds of `import coreskills_widgets` in a fresh Python."""
    code = "import time; t = time.perf_counter(); import coreskills_widgets; print((time.perf_counter() - t) * 1000)"
    done = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout)
        for _ in range(_STARTS)
    ]
    value = statistics.median(done)
    return Figure("import coreskills_widgets", value, "ms", None, None, "<= 150 ms", value <= 150)
