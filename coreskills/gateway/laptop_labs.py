"""The labs of a computer without a classroom: what the Course panel shows of them, and their files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from coreskills.course import Course, Lab
from coreskills.errors import CourseError
from coreskills.ledger.call import iso, money


def panel(course: Course | None, *, spent_usd: Callable[[str], Decimal]) -> dict[str, Any]:
    """The panel's data, in the fields of the course service's; nobody here takes labs in or gives scores.

    Args:
        course: Without one there are no labs to offer.
        spent_usd: What was spent in a lab.
    """
    answer = {"has_classroom": False, "service": {"state": "ok", "as_of_utc": iso(datetime.now(UTC))}}
    if course is None:
        return {**answer, "modules": []}
    modules = [
        {
            "id": module.id,
            "title": module.title,
            "labs": [_row(course, lab, spent_usd(lab.id)) for lab in course.labs if lab.module == module.id],
        }
        for module in course.modules
    ]
    return {**answer, "course": {"id": course.course.id, "title": course.course.title}, "modules": modules}


def released_files(course: Course, lab: Lab) -> Iterator[tuple[Path, Path]]:
    """A lab's released files: where each is, and its place in the lab's folder.

    Raises:
        CourseError: The lab is not open, or was never released.
    """
    folder = course.root / "release" / lab.id
    if not lab.is_open or not (folder / f"{lab.id}.ipynb").is_file():
        ready = ", ".join(each.id for each in course.open_labs) or "none yet"
        raise CourseError(f"Lab {lab.id!r} is not open yet.", fix=f"choose one of: {ready}")
    return ((path, path.relative_to(folder)) for path in sorted(folder.rglob("*")) if path.is_file())


def bundle(course: Course, lab: Lab) -> bytes:
    """A lab's released files as a zip.

    Raises:
        CourseError: The lab is not open, or was never released.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, inside in released_files(course, lab):
            archive.write(path, inside.as_posix())
    return buffer.getvalue()


def _row(course: Course, lab: Lab, spent_usd: Decimal) -> dict[str, Any]:
    return {
        "id": lab.id,
        "number": lab.number,
        "title": lab.title,
        "track": lab.track,
        "minutes": lab.minutes,
        "state": "new" if lab.is_open else "to_come",
        "spent_usd": money(spent_usd),
        "budget_usd": money(course.budget_usd(lab)),
    }
