"""What can be wrong with a course's cassettes without any single call being wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

from coreskills.cassettes import fit, words
from coreskills.cassettes.files import Cassette, read
from coreskills.cassettes.library import Library
from coreskills.cassettes.secret_scan import scan
from coreskills.cassettes.shape import model_family, parse
from coreskills.course import Course, Lab
from coreskills.errors import CassetteError

Kind = Literal["orphan", "damaged", "unplayed", "no recording", "anchor", "secret", "retired model", "hidden answer"]

_SOON = timedelta(days=90)
_ANSWER_WORDS = 5
_KEPT_FOLDERS = (
    "cassettes",
    "source",
    "release",
    "autograded",
    "feedback",
    ".coreskills/feedback",
    ".coreskills/submitted",
)
_HIDDEN_MARKS = ("### BEGIN HIDDEN TESTS", "### BEGIN SOLUTION")


@dataclass(frozen=True)
class Problem:
    """One finding.

    Attributes:
        lab: ``None`` for a file of no lab.
        is_warning: Worth knowing; does not stop a release.
    """

    lab: str | None
    kind: Kind
    where: str
    message: str
    is_warning: bool = False

    def __str__(self) -> str:
        return f"{'warning: ' if self.is_warning else ''}{self.kind}: {self.where}: {self.message}"


def lint_course(
    course: Course, *, retirements: Mapping[str, date] | None = None, today: date | None = None
) -> list[Problem]:
    """Everything that reading files can tell: orphans, damage, weak anchors, secrets, models, hidden answers.

    Args:
        retirements: Last day of each model that has one.
    """
    found = [*orphans(course), *secrets(course)]
    for lab in course.labs:
        found += lint_lab(course, lab, retirements=retirements, today=today)
    return found


def lint_lab(
    course: Course, lab: Lab, *, retirements: Mapping[str, date] | None = None, today: date | None = None
) -> list[Problem]:
    """What the files of one lab tell."""
    try:
        visible, hidden = _cassettes(course, lab)
    except CassetteError as error:
        return [Problem(lab.id, "damaged", "cassettes", error.what)]
    found = [*weak_anchors(lab, [*visible, *hidden]), *hidden_answers(course, lab, visible, hidden)]
    found += parted(lab, visible, hidden)
    if retirements:
        found += retired_models(lab, [*visible, *hidden], retirements=retirements, today=today)
    return found


def _cassettes(course: Course, lab: Lab) -> tuple[list[Cassette], list[Cassette]]:
    paths = course.cassette(lab.id), course.cassette(lab.id, hidden=True)
    visible, hidden = ([read(path)] if path.is_file() else [] for path in paths)
    return visible, hidden


def parted(lab: Lab, visible: Iterable[Cassette], hidden: Iterable[Cassette]) -> Iterator[Problem]:
    """A lab's two cassettes that were not recorded together, so that nobody would notice if the hidden one was lost."""
    told = sum(cassette.hidden_calls for cassette in visible)
    there = sum(len(cassette.recordings) for cassette in hidden)
    if told != there:
        message = f"{lab.id}.json was recorded with {told} calls of hidden checks, this holds {there}"
        yield Problem(lab.id, "damaged", f"{lab.id}.hidden.json", f"{message}; record the lab again")


def orphans(course: Course) -> Iterator[Problem]:
    """Cassette files that no lab has: unknown lab, wrong name, or a lab without a notebook."""
    known = {course.cassette(lab.id, hidden=hidden): lab for lab in course.labs for hidden in (False, True)}
    for path in sorted((course.root / "cassettes").rglob("*")):
        if not path.is_file() or path.name == "README.md":
            continue
        where = str(path.relative_to(course.root))
        lab = known.get(path)
        if lab is None:
            yield Problem(None, "orphan", where, "no lab has this cassette; delete it, or name it <lab>.json")
        elif not course.source(lab.id).is_file():
            yield Problem(lab.id, "orphan", where, f"there is no notebook {course.source(lab.id).name} to play it")


def unplayed(course: Course, lab: Lab, played: Collection[tuple[str, int]]) -> Iterator[Problem]:
    """Recordings that nothing plays, neither the reference nor any variant.

    Args:
        played: File name and place of each recording that answered a request.
    """
    for cassette in (each for part in _cassettes(course, lab) for each in part):
        for place, recording in enumerate(cassette.recordings):
            if (cassette.name, place) not in played:
                where = f"{cassette.name} number {place}, of cell {recording.cell}"
                yield Problem(lab.id, "unplayed", where, "nothing plays this recording; record the lab again")


