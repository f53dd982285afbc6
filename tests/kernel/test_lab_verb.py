"""`coreskills lab`: the course on one's own computer."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jupyter_client.blocking.client import BlockingKernelClient

from coreskills.cli.lab import command, fetch
from coreskills.course import Course, load_course
from coreskills.errors import CourseError, GatewayError
from coreskills.gateway.laptop import private_gateway

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """The real catalogue, with a release of its first open lab."""
    root = tmp_path / "course"
    release = root / "release" / "b1-1-first-call"
    (release / "data").mkdir(parents=True)
    (release / "b1-1-first-call.ipynb").write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    (release / "data" / "words.csv").write_text("a,b\n")
    (root / "course.toml").write_text((ROOT / "course.toml").read_text())
    return load_course(root)


def test_list_names_every_lab(course: Course) -> None:
    """One object a lab, those to come included."""
    done = CliRunner().invoke(command, ["list", "--json", "--course", str(course.root)], standalone_mode=False)
    labs = {each["lab"]: each for each in json.loads(done.output)}
    assert len(labs) == len(course.labs)
    assert labs["b1-1-first-call"]["open"] is True
    assert labs["b1-1-first-call"]["points"] == course.lab("b1-1-first-call").points.total


def test_fetch_copies_what_is_missing_and_keeps_work(course: Course, tmp_path: Path) -> None:
    """Opening a lab again brings back a lost data file, and never touches the learner's notebook."""
    lab = course.lab("b1-1-first-call")
    notebook = fetch(course, lab, into=tmp_path / "labs")
    notebook.write_text("my work")
    (notebook.parent / "data" / "words.csv").unlink()
    assert fetch(course, lab, into=tmp_path / "labs") == notebook
    assert notebook.read_text() == "my work"
    assert (notebook.parent / "data" / "words.csv").read_text() == "a,b\n"


def test_lab_that_is_not_open_is_refused(course: Course, tmp_path: Path) -> None:
    """A lab to come, or one never released, names those that can be opened."""
    closed = next(lab for lab in course.labs if not lab.is_open)
    with pytest.raises(CourseError, match="is not open yet"):
        fetch(course, closed, into=tmp_path)
    assert not list(tmp_path.glob(f"{closed.id}*"))


def test_live_without_a_key_says_how_to_give_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing answers live without a provider's key."""
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "COHERE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"CORESKILLS_{name}", raising=False)
    with (
        pytest.raises(GatewayError, match="export ANTHROPIC_API_KEY"),
        private_gateway(tmp_path, course=None, live=True),
    ):
        pass


@pytest.mark.slow
def test_jupyterlab_starts_with_warm_metered_kernels(course: Course, tmp_path: Path) -> None:
    """The whole of it: `coreskills lab open`, a notebook's session, a call, its note, and an end without leftovers."""
    log = (tmp_path / "log").open("w+")
    env = {**os.environ, "JUPYTER_TOKEN": "page", "CORESKILLS_STATE": str(tmp_path / "state")}
    lab = subprocess.Popen(
        [
            *(Path(sys.executable).with_name("coreskills"), "lab", "open", "b1-1-first-call"),
            *("--course", course.root, "--into", tmp_path / "labs"),
            *("--no-browser", "--allow-root", "--port", "0"),
        ],
        env=env,
        stdout=log,
        stderr=log,
        cwd=tmp_path,
    )
    try:
        page = _page(Path(log.name))
        session = _ask(
            page,
            "/api/sessions",
            {
                "path": NOTEBOOK,
                "name": NOTEBOOK.rpartition("/")[2],
                "type": "notebook",
                "kernel": {"name": "coreskills"},
            },
        )
        panel = _ask(page, "/coreskills/panel")
        assert (panel["has_classroom"], panel["service"]["state"]) == (False, "ok")
        assert panel["next"] == {"lab_id": "b1-1-first-call", "action": "open", "reason": ""}
        (tmp_path / "labs" / "b1-1-first-call" / "data" / "words.csv").unlink()
        assert _ask(page, "/coreskills/labs/b1-1-first-call/fetch", {}) == {"path": NOTEBOOK}
        assert (tmp_path / "labs" / "b1-1-first-call" / "data" / "words.csv").read_text() == "a,b\n"
        with urllib.request.urlopen(f"{page}/lab?token=page", timeout=60) as lab_page:
            assert "apputils-extension:announcements" in lab_page.read().decode()  # among what is disabled
        client = _client(Path(os.environ["JUPYTER_RUNTIME_DIR"]), session["kernel"]["id"])
        shown = _run(
            client,
            "import os, anthropic; print(os.environ['CORESKILLS_LAB'], sorted(n for n in os.environ if 'TOKEN' in n))",
        )
        assert shown == ["b1-1-first-call []\n"]
        hello = (
            'anthropic.Anthropic().messages.create(model="claude-haiku-5-5", max_tokens=5,'
            ' messages=[{"role": "user", "content": "Hello!"}]);'
        )
        (note,) = _run(client, hello)
        assert re.fullmatch(r"1 call  9 in, 5 out  ~?\$0\.\d+.*  \$0\.50 left  offline \(nothing charged\)", note)
        client.stop_channels()
        kernels = _kernels_below(lab.pid)
        assert kernels
    finally:
        lab.send_signal(signal.SIGTERM)
        lab.wait(30)
        log.close()
    deadline = time.monotonic() + 15
    while any(Path(f"/proc/{pid}").exists() for pid in kernels):
        assert time.monotonic() < deadline, "kernels outlived JupyterLab"
        time.sleep(0.1)


NOTEBOOK = "b1-1-first-call/b1-1-first-call.ipynb"


def _page(log: Path) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = re.search(r"http://127\.0\.0\.1:\d+/lab/tree/b1-1-first-call/b1-1-first-call\.ipynb", log.read_text())
        if found and _answers(found[0].partition("/lab/")[0]):
            return found[0].partition("/lab/")[0]
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def _answers(page: str) -> bool:
    # The address is printed a moment before JupyterLab listens.
    try:
        with urllib.request.urlopen(f"{page}/api?token=page", timeout=5):
            return True
    except OSError:
        return False


def _ask(page: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(page + path, data=data, headers={"Authorization": "token page"})
    with urllib.request.urlopen(request, timeout=60) as response:
        answer: dict[str, Any] = json.loads(response.read())
    return answer


def _client(runtime: Path, kernel_id: str) -> BlockingKernelClient:
    client = BlockingKernelClient(connection_file=str(runtime / f"kernel-{kernel_id}.json"))
    client.load_connection_file()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    return client


def _run(client: BlockingKernelClient, code: str) -> list[str]:
    shown: list[str] = []

    def hook(message: dict[str, Any]) -> None:
        content = message["content"]
        if message["msg_type"] in ("stream", "error"):
            shown.append(content.get("text") or content.get("evalue"))
        elif "data" in content:
            shown.append(content["data"]["text/plain"])

    client.execute_interactive(code, output_hook=hook, timeout=60)
    return shown


def _kernels_below(pid: int) -> list[int]:
    """Processes of this user's whose name is that of a forked kernel, started under ``pid``."""
    import psutil

    return [
        each.pid for each in psutil.Process(pid).children(recursive=True) if each.name().startswith("coreskills-krnl")
    ]
