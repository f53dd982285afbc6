"""Started by the hub: `python -m coreskills.classroom.grading`, the worker that grades what was submitted."""

from __future__ import annotations

import logging
import os
import sys
import threading
from pathlib import Path

from huey import crontab

from coreskills.classroom.grader import ExaminerGrader, default_workers
from coreskills.classroom.queue import Grader, GradingQueue, open_queue
from coreskills.classroom.service.app import open_exchange
from coreskills.classroom.settings import Classroom, Run
from coreskills.classroom.standing import take_over_judgements
from coreskills.classroom.store.claims import LEASE_S, Claims
from coreskills.classroom.store.grades import Grades

_NICE = 5  # who hands in, and whose kernel works, comes first; a third of a busy processor still keeps to time limits


def build_queue(room: Classroom, grader: Grader) -> GradingQueue:
    """The queue of a classroom, with the examiner at its end."""
    return GradingQueue(
        open_queue(room),
        Claims(room.database_url, lease_s=float(os.environ.get("CORESKILLS_GRADE_LEASE_S") or LEASE_S)),
        open_exchange(room),
        Grades(room.database_url),
        grade=grader,
        shows=lambda lab: room.course.lab(lab).grading == "on_submit",
    )


def main() -> None:
    """Grade until the hub says stop."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    os.nice(_NICE)
    # nbgrader calls alembic by name, which lies beside this Python.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    room = Run.load(Path(os.environ["CORESKILLS_RUN"])).classroom
    grader = ExaminerGrader(
        room, open_exchange(room), workers=default_workers(), scheduler=os.environ.get("CORESKILLS_SCHEDULER", "")
    )
    queue = build_queue(room, grader)
    consumer = queue.huey.create_consumer(workers=1, max_delay=1.0, check_worker_health=True)

    def take_over() -> None:
        for lab in room.course.open_labs:
            take_over_judgements(room, lab.id)

    queue.huey.periodic_task(crontab(minute="*"), name="take_over")(take_over)
    queue.stopping = consumer.stop_flag
    threading.Thread(target=queue.watch, daemon=True).start()
    try:
        consumer.run()
    finally:
        queue.stopping.set()
        queue.let_go()
        grader.close()


if __name__ == "__main__":
    main()
