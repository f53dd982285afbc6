"""A forked kernel is a process of its own, and outlives or follows others as it should."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coreskills_widgets.kernel import environ, warm

pytestmark = pytest.mark.slow

WaitUntil = Callable[..., None]


def test_folder_and_environment_are_the_kernels_own(
    warm_parent: warm.WarmParent, start_kernel: Any, tmp_path: Path
) -> None:
    """Each kernel has its folder, its variables and its time zone, and sees no other's."""
    one, two = (tmp_path / name for name in ("one", "two"))
    one.mkdir()
    two.mkdir()
    first = start_kernel(cwd=one, env={"COLOUR": "red", "TZ": "Asia/Tokyo"})
    second = start_kernel(cwd=two, env={"TZ": "UTC"})
    assert (first.is_forked, second.is_forked) == (True, True)
    seen = "import os, time; print(os.getcwd(), os.environ.get('COLOUR'), time.strftime('%H', time.localtime(0)))"
    assert first.run(seen).stdout.split() == [str(one), "red", "09"]
    assert second.run(seen).stdout.split() == [str(two), "None", "00"]


def test_chance_differs_between_forks(warm_parent: warm.WarmParent, start_kernel: Any) -> None:
    """Forks of one parent do not draw the same random numbers, whatever draws them."""
    draw = (
        "import random, uuid, secrets, tempfile, os, multiprocessing, numpy as np\n"
        "(random.random(), np.random.random(), np.random.default_rng().random(), str(uuid.uuid4()),"
        " secrets.token_hex(8), multiprocessing.current_process().authkey.hex(), next(tempfile._get_candidate_names()))"
    )
    draws = [start_kernel().run(draw).result for _ in range(2)]
    first, second = (eval(text) for text in draws)
    assert not set(first) & set(second)


def test_libraries_are_imported_already(forked: Any) -> None:
    """The labs' heavy libraries are there before a cell asks for them."""
    assert forked.run("import sys; {'anthropic', 'openai', 'pandas', 'faiss'} - set(sys.modules)").result == "set()"


def test_faiss_and_processes_work_in_a_fork(forked: Any) -> None:
    """Searching with faiss, and forking on with multiprocessing, hang neither."""
    code = """
    import faiss, multiprocessing, numpy as np
    index = faiss.IndexFlatIP(64)
    index.add(np.eye(64, dtype="float32"))
    def nearest(row):
        return int(index.search(np.eye(64, dtype="float32")[row:row + 1], 1)[1][0, 0])
    with multiprocessing.get_context("fork").Pool(2) as pool:
        found = pool.map(nearest, [3, 5])
    (nearest(7), found)
    """
    assert forked.run(textwrap.dedent(code), timeout=60).result == "(7, [3, 5])"


def test_learners_files_do_not_shadow_the_kernels(
    warm_parent: warm.WarmParent, start_kernel: Any, tmp_path: Path
) -> None:
    """A `random.py` beside the notebook does not stop the kernel, and can still be imported as on any computer."""
    for name in ("asyncio", "random", "typing", "tornado"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('shadowed')")
    (tmp_path / "mine.py").write_text("answer = 42")
    for cold in (False, True):
        kernel = start_kernel(cwd=tmp_path, cold=cold)
        assert kernel.run("import sys, mine; mine.answer, '' in sys.path").result == "(42, True)"


def test_fork_holds_no_door_to_the_server(forked: Any, start_kernel: Any) -> None:
    """A kernel has neither the parent's control socket nor other kernels' sockets open: it cannot ask for forks."""
    parent = warm.current()
    assert parent is not None
    of_parent = {os.readlink(path) for path in Path(f"/proc/{parent.pid}/fd").iterdir()}
    doors = {name for name in of_parent if name.startswith("socket:")}
    assert doors
    of_kernel = {os.readlink(path) for path in Path(f"/proc/{start_kernel().pid}/fd").iterdir()}
    assert not doors & of_kernel


def test_killed_kernel_is_noticed_and_restarts(forked: Any, wait_until: WaitUntil) -> None:
    """After SIGKILL the server sees how it ended, and a restart gives a working kernel."""
    process = forked.provisioner.process
    os.kill(forked.pid, signal.SIGKILL)
    wait_until(lambda: not forked.manager.is_alive())
    assert process.returncode == -signal.SIGKILL
    forked.restart(now=True)
    assert forked.is_forked
    assert forked.run("1 + 1").result == "2"


def test_parent_killed_kernels_live_and_a_new_parent_comes(
    warm_parent: warm.WarmParent, forked: Any, start_kernel: Any, wait_until: WaitUntil
) -> None:
    """Kernels go on without their parent; another starts by itself, and kernels fork from it."""
    forked.run("kept = 'yes'")
    before = warm_parent.pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: warm_parent.pid not in (None, before))
    assert forked.run("kept").result == "'yes'"
    assert forked.manager.is_alive()
    assert start_kernel().is_forked
    warm_parent._failures = 0  # this test ended it young, on purpose

    forked.manager.interrupt_kernel()
    os.kill(forked.pid, signal.SIGKILL)
    wait_until(lambda: not forked.manager.is_alive())  # noticed with nobody there to reap it for us


