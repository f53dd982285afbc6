"""Where an examiner mounts its candidates' houses, and what is left of those that were killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
import time
from pathlib import Path

_SETTLED_S = 60  # a folder as young as this may not be locked yet


def own_folder() -> tuple[Path, int]:
    """Make a folder to mount candidates' houses in; it is ours as long as the file descriptor is open."""
    parent = "/var/tmp" if os.access("/var/tmp", os.W_OK) else tempfile.gettempdir()  # noqa: S108
    sweep(Path(parent))
    folder = tempfile.mkdtemp(prefix="lab-", dir=parent)
    hold = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(hold, fcntl.LOCK_EX)
    return Path(folder), hold


def sweep(parent: Path) -> None:
    """Remove what examiners that were killed left: empty folders that nobody holds."""
    for folder in parent.glob("lab-????????"):
        with contextlib.suppress(OSError):  # somebody else's, held, or not empty
            if time.time() - folder.stat().st_mtime < _SETTLED_S:
                continue
            hold = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
                folder.rmdir()
            finally:
                os.close(hold)
