"""Start the classroom on this machine, wait until it is ready, stop it whole."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from coreskills.classroom.backend import backend
from coreskills.classroom.hub.wall import can_wall
from coreskills.classroom.learner_config import write_learner_config
from coreskills.classroom.passwords import Passwords
from coreskills.classroom.preflight import check_disk, check_port, find_proxy, free_ports
from coreskills.classroom.roster import Person, Roster
from coreskills.classroom.settings import Classroom, Run
from coreskills.errors import ClassroomError

DEMO_PEOPLE = (
    Person("instructor", "Iris Instructor", role="instructor"),
    Person("ada", "Ada Lovelace", email="ada@example.org", section="A"),
    Person("grace", "Grace Hopper", email="grace@example.org", section="A"),
    Person("alan", "Alan Turing", email="alan@example.org", section="B", track="advanced"),
)
_READY_TIMEOUT_S = 90
_STOP_TIMEOUT_S = 20
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Prepared:
    """A classroom that can be started.

    Attributes:
        passwords: Of everybody on the roster whose password is still known in clear.
        unwalled: Why learners' servers run without a wall; empty where they have one.
    """

    run: Run
    passwords: dict[str, str]
    unwalled: str


def prepare(room: Classroom, *, port: int, demo: bool = True) -> Prepared:
    """Check what is needed, make folders, people and passwords.

    Raises:
        ClassroomError: Port taken, Node missing, disk full.
        CourseError: It is to work live without a provider's key.
    """
    backend()
    check_port(port)
    proxy = find_proxy(room.course.root)
    room.make_folders()
    check_disk(room.state)
    roster = Roster(room.database_url)
    if demo and not roster.people(inactive=True):
        roster.put(DEMO_PEOPLE)
    passwords = Passwords(room.hub).issue(person.name for person in roster.people())
    write_learner_config(room.state / "learner")
    unwalled = can_wall()
    hub, proxy_api, service = free_ports(3)
    run = Run(
        root=str(room.course.root),
        state=str(room.state),
        port=port,
        hub_port=hub,
        proxy_api_port=proxy_api,
        service_port=service,
        proxy_command=proxy,
        is_walled=not unwalled,
    )
    run.save(room.hub / "run.json")
    return Prepared(run, passwords, unwalled)


@contextmanager
def running(prepared: Prepared) -> Iterator[subprocess.Popen[bytes]]:
    """The classroom, started and ready; stopped whole at the end, whatever happens.

    Raises:
        ClassroomError: It did not start; the message ends with what its log says last.
    """
    run = prepared.run
    room = run.classroom
    # Whatever loses its parent below us becomes our child, so that nothing can outlive us unseen.
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    log = room.hub / "hub.log"
    with log.open("wb") as out:
        hub = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", str(Path(__file__).parent / "hub" / "config.py")],
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=room.hub,
            env={**os.environ, "CORESKILLS_RUN": str(room.hub / "run.json"), "PYTHONUNBUFFERED": "1"},
            start_new_session=True,  # Ctrl-C reaches us only; we stop the hub in order
        )
    try:
        _wait_until_ready(run, hub, log)
        yield hub
    finally:
        _stop(hub)


def _wait_until_ready(run: Run, hub: subprocess.Popen[bytes], log: Path) -> None:
    # The hub first and past the proxy, which would log an error for each question asked too early.
    urls = [f"http://127.0.0.1:{run.hub_port}/hub/health", f"{run.service_url}/health", f"{run.url}/hub/health"]
    end = time.monotonic() + _READY_TIMEOUT_S
    while urls:
        if hub.poll() is not None:
            raise ClassroomError(f"The hub stopped while starting:\n{_tail(log)}", fix=f"read {log}")
        if time.monotonic() > end:
            raise ClassroomError(
                f"{urls[0]} does not answer after {_READY_TIMEOUT_S} s:\n{_tail(log)}", fix=f"read {log}"
            )
        if _answers(urls[0]):
            urls.pop(0)
        else:
            time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _tail(log: Path, n: int = 15) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-n:])


def _stop(hub: subprocess.Popen[bytes]) -> None:
    """Ask the hub to stop its servers, services and proxy; then end what is left."""
    if hub.poll() is None:
        hub.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            hub.wait(_STOP_TIMEOUT_S)
    left = psutil.Process().children(recursive=True)
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(left, timeout=3)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=3)
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