def test_fork_that_cannot_work_starts_cold_with_a_line(
    warm_parent: warm.WarmParent, start_kernel: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """What Python reads only at its start cannot be changed in a fork: a cold start, and the log says why."""
    with caplog.at_level(logging.WARNING):
        kernel = start_kernel(env={"PYTHONHASHSEED": "7"})
    assert not kernel.is_forked
    assert "starts cold: PYTHONHASHSEED differs" in caplog.text
    assert kernel.run("import sys; sys.flags.hash_randomization").result == "1"


def test_missing_folder_is_an_error_of_the_fork_only(warm_parent: warm.WarmParent, tmp_path: Path) -> None:
    """A kernel that cannot enter its folder says so; the parent goes on."""
    stdio = [os.open(os.devnull, os.O_RDWR) for _ in range(3)]
    env = environ.base_environment({k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"})
    with pytest.raises(warm.CannotFork, match="FileNotFoundError"):
        warm_parent.spawn(["-f", "x.json"], env=env, cwd=str(tmp_path / "gone"), stdio=stdio)
    for fd in stdio:
        os.close(fd)
    assert warm_parent.pid is not None


def test_parent_that_keeps_dying_is_given_up(monkeypatch: pytest.MonkeyPatch, wait_until: WaitUntil) -> None:
    """After three quick deaths kernels start cold: no endless restarts."""
    monkeypatch.setattr(warm, "COMMAND", ("-c", "raise SystemExit(1)"))
    parent = warm.WarmParent(preload=())
    parent.start()
    wait_until(lambda: parent._failures >= 3)
    with pytest.raises(warm.CannotFork, match="3 times"):
        parent.start()
    parent.close()


SERVER = """
import json, sys, time
from jupyter_client.manager import KernelManager
from coreskills_widgets.kernel import warm
parent = warm.prepare()
manager = KernelManager(kernel_name="coreskills")
manager.start_kernel()
client = manager.client(); client.start_channels(); client.wait_for_ready(timeout=60)
kind = type(manager.provisioner.process).__name__
print(json.dumps({"parent": parent.pid, "kernel": manager.provisioner.pid, "kind": kind}), flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "ended"])
def test_nothing_outlives_the_server(tmp_path: Path, wait_until: WaitUntil, number: int) -> None:
    """When the Jupyter server ends, however it ends, so do its kernels and the warm parent."""
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, cwd=tmp_path)
    assert server.stdout is not None
    told = json.loads(server.stdout.readline())
    assert told["kind"] == "ForkedKernel"
    server.send_signal(number)
    server.wait()
    server.stdout.close()
    wait_until(lambda: not _is_running(told["kernel"]) and not _is_running(told["parent"]))


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_first_kernel_does_not_wait_for_all_imports(start_kernel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel asked for while the parent still imports comes between two imports, with what is there."""
    parent = warm.WarmParent()
    monkeypatch.setattr(warm, "_parent", parent)
    parent.start()
    kernel = start_kernel()
    assert kernel.is_forked
    assert kernel.run("import openai; openai.__name__", timeout=60).result == "'openai'"
    parent.close()
    assert kernel.run("2 + 2").result == "4"
