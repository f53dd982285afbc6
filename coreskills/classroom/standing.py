"""Where each learner stands in the course: scores from grading, rules from `coreskills.progress`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from coreskills.classroom.gradebook import read_standings
from coreskills.classroom.recommendations import Recommendations
from coreskills.classroom.roster import Person, Roster
from coreskills.classroom.settings import Classroom
from coreskills.classroom.store.grades import Attempt, Grades, best_scores
from coreskills.course import Track
from coreskills.errors import ClassroomError, GradingError
from coreskills.progress.rules import Status, completion


@dataclass(frozen=True)
class Standing:
    """One learner and their status."""

    person: Person
    status: Status

    def row(self) -> dict[str, Any]:
        """As JSON shows it; scores as exact text."""
        status = self.status
        return {
            "learner": self.person.name,
            "track": self.person.track,
            "labs": {
                each.lab.id: {"score": str(each.score.points), "max": str(each.score.max), "passed": each.is_passed}
                for each in status.labs
                if each.score is not None
            },
            "modules": {
                each.module.id: {
                    "passed": each.passed,
                    "total": each.total,
                    "complete": each.is_complete,
                    "track": each.track,
                }
                for each in status.modules
            },
            "capstone": None if status.capstone is None else status.capstone.is_passed,
            "badge": status.has_badge,
            "track3": status.track3,
            "aws_opt_ins": list(status.opt_ins),
        }


def standings(room: Classroom, names: list[str] | None = None) -> list[Standing]:
    """Where learners stand.

    Raises:
        ClassroomError: One of ``names`` is not on the roster.
    """
    people = Roster(room.database_url).people(role="learner")
    if names is not None:
        known = {person.name for person in people}
        if missing := [name for name in names if name not in known]:
            raise ClassroomError(f"{missing[0]!r} is not on the roster.", fix="coreskills roster list")
        people = [person for person in people if person.name in names]
    attempts: Mapping[str, list[Attempt]] = defaultdict(list)
    for attempt in Grades(room.database_url).attempts():
        attempts[attempt.learner].append(attempt)
    recommendations = Recommendations(room.database_url)
    return [
        Standing(
            person,
            completion(
                room.course,
                best_scores(room.course, attempts[person.name]),
                track=cast(Track, person.track),
                recommendation=recommendations.reason(person.name),
            ),
        )
        for person in people
    ]


def take_over_judgements(room: Classroom, lab_id: str) -> int:
    """Copy what a person judged in formgrader into the grades of the submissions it was about.

    Where learners see scores at once they get the new page at once too: panel and page never disagree.

    Returns:
        How many grades there are now with a judgement.
    """
    grades, lab = Grades(room.database_url), room.course.lab(lab_id)
    try:
        known = read_standings(room.gradebook_url, lab_id)
    except GradingError:  # the gradebook does not know the lab yet: nobody can have judged it
        return 0
    n, changed = 0, []
    for attempt in grades.attempts(lab=lab_id):
        standing = known.get(attempt.learner)
        if attempt.grade is None or standing is None or standing.timestamp != attempt.received_utc:
            continue
        judged = standing.manual if lab.points.manual else attempt.grade.manual
        if grades.set_manual(attempt.submission_id, judged):
            changed.append(attempt.learner)
        n += judged is not None
    if changed and lab.grading == "on_submit":
        from coreskills.classroom.returning import return_feedback  # the examiner's libraries, seldom needed here

        return_feedback(room, lab, changed)
    return n
