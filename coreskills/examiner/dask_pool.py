"""Examining on a Dask cluster: each worker process keeps an examiner of its own.

Recordings and hand-ins are read by path, so workers need the course folder under the same path (a shared disk).
"""

from __future__ import annotations

import atexit
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from coreskills.errors import GradingError, SandboxError
from coreskills.examiner.client import ExaminerProcess, Outcome
from coreskills.examiner.job import Examination, Job
from coreskills.examiner.warm import Settings

RETRIES = 3  # of one examination whose worker died; then it is that submission's error
CONNECT_S = 20
_here: dict[Settings, ExaminerProcess] = {}


class DaskPool:
    """Sends each examination to a cluster as a task of its own.

    A task that ran on a worker which died runs again elsewhere; scores are written here, once for each submission,
    whatever ran how often.

    Args:
        scheduler: Its address, such as ``tcp://127.0.0.1:8786``.

    Raises:
        GradingError: No cluster answers there.
    """

    def __init__(self, scheduler: str, *, settings: Settings | None = None) -> None:
        import distributed

        untyped: Any = distributed
        try:
            self._client: Any = untyped.Client(scheduler, timeout=CONNECT_S, set_as_default=False)
        except (OSError, TimeoutError) as error:
            raise GradingError(f"No Dask scheduler answers at {scheduler}.", fix="dask scheduler") from error
        self._settings = settings or Settings()

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Outcome]]:
        """Examine on the cluster; two tasks for each worker thread are under way at a time."""
        import distributed

        untyped: Any = distributed
        source = iter(jobs)
        open_jobs: dict[str, Job] = {}
        completed = untyped.as_completed(loop=self._client.loop)
        room = max(2, 2 * sum(self._client.nthreads().values()))
        while True:
            while len(open_jobs) < room and (job := next(source, None)) is not None:
                row, settings = job.to_json(), asdict(self._settings)
                # A key of its own for each run: a new run must not be given the last one's answer.
                key = f"examine-{job.id}-{uuid.uuid4().hex[:8]}"
                future = self._client.submit(examine_here, row, settings, key=key, pure=False, retries=RETRIES)
                open_jobs[future.key] = job
                completed.add(future)
            if not open_jobs:
                return
            future = next(completed)
            yield open_jobs.pop(future.key), _outcome(future)
            future.release()

    def close(self) -> None:
        """Leave the cluster; it goes on."""
        self._client.close()


def examine_here(job: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """Examine in the examiner of this worker process, started at first use."""
    rows: dict[str, Any] = {name: tuple(each) if isinstance(each, list) else each for name, each in settings.items()}
    wanted = Settings(**rows)
    if wanted not in _here:
        process = _here[wanted] = ExaminerProcess(workers=1, settings=wanted)
        atexit.register(process.close)
    try:
        return {"result": _here[wanted].examine(Job.from_json(job)).to_json()}
    except GradingError as error:
        return {"error": error.what, "fix": error.fix, "is_sandbox": isinstance(error, SandboxError)}


def _outcome(future: Any) -> Outcome:
    error = future.exception()
    if error is not None:
        text = f"The cluster could not run it: {type(error).__name__}: {error}."
        return GradingError(text, fix="look at the workers' logs")
    answer = future.result()
    if "result" in answer:
        return Examination.from_json(answer["result"])
    kind = SandboxError if answer["is_sandbox"] else GradingError
    return kind(answer["error"], fix=answer["fix"])
