"""Keeping what is slow to read, while pages stay quick."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

QUICK_S = 0.03  # of processor time: what else the machine does must not decide
_ONE_AT_A_TIME = threading.Lock()  # so that a page shares its processor with one reading, not with all
T = TypeVar("T")


class Kept(Generic[T]):
    """A value that was read once, and is read again when its mark has changed.

    What takes longer than a moment to read is read in a thread; until that is done, callers get the value from before.
    """

    def __init__(self) -> None:
        self._mark: Any = None
        self._value: T | None = None
        self._took_s = 0.0
        self._reading = threading.Lock()

    def get(self, mark: Any, read: Callable[[], T]) -> T:
        """The value now, or as it was before a reading that is under way.

        Args:
            mark: Differs when the value would.
        """
        if self._value is not None:
            if self._mark == mark:
                return self._value
            if self._took_s > QUICK_S:
                if self._reading.acquire(blocking=False):
                    threading.Thread(target=self._refresh, args=(mark, read), daemon=True).start()
                return self._value
        return self._read(mark, read)

    def _refresh(self, mark: Any, read: Callable[[], T]) -> None:
        try:
            with _ONE_AT_A_TIME:
                self._read(mark, read)
        finally:
            self._reading.release()

    def _read(self, mark: Any, read: Callable[[], T]) -> T:
        started = time.thread_time()
        value = read()
        self._value, self._took_s = value, time.thread_time() - started
        self._mark = mark  # last: a mark is never ahead of its value
        return value
