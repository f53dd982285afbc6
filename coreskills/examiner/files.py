"""Laying a submission's files out for a run, without following anything they point at."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from coreskills.errors import GradingError

MAX_FILES = 5000
# Taken as submitted even from folders that start empty: written by hand, not by the notebook.
KEPT_SUFFIXES = (".md", ".bundle", ".mmd")


def lay_out(source: str, target: Path, *, emptied: tuple[str, ...], max_bytes: int) -> None:
    """Copy regular files; links are left out, and so are notebooks at the top.

    Raises:
        GradingError: They are more or larger than the candidate's disk holds.
    """
    left, count = max_bytes * 9 // 10, 0
    for folder in emptied:
        (target / folder).mkdir(parents=True, exist_ok=True)
        (target / folder).chmod(0o777)
    for relative, path in _regular_files(Path(source)):
        if len(relative.parts) == 1 and relative.suffix == ".ipynb":
            continue
        if relative.parts[0] in emptied and relative.suffix not in KEPT_SUFFIXES:
            continue
        count += 1
        left -= path.stat().st_size
        if left < 0 or count > MAX_FILES:
            raise GradingError(
                f"The files in {source} do not fit: more than {max_bytes // 2**20} MB or {MAX_FILES} files.",
                fix="delete what the lab does not need, or raise limits.disk_mb",
            )
        (target / relative).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target / relative, follow_symlinks=False)
        (target / relative).chmod(0o666 | (path.stat().st_mode & 0o111))
    for folder, names, _ in os.walk(target):
        for name in names:
            (Path(folder) / name).chmod(0o777)


def _regular_files(root: Path) -> Iterator[tuple[Path, Path]]:
    for folder, names, files in os.walk(root, followlinks=False):
        names[:] = [name for name in names if name != ".ipynb_checkpoints"]
        for name in sorted(files):
            path = Path(folder) / name
            if stat.S_ISREG(path.lstat().st_mode):
                yield path.relative_to(root), path
