"""The examiner's own process: leaves the machine's mounts, keeps a warm parent, and forks once for each examination.

Run as ``python -m coreskills.examiner.host FD``; the jobs come as JSON frames on that descriptor.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import select
import signal
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coreskills.errors import CassetteError, CoreskillsError, GradingError, SandboxError
from coreskills.examiner.job import Job
from coreskills.examiner.warm import Settings, WarmParent
from coreskills_widgets.candidate import house as houses
from coreskills_widgets.candidate import kernel_calls
from coreskills_widgets.candidate.channel import Channel, ChannelClosed
from coreskills_widgets.candidate.house import House

GRACE_S = 15.0
MEMORY_BYTES = 4 * 2**30


@dataclass
class Running:
    """One examination under way.

    Attributes:
        pipe: Its answer comes here, whole, as one JSON document.
    """

    id: str
    pid: int
    slot: int
    pipe: int
    ends: float
    data: bytearray


class Host:
    """Takes jobs from one client and runs as many at a time as it sends."""

    def __init__(self, client: Channel, settings: dict[str, Any]) -> None:
        self._client = client
        self._base = Path(settings["base"])
        self._running: dict[int, Running] = {}
        self._waiting: list[Job] = []
        self._slots = list(range(min(int(settings["workers"]), houses.N_SLOTS)))
        wanted = Settings(**settings["warm"])
        self._warm = WarmParent(self._base, settings=wanted)
        self._house: House = self._warm.house
        self._models: Any = None
        self._load()
        if wanted.gateway:
            self._load_gateway()
        gc.freeze()
        self._warm.wait()

    def _load(self) -> None:
        """Import what each examination needs, while the warm parent imports what its candidates need."""
        from coreskills.examiner import examining  # the parent must be warm before it forks
        from coreskills.examiner.libraries import library

        self._examine, self._library = examining.examine, library
        _import_test_tools()

    def _load_gateway(self) -> None:
        from coreskills.examiner.door import rehearse
        from coreskills.offline.models import OfflineModels

        self._models = OfflineModels(None)
        rehearse(self._models)

    def serve(self) -> None:
        """Work until the client hangs up."""
        try:
            self._client.send({"ready": True})
        except ChannelClosed:  # it gave up before we were ready: an error of its own, which it tells itself
            return
        while True:
            watched: list[Any] = [self._client, *(running.pipe for running in self._running.values())]
            ready, _, _ = select.select(watched, [], [], 0.5 if self._running else None)
            for one in ready:
                if one is self._client:
                    if not self._take_all():
                        return
                else:
                    self._read(one)
            self._end_late_ones()

    def _take_all(self) -> bool:
        """Start every job that has come; ``False`` when the client is gone."""
        try:
            self._start(Job.from_json(self._client.receive()["job"]))
            while self._client.has_message():
                self._start(Job.from_json(self._client.receive()["job"]))
        except ChannelClosed:
            self._stop()
            return False
        return True

    def _start(self, job: Job) -> None:
        if not self._slots:
            self._waiting.append(job)
            return
        if job.gateway is not None and self._models is None:
            self._load_gateway()
        if job.gateway is not None and job.gateway.backend == "replay":
            with contextlib.suppress(CassetteError):  # the examination itself says what is wrong
                self._library(job.gateway.cassettes)
        slot = self._slots.pop(0)
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            self._client.close()
            _examine_and_exit(lambda: self._examine(job, house=self._house, slot=slot, models=self._models), writing)
        os.close(writing)
        ends = time.monotonic() + job.timeout_s + GRACE_S
        self._running[reading] = Running(job.id, pid, slot, reading, ends, bytearray())

    def _read(self, pipe: int) -> None:
        running = self._running[pipe]
        data = os.read(pipe, 1 << 20)
        if data:
            running.data += data
            return
        self._finish(running)

    def _finish(self, running: Running) -> None:
        del self._running[running.pipe]
        os.close(running.pipe)
        _, status = os.waitpid(running.pid, 0)
        self._free(running.slot)
        try:
            answer = json.loads(running.data)
        except ValueError:
            code = os.waitstatus_to_exitcode(status)
            answer = {
                "error": f"The examination ended without a result (exit code {code}).",
                "fix": "grade this submission again",
            }
        self._client.send({"id": running.id, **answer})
        if self._waiting:
            self._start(self._waiting.pop(0))

    def _free(self, slot: int) -> None:
        houses.close_slot(self._house, slot)
        self._slots.append(slot)

    def _end_late_ones(self) -> None:
        for running in list(self._running.values()):
            if time.monotonic() > running.ends:
                os.kill(running.pid, signal.SIGKILL)

    def _stop(self) -> None:
        for running in self._running.values():
            os.kill(running.pid, signal.SIGKILL)
        self._warm.stop()


def _import_test_tools() -> None:
    """Import what test cells commonly use, so that no check pays for it."""
    import dataclasses  # noqa: F401
    import inspect  # noqa: F401
    import unittest.mock  # noqa: F401

    import numpy
    import numpy.testing  # noqa: F401
    import pandas  # noqa: F401

    import coreskills_widgets.labs.checks
    import coreskills_widgets.labs.handin
    import coreskills_widgets.labs.ledger  # noqa: F401
    from coreskills_widgets.candidate import codec_pandas

    codec_pandas.register()


def _examine_and_exit(examine: Any, pipe: int) -> None:
    """The life of one examination's process."""
    code = 1
    try:
        kernel_calls.die_with_parent()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _bound_memory()
        try:
            answer = {"result": examine().to_json()}
        except CoreskillsError as error:
            kind = (
                "sandbox"
                if isinstance(error, SandboxError)
                else "grading"
                if isinstance(error, GradingError)
                else "course"
            )
            answer = {"error": error.what, "fix": error.fix, "kind": kind}
        except BaseException:  # noqa: BLE001 - the edge: reported to the client, no score is written
            answer = {
                "error": f"The examiner failed:\n{traceback.format_exc()}",
                "fix": "report this as a bug",
                "kind": "bug",
            }
        data = json.dumps(answer).encode()
        while data:
            data = data[os.write(pipe, data) :]
        code = 0
    finally:
        os._exit(code)


def _bound_memory() -> None:
    """Let a check that reads a bomb of a deliverable fail by itself, not with the machine."""
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123
        mapped = int(statm.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (mapped + MEMORY_BYTES, mapped + MEMORY_BYTES))


def main() -> None:
    """Serve the client on the descriptor given."""
    import socket

    client = Channel(socket.socket(fileno=int(sys.argv[1])))
    kernel_calls.die_with_parent()
    settings = client.receive()
    try:
        host = Host(client, settings)
    except CoreskillsError as error:
        client.send({"refused": error.what, "fix": error.fix})
        return
    host.serve()
    os._exit(0)  # tearing down the libraries would take a quarter of a second


if __name__ == "__main__":
    main()
