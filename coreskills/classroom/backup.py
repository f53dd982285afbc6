"""One file that holds a classroom: taken while it runs, brought back onto an empty machine.

Databases come first, then files: a file without a row does no harm, a row without its file would. What lies on a
server (PostgreSQL, an object store) is backed up there; both verbs say so.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy.engine import make_url

from coreskills import __version__
from coreskills.classroom.settings import Classroom
from coreskills.errors import ClassroomError

CONTENTS = "backup.json"
_FORMAT = 1
_LEFT_OUT = {"hub.log", "proxy.pid", "run.json", "jupyterhub.sqlite"}  # of one run only, or copied as a database
_PASSING = ("-wal", "-shm", "-journal")


@dataclass(frozen=True)
class Contents:
    """What a backup holds.

    Attributes:
        elsewhere: Stores on servers, which are not in it.
    """

    course: str
    release: str
    made_utc: str
    databases: tuple[str, ...]
    folders: tuple[str, ...]
    elsewhere: tuple[str, ...]
    format: int = _FORMAT

    @classmethod
    def read(cls, table: dict[str, Any]) -> Contents:
        """From JSON.

        Raises:
            ClassroomError: A newer release wrote it.
        """
        if table.get("format") != _FORMAT:
            raise ClassroomError(
                f"The backup is of format {table.get('format')!r}; this release reads {_FORMAT}.",
                fix=f"install the release that wrote it: {table.get('release', 'unknown')}",
            )
        lists = {name: tuple(table[name]) for name in ("databases", "folders", "elsewhere")}
        return cls(**{**table, **lists})


def databases(room: Classroom) -> tuple[dict[str, Path], list[str]]:
    """The SQLite files of a classroom by name, and the addresses of databases that are servers'."""
    urls = {
        "classroom": room.database_url,  # first: what is graded meanwhile is in the gradebook's copy too
        "gradebook": room.gradebook_url,
        "ledger": room.ledger_url,
        "keys": room.keys_url,
        "jupyterhub": f"sqlite:///{room.hub / 'jupyterhub.sqlite'}",
    }
    files, servers = {}, []
    for name, url in urls.items():
        address = make_url(url)
        if address.get_backend_name() == "sqlite":
            files[name] = Path(str(address.database))
        else:
            servers.append(f"{name}: {address.render_as_string(hide_password=True)}")
    return files, servers


def folders(room: Classroom, *, homes: bool = True) -> tuple[dict[str, Path], list[str]]:
    """The folders of a classroom by name, and the addresses of those that are object stores."""
    found = {
        "hub": room.hub,
        "submitted": room.submitted,
        "feedback": room.feedback,
        "autograded": room.autograded,
        **({"home": room.homes} if homes else {}),
    }
    if room.blobs_url.startswith("file://"):
        return {"blobs": Path(room.blobs_url.removeprefix("file://")), **found}, []
    return found, [f"blobs: {room.blobs_url}"]


def back_up(room: Classroom, target: Path, *, homes: bool = True) -> Contents:
    """Write a backup, readable by its owner only; the classroom may run meanwhile.

    Args:
        homes: Learners' own files too, handed in or not.

    Raises:
        ClassroomError: There is nothing to back up, ``target`` exists already, or a file cannot be read or written.
    """
    files, servers = databases(room)
    places, stores = folders(room, homes=homes)
    files = {name: path for name, path in files.items() if path.is_file()}
    places = {name: path for name, path in places.items() if path.is_dir()}
    if not files:
        raise ClassroomError(f"There is no classroom in {room.state}.", fix="name its course with --course")
    if target.exists():
        raise ClassroomError(f"{target} exists already; nothing was written.", fix="name another file")
    contents = Contents(
        course=room.course.course.id,
        release=__version__,
        made_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        databases=tuple(files),
        folders=tuple(places),
        elsewhere=(*servers, *stores),
    )
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            _write(file, files, places, contents)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise ClassroomError(
            f"The backup {target} could not be written: {error}.", fix="mend that, then back up again"
        ) from error
    finally:
        beside.unlink(missing_ok=True)
    return contents


def _write(file: IO[bytes], files: dict[str, Path], places: dict[str, Path], contents: Contents) -> None:
    # Level 1: a backup that takes minutes of a learner's processor is a backup nobody takes.
    with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as tar, tempfile.TemporaryDirectory() as scratch:
        for name, path in files.items():
            copy = Path(scratch) / "copy.sqlite"
            with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
                source.backup(target)
            tar.add(copy, f"databases/{name}.sqlite")
            copy.unlink()
        for name, folder in places.items():
            for path in _kept(folder):
                with contextlib.suppress(FileNotFoundError):  # its owner deleted it meanwhile
                    tar.add(path, f"folders/{name}/{path.relative_to(folder)}", recursive=False)
        text = json.dumps(asdict(contents), indent=1).encode()
        last = tarfile.TarInfo(CONTENTS)  # last: an archive that was cut off has none
        last.size = len(text)
        tar.addfile(last, io.BytesIO(text))


def _kept(folder: Path) -> Iterator[Path]:
    for parent, names, files in os.walk(folder):
        for name in sorted(names + files):
            if name not in _LEFT_OUT and not name.endswith(_PASSING):
                yield Path(parent) / name
