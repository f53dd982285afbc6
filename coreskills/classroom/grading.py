"""Started by the hub: `python -m coreskills.classroom.grading`, the worker that grades what was submitted."""

from __future__ import annotations

import signal
import threading


def main() -> None:
    """Grade until the hub says stop."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()


if __name__ == "__main__":
    main()
