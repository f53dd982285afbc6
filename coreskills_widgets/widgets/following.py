"""Keeps faces up to date: one look at the gateway for all of them, while a cell runs and after it."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

from coreskills_widgets.widgets.kernel_calls import KernelCalls

_EVERY_S = 1.0
_REST = 5.0  # a gateway that takes long to answer is asked less often: at most a sixth of the time


class Following:
    """The faces that follow this kernel's calls, or those of the whole lab.

    While a cell runs the kernel cannot answer the page, so a thread looks once a second and sends what is new.
    """

    def __init__(self, calls: KernelCalls, *, every_s: float = _EVERY_S) -> None:
        self.calls = calls
        self._every_s = every_s
        self._redraws: list[weakref.WeakMethod[Callable[[], None]]] = []
        self._cell: threading.Event | None = None

    def join(self, redraw: Callable[[], None]) -> None:
        """Call a bound method when there is something new; ends with its object."""
        from IPython.core.getipython import get_ipython

        if not self._redraws and (shell := get_ipython()) is not None:
            shell.events.register("pre_run_cell", self._begin)
            shell.events.register("post_run_cell", self._end)
            self._begin()  # the cell that made the face runs already
        self._redraws.append(weakref.WeakMethod(redraw))

    def _begin(self, *_: Any) -> None:
        if self._cell is None:
            self._cell = threading.Event()
            threading.Thread(target=self._watch, args=(self._cell,), name="coreskills-follow", daemon=True).start()

    def _end(self, *_: Any) -> None:
        if self._cell is not None:
            self._cell.set()
            self._cell = None

    def _watch(self, ended: threading.Event) -> None:
        pause = self._every_s
        while not ended.wait(pause):
            started = time.monotonic()
            if self.calls.refresh(only_calls=True):
                self._redraw()
            pause = max(self._every_s, _REST * (time.monotonic() - started))
        self.calls.refresh()
        self._redraw()

    def _redraw(self) -> None:
        for reference in list(self._redraws):
            redraw = reference()
            if redraw is None:
                self._redraws.remove(reference)
            else:
                redraw()


_followings: dict[bool, Following] = {}


def follow(*, whole_lab: bool = False) -> Following:
    """This kernel's calls, or those of the learner's other kernels in the lab too; one for all faces."""
    if whole_lab not in _followings:
        _followings[whole_lab] = Following(KernelCalls(whole_lab=whole_lab))
    return _followings[whole_lab]