def calls_without_recording(lab: Lab, misses: Iterable[Mapping[str, Any]]) -> Iterator[Problem]:
    """Requests of a reference solution that no recording answers.

    Args:
        misses: As an examination gives them: ``learner_message`` and ``instructor_view``.
    """
    for miss in misses:
        yield Problem(lab.id, "no recording", "reference", f"{miss['instructor_view']}\nrecord the lab again")


def weak_anchors(lab: Lab, cassettes: Iterable[Cassette]) -> Iterator[Problem]:
    """Test inputs that cannot be found by their words alone: too short, or inside another."""
    library = Library(list(cassettes))
    for skeleton in sorted(library.recorded_inputs - library.anchors):
        if words.is_long(skeleton):
            reason = "it lies inside another test input, so that one cut short would look like it"
        else:
            reason = f"it has fewer than {words.ANCHOR_WORDS} words"
        message = f"{reason}; reworded prompts are answered only inside the test call that passes it"
        yield Problem(lab.id, "anchor", f"test input {skeleton.strip()[:60]!r}", message, is_warning=True)


def secrets(course: Course, *, folders: Iterable[Path] | None = None) -> Iterator[Problem]:
    """Keys, account headers and cookies in cassettes, notebooks, outputs and feedback."""
    places = folders if folders is not None else [course.root / name for name in _KEPT_FOLDERS]
    for secret in scan(places, cassettes=course.root / "cassettes"):
        where = secret.path.relative_to(course.root) if secret.path.is_relative_to(course.root) else secret.path
        message = f"{secret.kind} ({secret.shown}); remove it, and have it replaced"
        yield Problem(_lab_of(course, secret.path), "secret", f"{where} line {secret.line}", message)


def _lab_of(course: Course, path: Path) -> str | None:
    names = {lab.id for lab in course.labs}
    return next((part for part in path.parts if part in names), None)


def retired_models(
    lab: Lab, cassettes: Iterable[Cassette], *, retirements: Mapping[str, date], today: date | None = None
) -> Iterator[Problem]:
    """Models that have ended, or end within three months; one that was recorded as gone is the lab's subject."""
    now = today or date.today()  # noqa: DTZ011 - a retirement has a day, not a moment
    last_days = {model_family(name): day for name, day in retirements.items()}
    used = {
        (cassette.name, parse(each.request).model)
        for cassette in cassettes
        for each in cassette.recordings
        if each.response.status != 404
    }
    for name, model in sorted(used):
        day = last_days.get(model)
        if day is not None and day <= now + _SOON:
            said = "was retired on" if day <= now else "retires on"
            yield Problem(lab.id, "retired model", name, f"{model} {said} {day}; choose another, record again", True)


def hidden_answers(
    course: Course, lab: Lab, visible: Iterable[Cassette], hidden: Iterable[Cassette]
) -> Iterator[Problem]:
    """What only grading may know, found in a released file: hidden checks, solutions, hidden recorded answers.

    An answer that quotes its own prompt is no secret, nor is one that a visible check gets too.
    """
    public = {_answer(each) for cassette in visible for each in cassette.recordings}
    secret = {
        answer: f"{cassette.name} number {place}"
        for cassette in hidden
        for place, each in enumerate(cassette.recordings)
        if (answer := _answer(each)) not in public
        and len(answer.split()) >= _ANSWER_WORDS
        and answer not in words.skeleton(parse(each.request).text)
    }
    for path in sorted((course.root / "release" / lab.id).rglob("*")):
        if not path.is_file():
            continue
        where = str(path.relative_to(course.root))
        if path.name.endswith(".hidden.json"):
            yield Problem(lab.id, "hidden answer", where, "a cassette of hidden checks is released; delete it there")
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for mark in _HIDDEN_MARKS:
            if mark in text:
                yield Problem(lab.id, "hidden answer", where, f"it contains {mark!r}; make the release again")
        skeleton = words.skeleton(text)
        for answer, source in secret.items():
            if answer in skeleton:
                yield Problem(lab.id, "hidden answer", where, f"it contains the hidden recorded answer of {source}")


def _answer(recording: Any) -> str:
    """The words of a recorded answer's text; a space where it has none."""
    document = fit.plain_document(recording)
    return words.skeleton(" ".join(_texts(document))) if isinstance(document, dict) else " "


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("text", "content", "arguments") and isinstance(inner, str):
                yield inner
            elif key in ("content", "output", "choices", "message"):
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
