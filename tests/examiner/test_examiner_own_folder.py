"""The folders of examiners that were killed go away; those of living ones never do."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from coreskills.examiner.own_folder import own_folder, sweep


def folder(parent: Path, name: str, *, age_s: float = 3600, holds: str = "") -> Path:
    made = parent / name
    made.mkdir()
    if holds:
        (made / holds).touch()
    os.utime(made, (time.time() - age_s,) * 2)
    return made


def test_only_what_nobody_holds_is_swept(tmp_path: Path) -> None:
    """Held, filled, fresh, or another program's: each stays."""
    left = folder(tmp_path, "lab-aaaaaaaa")
    held = folder(tmp_path, "lab-bbbbbbbb")
    kept = [held, folder(tmp_path, "lab-cccccccc", holds="work"), folder(tmp_path, "lab-dddddddd", age_s=0)]
    kept.append(folder(tmp_path, "lab-results"))
    hold = os.open(held, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(hold, fcntl.LOCK_EX)
    sweep(tmp_path)
    assert not left.exists()
    assert all(each.exists() for each in kept)
    os.close(hold)
    sweep(tmp_path)
    assert not held.exists()


def test_a_living_examiners_folder_stays() -> None:
    """However old it is: its mounts would go with it."""
    base, hold = own_folder()
    try:
        os.utime(base, (0, 0))
        sweep(base.parent)
        assert base.exists()
    finally:
        base.rmdir()
        os.close(hold)
