"""The IPython extension of the CoreSkills kernel: names the running cell to the gateway, and shows the cell note.

What it shows fails quietly: no gateway, no note. It never writes to stderr and never breaks a learner's cell.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable
from typing import Any

from coreskills_widgets.kernel import calls
from coreskills_widgets.kernel.cells import Notebook
from coreskills_widgets.kernel.client import GatewayAway, GatewayClient, Row

log = logging.getLogger("coreskills.kernel")
# Below the kernel's own level unless someone wants to see it: these lines would otherwise reach the learner's stderr.
log.addHandler(logging.NullHandler())
log.propagate = False


class CellNotes:
    """Before and after each cell."""

    def __init__(self, shell: Any, client: GatewayClient) -> None:
        self._shell, self._client = shell, client
        self._notebook = Notebook(os.environ.get("JPY_SESSION_NAME", ""))
        self._seen: int | None = None

    def before(self, info: Any) -> None:
        """Tell the gateway which cell runs."""
        cell_id = str(getattr(info, "cell_id", None) or "")
        number = len(self._shell.history_manager.input_hist_parsed)  # execution_count may be ahead by one already
        place = self._notebook.place(cell_id) if cell_id else None
        label = f"cell {place}" if place is not None else f"In [{number}]"
        try:
            if self._client.is_resting:
                self._client.reload()
                return
            if self._seen is None:
                self._seen = max((_row_id(row) for row in self._client.calls()), default=0)
            self._client.cell(cell_id=cell_id or f"in-{number}", label=label, order=place or number)
        except GatewayAway as away:
            log.debug("CoreSkills: the cell was not announced: %s", away)

    def after(self, _result: Any) -> None:
        """Show what the cell's calls came to."""
        if self._seen is None or self._client.is_resting:
            return
        try:
            rows = self._client.calls(after=self._seen)
            if not rows:
                return
            self._seen = max(_row_id(row) for row in rows)
            status = self._client.budget()
        except GatewayAway as away:
            log.debug("CoreSkills: no cell note: %s", away)
            return
        self._show(rows, status)
        calls.publish(rows, status)

    def _show(self, rows: list[Row], status: Row) -> None:
        from coreskills_widgets.kernel.note import Note

        try:
            note = Note.of(rows, status)
            data = {"text/plain": note.text(), "text/html": note.html()}
        except (ArithmeticError, KeyError, TypeError, ValueError):  # a gateway of another version: no note is better
            log.debug("CoreSkills: rows not understood", exc_info=True)
            return
        self._shell.display_pub.publish(data=data, metadata={"coreskills": {"kind": "cell-note"}})


def _row_id(row: Row) -> int:
    return int(row.get("rowid") or row.get("id") or 0)


def wake_on_signals(loop: asyncio.AbstractEventLoop) -> None:
    """Let an interrupt end ``await asyncio.sleep(60)`` at once, not after the sixty seconds.

    ipykernel's handler schedules the cancellation, but a loop that waits for its next event does not notice
    (https://github.com/ipython/ipykernel/issues/881): a byte written by the interpreter at each signal wakes it.
    """
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)

    def drain() -> None:
        with contextlib.suppress(BlockingIOError):
            reader.recv(4096)

    loop.add_reader(reader, drain)
    signal.set_wakeup_fd(writer.detach(), warn_on_full_buffer=False)


def _wake_once(shell: Any) -> Callable[..., None]:
    """The first cell runs inside the kernel's loop, which is not there yet when extensions load."""

    def first_cell(*_: Any) -> None:
        shell.events.unregister("pre_run_cell", first_cell)
        if threading.current_thread() is threading.main_thread():
            with contextlib.suppress(RuntimeError, NotImplementedError, ValueError, OSError):
                wake_on_signals(asyncio.get_running_loop())

    return first_cell


def load_ipython_extension(shell: Any) -> None:
    """Called by IPython when the kernel starts."""
    from coreskills_widgets.kernel.magic import register

    register(shell)
    shell.events.register("pre_run_cell", _wake_once(shell))
    try:
        client = calls.client()
    except GatewayAway:
        return
    notes = CellNotes(shell, client)
    shell.events.register("pre_run_cell", notes.before)
    shell.events.register("post_run_cell", notes.after)
