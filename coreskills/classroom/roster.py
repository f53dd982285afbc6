"""Who is in the class."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from sqlalchemy import Row, select

from coreskills.classroom.store.tables import LearnerRow, reading, writing
from coreskills.errors import ClassroomError

Role = Literal["learner", "instructor"]
_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,79}")  # also a folder's name: no slash, no leading dot, no plus
_EVERYTHING = select(*LearnerRow.__table__.columns)
_COLUMNS = ("name", "full_name", "email", "section", "track", "role", "lms_id")


@dataclass(frozen=True)
class Person:
    """Somebody on the roster.

    Attributes:
        name: As JupyterHub knows them; lower case.
        lms_id: How Canvas or Moodle knows them; empty: by e-mail.
    """

    name: str
    full_name: str = ""
    email: str = ""
    section: str = ""
    track: str = "beginner"
    role: Role = "learner"
    is_active: bool = True
    lms_id: str = ""

    @property
    def shown(self) -> str:
        """The name to show."""
        return self.full_name or self.name


class Roster:
    """The people of one classroom."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url

    def find(self, name: str) -> Person | None:
        with reading(self._url) as session:  # columns, not a mapped object: asked at each request
            row = session.execute(_EVERYTHING.where(LearnerRow.name == name)).first()
            return None if row is None else _person(row)

    def people(self, *, role: Role | None = None, inactive: bool = False) -> list[Person]:
        """Everybody, by name."""
        wanted = select(LearnerRow).order_by(LearnerRow.name)
        if role:
            wanted = wanted.where(LearnerRow.role == role)
        if not inactive:
            wanted = wanted.where(LearnerRow.is_active)
        with reading(self._url) as session:
            return [_person(row) for row in session.scalars(wanted)]

    def put(self, people: Iterable[Person]) -> tuple[int, int]:
        """Add people or bring them up to date; nobody is taken off.

        Returns:
            How many are new, how many changed.
        """
        added = changed = 0
        with writing(self._url) as session:
            for person in people:
                row = session.get(LearnerRow, person.name)
                if row is None:
                    session.add(LearnerRow(**vars(person)))
                    added += 1
                elif _person(row) != person:
                    for field, value in vars(person).items():
                        setattr(row, field, value)
                    changed += 1
        return added, changed

    def retire(self, names: Iterable[str]) -> int:
        """Close the door for some; what they did stays."""
        n = 0
        with writing(self._url) as session:
            for name in names:
                row = session.get(LearnerRow, name)
                if row is not None and row.is_active:
                    row.is_active = False
                    n += 1
        return n


def _person(row: LearnerRow | Row[Any]) -> Person:
    return Person(
        name=row.name,
        full_name=row.full_name,
        email=row.email,
        section=row.section,
        track=row.track,
        role=cast(Role, row.role),
        is_active=row.is_active,
        lms_id=row.lms_id,
    )


def read_roster(path: Path, known: Iterable[Person] = ()) -> list[Person]:
    """Read people from a CSV file with a header; only ``name`` is required.

    Args:
        known: People whose empty or missing fields keep what they have.

    Raises:
        ClassroomError: Names the file, the line and the field.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        raise ClassroomError(f"There is no roster file {path}.", fix="check the path") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise ClassroomError(f"{path} is not a CSV file in UTF-8: {error}.", fix="save it as CSV, UTF-8") from error
    if not rows or "name" not in rows[0]:
        raise ClassroomError(f"{path} has no column 'name'.", fix=f"first line: {','.join(_COLUMNS)}")
    before = {person.name: person for person in known}
    people = [_read_row(path, line, row, before) for line, row in enumerate(rows, start=2)]
    seen: dict[str, int] = {}
    for line, person in enumerate(people, start=2):
        if person.name in seen:
            raise ClassroomError(
                f"{path}, line {line}: {person.name!r} is already in line {seen[person.name]}.", fix="keep one of them"
            )
        seen[person.name] = line
    return people


def _read_row(path: Path, line: int, row: dict[str, str | None], known: Mapping[str, Person]) -> Person:
    value = {column: (row.get(column) or "").strip() for column in _COLUMNS}
    name = value["name"].lower()
    before = known.get(name, Person(name))
    value = {column: told or str(getattr(before, column)) for column, told in value.items()}
    role, track = value["role"], value["track"]
    problem = ""
    if not _NAME.fullmatch(name):
        problem = f"{row['name']!r} cannot be a user name (letters, digits, dot, dash, underscore, @)"
    elif role not in ("learner", "instructor"):
        problem = f"role {role!r} is neither learner nor instructor"
    elif track not in ("beginner", "advanced"):
        problem = f"track {track!r} is neither beginner nor advanced"
    if problem:
        raise ClassroomError(f"{path}, line {line}: {problem}.", fix="mend that line; nothing was imported")
    return Person(**{**value, "name": name, "role": role, "track": track})  # type: ignore[arg-type]  # checked above
