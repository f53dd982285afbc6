"""Grade on submit: a durable queue (huey) feeding the examiner.

The submissions' own states are the truth; a task in the queue only says "lab X has something to grade". So a task that
is lost, doubled or late does no harm: whoever runs it claims what is queued; an unconfirmed claim goes back.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from huey import Huey, RedisHuey, SqliteHuey, crontab
from huey.exceptions import HueyException

from coreskills.classroom.settings import Classroom
from coreskills.classroom.store.claims import Claims
from coreskills.classroom.store.exchange import Exchange, Submission
from coreskills.classroom.store.grades import Grades
from coreskills.errors import CoreskillsError

BATCH = 8
_TASK = "grade_lab"  # the same in the service, which only sends, and in the workers
log = logging.getLogger("coreskills.classroom.queue")


@dataclass(frozen=True)
class Outcome:
    """What grading says of one submission.

    Attributes:
        error: Why there is no score; empty where there is one.
        feedback: The learner's page, by file name.
    """

    auto: Decimal = Decimal(0)
    manual: Decimal | None = None
    max: Decimal = Decimal(0)
    misses: int = 0
    checks: Sequence[Mapping[str, Any]] = ()
    feedback: Mapping[str, bytes] | None = None
    error: str = ""


Grader = Callable[[str, Sequence[Submission]], Mapping[int, Outcome]]


def open_queue(room: Classroom) -> Huey:
    """The queue: SQLite beside the exchange; Redis by ``CORESKILLS_QUEUE=redis://...`` beyond one machine."""
    url = os.environ.get("CORESKILLS_QUEUE", "")
    if url:
        return RedisHuey("coreskills", url=url)
    return SqliteHuey("coreskills", filename=str(room.state / "exchange" / "queue.sqlite"), fsync=True)


def announcer(huey: Huey) -> Callable[[str], None]:
    """How the service tells the workers that a lab has something to grade.

    A task that cannot be sent is only logged: the submission is safe, and workers look for themselves each minute.
    """
    send = huey.task(name=_TASK)(_done_by_workers)

    def announce(lab: str) -> None:
        try:
            send(lab)
        except (sqlite3.Error, OSError, HueyException) as error:
            log.error("the queue cannot be told about %s: %s", lab, error)

    return announce


def _done_by_workers(lab: str) -> None:
    raise AssertionError("only a worker runs this task")


class GradingQueue:
    """Feeds queued submissions to a grader.

    Args:
        grade: Grades a batch of one lab; raising means that the whole batch could not be graded.
        shows: Whether a lab's feedback goes back at once.

    Attributes:
        stopping: Set when the worker is told to stop: what is being graded is finished, what waits goes on waiting.
    """

    def __init__(
        self,
        huey: Huey,
        claims: Claims,
        exchange: Exchange,
        grades: Grades,
        *,
        grade: Grader,
        shows: Callable[[str], bool],
    ) -> None:
        self.huey, self._claims, self._exchange, self._grades = huey, claims, exchange, grades
        self._grade, self._shows = grade, shows
        self.stopping = threading.Event()
        self._held: set[int] = set()
        self.grade_lab = huey.task(name=_TASK)(self.work)
        self.look_again = huey.periodic_task(crontab(minute="*"), name="look_again")(self.refill)

    def watch(self) -> None:
        """Refill at the start, and again once a lease has passed: what a killed predecessor left is free only then."""
        self.refill()
        if not self.stopping.wait(self._claims.lease_s + 1):
            self.refill()

    def refill(self) -> None:
        """Queue what a dead worker left, and send a task for each lab that has something to grade."""
        if lost := self._claims.recover():
            log.warning("%s submissions of a worker that died are queued again", lost)
        for lab in self._claims.waiting_labs():
            self.grade_lab(lab)

    def work(self, lab: str) -> int:
        """Grade what is queued of a lab, batch by batch; how many were graded."""
        n = 0
        while not self.stopping.is_set() and (numbers := self._claims.claim(lab, limit=BATCH)):
            self._held.update(numbers)
            batch = [self._exchange.submission(number) for number in numbers]
            with self._confirming(numbers):
                outcomes = self._graded(lab, batch)
            for submission in batch:
                self._keep(lab, submission, outcomes.get(submission.id, Outcome(error="the examiner gave no result")))
            self._held.difference_update(numbers)
            n += len(batch)
        return n

    def let_go(self) -> None:
        """Queue again what this worker was grading when it had to stop, so that nobody waits for its lease."""
        self._claims.give_back(sorted(self._held))

    def _graded(self, lab: str, batch: Sequence[Submission]) -> Mapping[int, Outcome]:
        try:
            return self._grade(lab, batch)
        except CoreskillsError as error:
            log.error("%s: %s", lab, error)
            return {submission.id: Outcome(error=str(error)) for submission in batch}

    def _keep(self, lab: str, submission: Submission, outcome: Outcome) -> None:
        if outcome.error:
            self._claims.fail(submission.id, outcome.error)
            return
        if outcome.feedback and self._shows(lab):
            self._exchange.give_feedback(submission.id, dict(outcome.feedback))
        self._grades.record(  # last: a graded submission has everything
            submission.id,
            auto=outcome.auto,
            manual=outcome.manual,
            max_points=outcome.max,
            misses=outcome.misses,
            checks=outcome.checks,
        )

    @contextmanager
    def _confirming(self, numbers: Sequence[int]) -> Any:
        done = threading.Event()

        def confirm() -> None:
            while not done.wait(self._claims.lease_s / 4):
                self._claims.confirm(numbers)

        thread = threading.Thread(target=confirm, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
