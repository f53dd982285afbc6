"""A bar with rate and time left on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from coreskills.examiner.grading import Graded

_LINE_EVERY_S = 5.0


class GradingProgress:
    """Shows how a grading run goes; on stderr, so that stdout stays for results."""

    def __init__(self, total: int, *, quiet: bool) -> None:
        self._total, self._done, self._quiet = total, 0, quiet
        self._started = self._said = time.monotonic()
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> GradingProgress:
        if not self._quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (
                TextColumn("grading"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeRemainingColumn(),
            )
            self._bar = Progress(*columns, console=Console(stderr=True))
            self._task = self._bar.add_task("grading", total=self._total, rate="")
            self._bar.start()
        return self

    def advance(self, row: Graded) -> None:
        """Count one submission."""
        self._done += 1
        rate = self._done / max(time.monotonic() - self._started, 1e-6)
        if self._bar is not None:
            self._bar.update(self._task, advance=1, rate=f"{rate:.1f}/s")
        elif not self._quiet and (time.monotonic() - self._said > _LINE_EVERY_S or self._done == self._total):
            self._said = time.monotonic()
            left = (self._total - self._done) / rate
            click.echo(f"graded {self._done} of {self._total}, {rate:.1f} a second, {left:.0f} s left", err=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
