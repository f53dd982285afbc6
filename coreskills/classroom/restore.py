"""A classroom brought back from a backup."""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from coreskills.classroom.backup import CONTENTS, Contents, databases, folders
from coreskills.classroom.service.app import open_exchange
from coreskills.classroom.settings import Classroom, Run
from coreskills.errors import ClassroomError


def restore(room: Classroom, source: Path, *, force: bool = False) -> Contents:
    """Bring back what a backup holds; what stood in its place is moved aside, never deleted.

    Args:
        force: Though there is a classroom already.

    Raises:
        ClassroomError: The file is no whole backup of this course, or something is in the way; nothing was changed.
    """
    _see_that_it_stands(room)
    room.state.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=room.state) as scratch:
        contents = _unpack(source, Path(scratch))
        if contents.course != room.course.course.id:
            raise ClassroomError(
                f"{source} is a backup of the course {contents.course!r}, not of {room.course.course.id!r}.",
                fix="name that course with --course",
            )
        moves = _moves(room, contents, Path(scratch))
        in_the_way = [place for _, place in moves if _is_used(place)]
        if in_the_way and not force:
            raise ClassroomError(
                f"There is a classroom already: {', '.join(map(str, in_the_way))}. Nothing was changed.",
                fix="restore onto an empty state folder, or add --force: what is there is moved aside",
            )
        now = f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
        for copy, place in moves:
            _move_aside(place, now)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(copy, place)  # a store may lie on another disk
    room.make_folders()
    return contents


def damaged(room: Classroom) -> tuple[int, list[str]]:
    """Read every submission back: how many there are, and which of them are not whole."""
    exchange, broken = open_exchange(room), []
    submissions = exchange.submissions()
    for each in submissions:
        try:
            exchange.files(each)
        except ClassroomError as error:
            broken.append(f"{each.learner} {each.lab} {each.attempt}: {error.what}")
    return len(submissions), broken


def _see_that_it_stands(room: Classroom) -> None:
    path = room.hub / "run.json"
    if not path.is_file():
        return
    run = Run.load(path)
    with socket.socket() as probe:
        if run.service_port and probe.connect_ex(("127.0.0.1", run.service_port)) == 0:
            raise ClassroomError(f"The classroom in {room.state} is running.", fix="stop it first (Ctrl-C)")


def _unpack(source: Path, scratch: Path) -> Contents:
    if not source.is_file():
        raise ClassroomError(f"There is no backup {source}.", fix="check the path")
    try:
        with tarfile.open(source, mode="r:gz") as tar:
            tar.extractall(scratch, filter="tar")  # owners stay: each learner's home is that learner's
        table = json.loads((scratch / CONTENTS).read_text(encoding="utf-8"))
        for path in (scratch / "databases").glob("*.sqlite"):
            with closing(sqlite3.connect(path)) as database:
                database.execute("PRAGMA quick_check")
    except (OSError, EOFError, ValueError, tarfile.TarError, sqlite3.Error) as error:
        raise ClassroomError(
            f"{source} is no whole backup: {error}. Nothing was changed.", fix="take another backup file"
        ) from error
    return Contents.read(table)


def _moves(room: Classroom, contents: Contents, scratch: Path) -> list[tuple[Path, Path]]:
    """From where to where; folders first, because a database may lie in one of them."""
    places, files = folders(room)[0], databases(room)[0]
    moves = []
    for kind, suffix, names, targets in (
        ("folders", "", contents.folders, places),
        ("databases", ".sqlite", contents.databases, files),
    ):
        for name in names:
            if name not in targets:
                raise ClassroomError(
                    f"The backup holds {name!r}, which this classroom keeps on a server. Nothing was changed.",
                    fix="unset that CORESKILLS_ variable, or load the data into the server by hand",
                )
            copy = scratch / kind / f"{name}{suffix}"
            if name == "autograded" and copy.is_dir():  # beside the course it holds a README, which is the course's
                moves += [(each, targets[name] / each.name) for each in sorted(copy.iterdir()) if each.is_dir()]
            elif copy.exists():  # an empty folder leaves no trace in an archive
                moves.append((copy, targets[name]))
    return moves


def _is_used(place: Path) -> bool:
    return any(place.iterdir()) if place.is_dir() else place.exists()


def _move_aside(place: Path, now: str) -> None:
    for each in (place, Path(f"{place}-wal"), Path(f"{place}-shm")):
        if each.exists():
            each.rename(each.with_name(f"{each.name}.before-restore-{now}"))
