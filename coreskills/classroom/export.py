"""Grades for a learning platform."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from coreskills.classroom.feedback import shown_points
from coreskills.classroom.standing import Standing
from coreskills.course import Course, Lab

FORMATS = ("canvas", "moodle")


def export(course: Course, standings: Sequence[Standing], *, form: str) -> str:
    """A CSV file as Canvas's gradebook or Moodle's grade import reads it; only labs that somebody handed in.

    Canvas matches students by ``ID`` or ``SIS User ID``, Moodle by e-mail. A lab that was not handed in stays empty: an
    empty cell changes nothing there, a 0 would.
    """
    graded = {each.lab.id for standing in standings for each in standing.status.labs if each.score is not None}
    labs = [lab for lab in course.labs if lab.id in graded]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    if form == "canvas":
        writer.writerow(["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *(_column(lab) for lab in labs)])
        writer.writerow(["    Points Possible", "", "", "", "", *(str(lab.points.total) for lab in labs)])
    else:
        writer.writerow(["Email address", "ID number", "Full name", *(_column(lab) for lab in labs)])
    for standing in standings:
        writer.writerow([*_who(standing, form), *_scores(standing, labs)])
    return out.getvalue()


def _column(lab: Lab) -> str:
    return f"{lab.number} {lab.title}"


def _who(standing: Standing, form: str) -> list[str]:
    person = standing.person
    if form == "canvas":
        first, _, last = person.full_name.rpartition(" ")
        name = f"{last}, {first}" if first else person.shown
        return [plain_text(text) for text in (name, person.lms_id, person.lms_id, person.name, person.section)]
    return [plain_text(text) for text in (person.email, person.lms_id, person.full_name)]


def _scores(standing: Standing, labs: Sequence[Lab]) -> list[str]:
    shown = {each.lab.id: shown_points(each.score.points) for each in standing.status.labs if each.score is not None}
    return [shown.get(lab.id, "") for lab in labs]


def plain_text(text: str) -> str:
    """Text that a spreadsheet takes for text and not for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
