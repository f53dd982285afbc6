"""Examining on a Dask cluster of two worker processes, one of which is killed in the middle."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from coreskills.errors import GradingError
from coreskills.examiner.dask_pool import DaskPool
from coreskills.examiner.grading import Graded, grade_many
from coreskills.examiner.terms import Terms


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[str]]]]:
    """A scheduler and two workers, as processes of their own."""
    quiet = {**os.environ, "DASK_DISTRIBUTED__DASHBOARD__LINK": "", "OMP_NUM_THREADS": "1"}
    command = [
        sys.executable,
        "-m",
        "distributed.cli.dask_scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--no-dashboard",
    ]
    scheduler = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=quiet)
    assert scheduler.stderr is not None
    address = ""
    for line in scheduler.stderr:
        if found := re.search(r"Scheduler at:\s+(tcp://\S+)", line):
            address = found[1]
            break
    threading.Thread(target=scheduler.stderr.read, daemon=True).start()
    options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(tmp_path)]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", address, *options]
    workers = [subprocess.Popen(worker, stderr=subprocess.DEVNULL, text=True, env=quiet) for _ in range(2)]
    try:
        yield address, workers
    finally:
        for process in (*workers, scheduler):
            process.kill()
            process.wait()


@pytest.mark.slow
def test_a_killed_worker_loses_nothing(
    new_course: Callable[..., Any], cluster: tuple[str, list[subprocess.Popen[str]]]
) -> None:
    """One of two workers dies by SIGKILL mid-run: each hand-in is graded, and stands in the gradebook once."""
    address, workers = cluster
    course = new_course()
    learners = [f"learner{number:02}" for number in range(12)]
    for learner in learners:
        course.hand_in(learner, course.answers(t2_code="import time\ntime.sleep(0.3)\nmean = 7.5"))
    pool = DaskPool(address)
    rows: list[Graded] = []

    def kill_one(row: Graded) -> None:
        rows.append(row)
        if len(rows) == 3:
            workers[0].send_signal(signal.SIGKILL)

    try:
        wait_for_workers(pool, 2)
        grade_many(course.folders, course.lab, terms=Terms(), pool=pool, on_graded=kill_one)
    finally:
        pool.close()
    assert sorted(row.learner for row in rows) == learners
    assert {row.score for row in rows} == {4.5}, [row.error for row in rows]
    with sqlite3.connect(course.root / "gradebook.db") as connection:
        assert connection.execute("select count(*) from submitted_assignment").fetchone() == (12,)
        assert connection.execute("select sum(auto_score) from grade").fetchone() == (12 * 4.5,)


def wait_for_workers(pool: DaskPool, count: int) -> None:
    pool._client.wait_for_workers(count, timeout=60)
    time.sleep(0.1)


def test_no_scheduler_is_an_error_with_its_address() -> None:
    """A wrong address stops at once and names it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("coreskills.examiner.dask_pool.CONNECT_S", 1)
        with pytest.raises(GradingError, match=r"tcp://127\.0\.0\.1:9"):
            DaskPool("tcp://127.0.0.1:9")
