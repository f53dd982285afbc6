"""Talking to an examiner process: start it, send it jobs, take what comes of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from types import TracebackType

from coreskills.errors import GradingError, SandboxError
from coreskills.examiner.job import Examination, Job
from coreskills.examiner.own_folder import own_folder
from coreskills.examiner.warm import QUICK_TO_FORK, Settings
from coreskills_widgets.candidate import channel as channels
from coreskills_widgets.candidate.channel import Channel, ChannelClosed

Outcome = Examination | GradingError


class ExaminerProcess:
    """An examiner of our own, started at once and ready some seconds later.

    Args:
        workers: Examinations at a time.
    """

    def __init__(self, *, workers: int = 1, settings: Settings | None = None) -> None:
        self._workers = workers
        self._base, self._hold = own_folder()
        ours, theirs = channels.pair()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "coreskills.examiner.host", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
            | QUICK_TO_FORK,
        )
        theirs.close()
        self._channel = Channel(ours)
        self._channel.send({"base": str(self._base), "workers": workers, "warm": asdict(settings or Settings())})
        self._is_ready = False

    def wait(self) -> None:
        """Wait until it can work.

        Raises:
            SandboxError: This machine cannot isolate learner code.
        """
        if self._is_ready:
            return
        try:
            answer = self._channel.receive()
        except ChannelClosed:
            code = self._process.wait()
            raise GradingError(f"The examiner ended at start with code {code}.", fix="see its message above") from None
        if "refused" in answer:
            raise SandboxError(answer["refused"], fix=answer["fix"])
        self._is_ready = True

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Outcome]]:
        """Examine submissions, as many at a time as there are workers; yields in the order in which they end.

        A submission that cannot be examined is an error in its place; the others go on.
        """
        self.wait()
        source = iter(jobs)
        under_way: dict[str, Job] = {}
        while True:
            # Twice as many as run at a time: the next one starts while its caller still writes the last one's scores.
            while len(under_way) < 2 * self._workers and (job := next(source, None)) is not None:
                under_way[job.id] = job
                self._channel.send({"job": job.to_json()})
            if not under_way:
                return
            try:
                answer = self._channel.receive()
            except ChannelClosed:
                raise GradingError(
                    "The examiner process ended.", fix="grade again; graded submissions are kept"
                ) from None
            yield under_way.pop(answer["id"]), _outcome(answer)

    def examine(self, job: Job) -> Examination:
        """Examine one submission.

        Raises:
            GradingError: It cannot be examined.
        """
        (_, outcome), *_ = self.run([job])
        if isinstance(outcome, GradingError):
            raise outcome
        return outcome

    def close(self) -> None:
        """End it, its candidates and its files."""
        self._channel.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._base, ignore_errors=True)  # empty, but for a run without a sandbox
        os.close(self._hold)

    def __enter__(self) -> ExaminerProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _outcome(answer: dict[str, object]) -> Outcome:
    if "result" in answer:
        row = answer["result"]
        assert isinstance(row, dict)
        return Examination.from_json(row)
    error = SandboxError if answer.get("kind") == "sandbox" else GradingError
    return error(str(answer["error"]), fix=str(answer.get("fix", "")))
