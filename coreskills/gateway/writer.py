"""Writing the ledger from an event loop: many calls, one transaction, each durable before its answer ends."""

from __future__ import annotations

import asyncio
import queue
import threading
from dataclasses import dataclass

from coreskills.errors import LedgerError
from coreskills.ledger.call import Call
from coreskills.ledger.store import Ledger

_MOST_AT_ONCE = 500


@dataclass
class _Waiting:
    calls: list[Call]
    loop: asyncio.AbstractEventLoop
    written: asyncio.Future[list[int]]


class LedgerWriter:
    """Writes at once where that takes no time; else one thread writes whatever has come in since it last wrote.

    Changing threads costs more than a commit to SQLite. A remote database, or a file that another process is writing
    to, must not hold the event loop up: there a transaction carries all calls that wait, and shares its cost.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    async def add(self, *calls: Call) -> list[int]:
        """Write calls; their ids. Durable when it returns.

        Raises:
            LedgerError: They could not be written.
        """
        if (ids := self._ledger.add_at_once(calls)) is not None:
            return ids
        self._start()
        loop = asyncio.get_running_loop()
        waiting = _Waiting(list(calls), loop, loop.create_future())
        self._queue.put(waiting)
        # A client that hangs up cancels its request, never the row.
        return await asyncio.shield(waiting.written)

    def close(self) -> None:
        """Write what is waiting, and end the thread."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(timeout=30)
            self._thread = None

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            batch = [self._queue.get()]
            while len(batch) < _MOST_AT_ONCE and batch[-1] is not None:
                try:
                    batch.append(self._queue.get_nowait())
                except queue.Empty:
                    break
            self._write([waiting for waiting in batch if waiting is not None])
            if batch[-1] is None:
                return

    def _write(self, batch: list[_Waiting]) -> None:
        if not batch:
            return
        try:
            ids = self._ledger.add_many(call for waiting in batch for call in waiting.calls)
        except LedgerError as error:
            for waiting in batch:
                _tell(waiting, error)
            return
        for waiting in batch:
            mine, ids = ids[: len(waiting.calls)], ids[len(waiting.calls) :]
            _tell(waiting, mine)


def _tell(waiting: _Waiting, result: list[int] | LedgerError) -> None:
    def settle() -> None:
        if waiting.written.done():
            return
        if isinstance(result, LedgerError):
            waiting.written.set_exception(result)
        else:
            waiting.written.set_result(result)

    if not waiting.loop.is_closed():
        waiting.loop.call_soon_threadsafe(settle)
