"""Where examinations run: in processes of this machine, or on a Dask cluster."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Protocol

from coreskills.examiner.client import ExaminerProcess, Outcome
from coreskills.examiner.job import Job
from coreskills.examiner.warm import Settings


class Pool(Protocol):
    """Runs jobs, several at a time."""

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Outcome]]:
        """Examine each once; yields in the order in which they end."""

    def close(self) -> None:
        """Let go of processes and connections."""


def local_pool(*, workers: int | None = None, settings: Settings | None = None) -> Pool:
    """Examine on this machine; ``workers`` at a time, by default one for each CPU."""
    return ExaminerProcess(workers=workers or os.cpu_count() or 1, settings=settings)
