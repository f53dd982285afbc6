"""What all plug-ins share."""

from __future__ import annotations

import io
import os
import zipfile
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from nbgrader.exchange.abc import Exchange as ABCExchange

from coreskills_widgets.exchange.client import CourseService

SKIPPED = {".ipynb_checkpoints", "__pycache__", ".git", "feedback", ".virtual_documents"}


class ServiceExchange(ABCExchange):
    """An exchange that lives in the course service."""

    path_includes_course = False
    force = False

    @cached_property
    def service(self) -> CourseService:
        """The service, with the token of whoever runs this."""
        return CourseService()

    def lab_folder(self, lab: str) -> Path:
        """Where a learner's copy of a lab lies."""
        return Path(self.assignment_dir).resolve() / lab

    def init_src(self) -> None:
        """Nothing to look at before the transfer."""

    def init_dest(self) -> None:
        """Nothing to prepare before the transfer."""


def pack(folder: Path) -> bytes:
    """A zip of a folder; links, checkpoints and fetched feedback stay out."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            if path.is_file() and not path.is_symlink() and not SKIPPED.intersection(inside.parts):
                archive.writestr(zipfile.ZipInfo(inside.as_posix(), (1980, 1, 1, 0, 0, 0)), path.read_bytes())
    return buffer.getvalue()


def unpack(bundle: bytes, folder: Path, *, only_missing: bool = False) -> list[str]:
    """Lay a zip out below ``folder``; nothing may leave it.

    Args:
        only_missing: Leave what is already there.

    Returns:
        The files written.
    """
    root, written = folder.resolve(), []
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        for entry in archive.infolist():
            path = (root / entry.filename).resolve()
            if entry.is_dir() or not path.is_relative_to(root) or (only_missing and path.exists()):
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            beside = path.with_name(f".{path.name}.{os.getpid()}")
            beside.write_bytes(archive.read(entry))
            beside.replace(path)
            written.append(entry.filename)
    return written


def stamp(received_utc: str) -> str:
    """A submission's time as nbgrader writes it."""
    return datetime.fromisoformat(received_utc).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")
