"""Runs stock nbgrader, tests, gradebook and all, in a room that dangerous hand-ins cannot leave.

Run as ``python stock_room.py COURSE BASE``, as root: reads a JSON list of ``{name, text}`` on stdin, grades each text
in a fresh copy of the course together with an honest hand-in after it, and prints one JSON line each. Inside the room
nbgrader and the hand-in are one user with one network and one disk, as in life; only the machine is out of reach.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import resource
import shutil
import signal
import sqlite3
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from coreskills.examiner import memory
from coreskills.examiner.warm import learner_environment, leave_mount_namespace
from coreskills_widgets.candidate import house as houses
from coreskills_widgets.candidate import kernel_calls as k
from coreskills_widgets.candidate import sandbox

LAB, LOG = "ps1", "grader.log"
ATTACKER, NEXT = "eve", "zoe"
LIMITS = sandbox.Limits(memory_mb=3000, disk_mb=400, processes=150)
ALL_MEMORY_MB, ALL_SECONDS = 4000, 75.0
KEPT = ("source", "cassettes", "secrets", "submitted/other")


def main() -> None:
    """Grade each attack of stdin."""
    course, base = Path(sys.argv[1]), Path(sys.argv[2])
    attacks = json.load(sys.stdin)
    maps_uid = leave_mount_namespace()
    from nbgrader.apps import AutogradeApp

    k.mount("none", str(base), "tmpfs", k.MS_NOSUID | k.MS_NODEV, "mode=0755,size=64m")
    house = houses.House(base, maps_uid=maps_uid)
    houses.build(house)
    for attack in attacks:
        print(json.dumps(_graded(house, course, attack, AutogradeApp)), flush=True)


def _graded(house: houses.House, course: Path, attack: dict[str, str], app: Any) -> dict[str, Any]:
    slot = houses.open_slot(house, 0, size_mb=LIMITS.disk_mb)
    root = slot / "work/course"
    shutil.copytree(course, root)
    _hand_in(root, attack["text"].replace(str(course), str(root)))
    for path in (root, *root.rglob("*")):
        os.chown(path, house.uid(0), house.uid(0))
    before = _digests(root)
    pid = k.fork_into(sandbox.NAMESPACES)
    if pid == 0:
        _live(house, root, app)
    ended = _watched(pid)
    found: dict[str, Any] = {"name": attack["name"], "ended": ended, "scores": _scores(root), "shown": _shown(root)}
    found["changed"] = _digests(root) != before
    with contextlib.suppress(OSError):
        found["log"] = (slot / "tmp" / LOG).read_text(encoding="utf-8", errors="replace")[-3000:]
    houses.close_slot(house, 0)
    return found


def _hand_in(root: Path, text: str) -> None:
    """Give the attacker's text to its learner; the honest hand-in is there."""
    path = root / "submitted" / ATTACKER / LAB / f"{LAB}.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["id"] == "t1-code":
            cell["source"] = text
    path.write_text(json.dumps(notebook), encoding="utf-8")


def _live(house: houses.House, root: Path, app: Any) -> None:
    """The first process of the room: enters it, and starts the grader as an ordinary process."""
    try:
        sandbox.loopback_up()
        houses.enter(house, 0)
        os.setsid()
        sandbox.set_limits(LIMITS)
        sandbox.give_up_rights(house, 0)
        resource.setrlimit(resource.RLIMIT_NPROC, (LIMITS.processes, LIMITS.processes))
        log = os.open(house.slot(0) / "tmp" / LOG, os.O_RDWR | os.O_CREAT)
        for standard in (0, 1, 2):
            os.dup2(log, standard)
        grader = os.fork()
        if grader == 0:
            _grade(root, app)
        while os.wait()[0] != grader:
            pass
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)


def _grade(root: Path, app: Any) -> None:
    os.chdir(root)
    os.environ.clear()
    home = root.parents[1] / "home"
    os.environ.update({**learner_environment("", ""), "HOME": str(home), "TMPDIR": "/tmp", "COURSE_TOKEN": "XYZZY-env"})
    code = 1
    try:
        app.launch_instance(argv=[LAB, "--create"])
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    finally:
        os._exit(code)


def _watched(pid: int) -> str:
    """Wait for the room's end, and put one to it where it takes too much."""
    ends, why = time.monotonic() + ALL_SECONDS, ""
    while os.waitpid(pid, os.WNOHANG)[0] == 0:
        if why:
            pass
        elif time.monotonic() > ends:
            why = "stopped by us: time"
        elif memory.used_mb(pid) > ALL_MEMORY_MB:
            why = "stopped by us: memory"
        if why:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)
    return why


def _scores(root: Path) -> dict[str, dict[str, float]]:
    query = """select s.student_id, b.name, g.auto_score from grade g join base_cell b on b.id = g.cell_id
        join submitted_notebook n on n.id = g.notebook_id join submitted_assignment s on s.id = n.assignment_id"""
    found: dict[str, dict[str, float]] = {}
    with (
        contextlib.suppress(sqlite3.Error),
        sqlite3.connect(f"file:{root}/gradebook.db?mode=ro", uri=True) as connection,
    ):
        for learner, name, score in connection.execute(query):
            found.setdefault(learner, {})[name] = score or 0.0
    return found


def _shown(root: Path) -> str:
    """What the attacker's cells made visible."""
    try:
        path = root / "autograded" / ATTACKER / LAB / f"{LAB}.ipynb"
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError):
        return ""
    return json.dumps([o for c in cells for o in c.get("outputs", []) if o["output_type"] != "error"])[:2_000_000]


def _digests(root: Path) -> dict[str, str]:
    paths = [path for name in KEPT for path in (root / name).rglob("*") if path.is_file()]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


if __name__ == "__main__":
    main()
