"""Where a check runs, and what it may ask there.

In a kernel a check asks the gateway over HTTP and reads the learner's own disk. In the examiner the same check
is answered by the examiner, which sets its own ``Surroundings`` with ``use``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from coreskills_widgets.candidate.programs import Programs

Row = dict[str, Any]


@dataclass(frozen=True)
class Finished:
    """A program that has ended.

    Attributes:
        code: Its exit code; negative when a signal ended it, ``None`` when time ran out.
    """

    code: int | None
    out: str
    err: str


class Surroundings(Protocol):
    """What a check may ask, wherever it runs."""

    def status(self) -> Row:
        """The key's lab, backend, budget and what is spent."""

    def calls(self) -> list[Row]:
        """This notebook's calls, oldest first, as the gateway metered them."""

    def trace(self, call_id: str) -> Row:
        """One call with the request and response bodies."""

    def read(self, path: str) -> bytes:
        """A file the learner's code wrote, by its path from the notebook's folder."""

    def notebook(self) -> Row:
        """The notebook itself, in nbformat's shape."""

    def run(self, argv: Sequence[str], *, stdin: str, timeout_s: float, env: Mapping[str, str]) -> Finished:
        """Run a program in the learner's folder."""

    def inject(self, faults: Sequence[Mapping[str, Any]]) -> None:
        """Have the gateway answer this notebook's next calls with these faults, in order."""


class Kernel:
    """The learner's own kernel: everything is asked over HTTP with this kernel's key, or read from disk."""

    def status(self) -> Row:
        row: Row = _ask("GET", "status")
        return row

    def calls(self) -> list[Row]:
        rows: list[Row] = _ask("GET", "calls")["calls"]
        return rows

    def trace(self, call_id: str) -> Row:
        row: Row = _ask("GET", f"calls/{call_id}")
        return row

    def read(self, path: str) -> bytes:
        return Path(path).read_bytes()

    def notebook(self) -> Row:
        content: Row = json.loads(_notebook_path().read_text(encoding="utf-8"))
        return content

    def run(self, argv: Sequence[str], *, stdin: str, timeout_s: float, env: Mapping[str, str]) -> Finished:
        command = [sys.executable if argv[0] == "python" else argv[0], *argv[1:]]
        full = {**os.environ, "PYTHONUTF8": "1", **env}
        if forked is not None:
            ended = forked.run(argv, stdin=stdin.encode(), timeout_s=timeout_s, env=full)
            if ended is not None:
                return Finished(ended[0], _text(ended[1]), _text(ended[2]))
        try:
            done = subprocess.run(
                command,
                input=stdin.encode(),
                capture_output=True,
                timeout=timeout_s,
                env=full,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            return Finished(None, _text(late.stdout), _text(late.stderr))
        return Finished(done.returncode, _text(done.stdout), _text(done.stderr))

    def inject(self, faults: Sequence[Mapping[str, Any]]) -> None:
        _ask("POST", "faults", {"faults": [dict(fault) for fault in faults]})


forked: Programs | None = None  # while a notebook is graded: starts Python programs in a tenth of the time
_current: ContextVar[Surroundings] = ContextVar("surroundings", default=Kernel())  # noqa: B039 - holds no state


def current() -> Surroundings:
    """The surroundings of the code that asks."""
    return _current.get()


@contextmanager
def use(surroundings: Surroundings) -> Iterator[None]:
    """Answer checks from ``surroundings`` inside this block."""
    token = _current.set(surroundings)
    try:
        yield
    finally:
        _current.reset(token)


def _ask(method: str, path: str, body: Row | None = None) -> Any:
    base = os.environ.get("CORESKILLS_GATEWAY_URL")
    if not base:
        raise RuntimeError(
            "This kernel has no gateway (CORESKILLS_GATEWAY_URL is not set).\n"
            "Fix: choose the kernel 'CoreSkills (Python 3)' in the top right corner, then run all cells again."
        )
    request = urllib.request.Request(  # noqa: S310 - the address comes from the classroom, not from a learner
        f"{base.rstrip('/')}/coreskills/{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "authorization": f"Bearer {os.environ.get('ANTHROPIC_API_KEY', '')}",
            "content-type": "application/json",
        },
    )
    # No proxy: the gateway is on this machine or in this cluster, whatever HTTP_PROXY says.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as answer:
        return json.loads(answer.read() or b"null")


def _notebook_path() -> Path:
    named = os.environ.get("JPY_SESSION_NAME", "")
    if named.endswith(".ipynb") and Path(named).is_file():
        return Path(named)
    here = sorted(Path().glob("*.ipynb"))
    if len(here) != 1:
        raise RuntimeError(
            f"There are {len(here)} notebooks in {Path.cwd()}; one lab has one.\nFix: move the others away."
        )
    return here[0]


def _text(data: bytes | None) -> str:
    return (data or b"").decode("utf-8", errors="replace")
