"""How many requests a minute a key may send."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Bucket:
    """A token bucket: a minute's worth may come at once, then one every ``60 / per_minute`` seconds.

    Args:
        clock: Seconds, growing.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._left: float | None = None
        self._at = 0.0

    def take(self, per_minute: int) -> float:
        """Take one request out.

        Returns:
            0 when it may go; else the seconds until the next may.
        """
        with self._lock:
            now = self._clock()
            left = per_minute if self._left is None else self._left + (now - self._at) * per_minute / 60
            self._left, self._at = min(left, float(per_minute)), now
            if self._left >= 1:
                self._left -= 1
                return 0.0
            return (1 - self._left) * 60 / per_minute
