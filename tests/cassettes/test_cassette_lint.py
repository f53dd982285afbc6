"""What is wrong with a course's cassettes is found, and what is right is left alone."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from coreskills.cassettes import Provenance, Recording, write
from coreskills.cassettes.files import read
from coreskills.cassettes.lint import (
    Problem,
    calls_without_recording,
    hidden_answers,
    lint_course,
    lint_lab,
    orphans,
    secrets,
    unplayed,
)
from coreskills.cassettes.secret_scan import scan_text
from coreskills.course import Course, load_course
from coreskills.wire.http import WireRequest, WireResponse

ROOT = Path(__file__).resolve().parents[2]
LAB = "b1-1-first-call"
JSON = {"content-type": "application/json"}
TODAY = date(2026, 11, 22)
SECRET_ANSWER = "The parcel of order 4711 waits at the northern gate"


@pytest.fixture
def course(tmp_path: Path) -> Course:
    shutil.copy(ROOT / "course.toml", tmp_path)
    made = load_course(tmp_path)
    made.source(LAB).parent.mkdir(parents=True)
    made.source(LAB).write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    keep(made.cassette(LAB), [call("Is this a good tent for winter?", "Yes")])
    return made


def call(
    text: str, answer: str, *, cause: str | None = None, model: str = "claude-haiku-5-5", status: int = 200
) -> Recording:
    body = {"model": model, "max_tokens": 9, "messages": [{"role": "user", "content": text}]}
    message = {"type": "message", "content": [{"type": "text", "text": answer}], "usage": {}, "stop_reason": "end_turn"}
    request = WireRequest("anthropic", "POST", "/v1/messages", body=json.dumps(body).encode())
    response = WireResponse(status, JSON, json.dumps(message).encode())
    return Recording(request, response, (cause,) if cause else (), "b11-t1-check")


def keep(path: Path, recordings: list[Recording]) -> None:
    write(path, recordings, provenance=Provenance("offline", "2026-11-22"))


def kinds(problems: Any) -> list[str]:
    return [problem.kind for problem in problems]


def test_a_sound_course_has_no_problems(course: Course) -> None:
    """Nothing is found where nothing is wrong."""
    assert lint_course(course, retirements={"claude-haiku-5-5": date(2028, 1, 1)}, today=TODAY) == []


def test_files_of_no_lab_are_orphans(course: Course) -> None:
    """A cassette of an unknown lab, a wrong name, and a lab without a notebook."""
    keep(course.root / "cassettes" / "b9-9-gone" / "b9-9-gone.json", [])
    keep(course.cassette(LAB).with_name("old.json"), [])
    keep(course.cassette("b1-2-cost-calculator"), [])
    assert [problem.where for problem in orphans(course)] == [
        "cassettes/b1-1-first-call/old.json",
        "cassettes/b1-2-cost-calculator/b1-2-cost-calculator.json",
        "cassettes/b9-9-gone/b9-9-gone.json",
    ]


def test_a_recording_that_nothing_plays_is_named(course: Course) -> None:
    """File, place and cell say which."""
    lab = course.lab(LAB)
    keep(course.cassette(LAB), [call("one", "1"), call("two", "2")])
    assert [p.where for p in unplayed(course, lab, {(f"{LAB}.json", 0)})] == [
        f"{LAB}.json number 1, of cell b11-t1-check"
    ]


def test_a_call_of_the_reference_without_recording_is_told_with_its_diff(course: Course) -> None:
    """The instructor's view of the miss is in the message."""
    miss = {"learner_message": "No recorded answer", "instructor_view": "nearest: interaction 3"}
    (problem,) = calls_without_recording(course.lab(LAB), [miss])
    assert (problem.kind, "nearest: interaction 3" in problem.message) == ("no recording", True)


def test_short_and_nested_inputs_are_warned_of(course: Course) -> None:
    """They are found only inside their test call; settings that never vary are no inputs."""
    texts = ("Great!", "the zip broke on day one", "the zip broke on day one and again on day two")
    keep(course.cassette(LAB), [call(f"Label: {t}", "x", cause=f"classify({t!r}, level='high')") for t in texts])
    problems = lint_lab(course, course.lab(LAB))
    assert [(p.where, p.is_warning) for p in problems] == [
        ("test input 'great'", True),
        ("test input 'the zip broke on day one'", True),
    ]


def test_models_that_end_soon_are_warned_of_with_the_day(course: Course) -> None:
    """Gone, going within 90 days, and staying; an answer that says 404 is the lab's own subject."""
    models = {
        "gone": date(2026, 1, 1),
        "going": date(2027, 1, 5),
        "staying": date(2027, 9, 1),
        "taught": date(2025, 1, 1),
    }
    calls = [call("hi", "x", model=f"{model}-20250101", status=404 if model == "taught" else 200) for model in models]
    keep(course.cassette(LAB), calls)
    problems = lint_lab(course, course.lab(LAB), retirements=models, today=TODAY)
    assert [problem.message.partition(";")[0] for problem in problems] == [
        "going retires on 2027-01-05",
        "gone was retired on 2026-01-01",
    ]
    assert all(problem.is_warning for problem in problems)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("key = 'sk-ant-api03-" + "Ab3_" * 8 + "'", "Anthropic key"),
        ("sk-proj-" + "a1B2" * 10, "OpenAI key"),
        ("sk-coreskills-" + "x9-_" * 8, "classroom key"),
        ("AKIA" + "ABCD1234" * 2, "AWS key"),
        ("Authorization: Bearer " + "tok3n" * 8, "bearer token"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "private key"),
    ],
    ids=["anthropic", "openai", "classroom", "aws", "bearer", "private"],
)
def test_each_kind_of_key_is_found_and_not_repeated(text: str, kind: str) -> None:
    """The finding shows a few characters, never the key."""
    ((line, found, shown),) = [each for each in scan_text(text) if each[1] == kind]
    assert (line, found) == (1, kind)
    assert len(shown) <= 15


@pytest.mark.parametrize(
    "text", ["sk-ant-...", "sk-ant-xxxx", "your key, sk-...", "a task-oriented bearer of news", "sk-learn"]
)
def test_words_about_keys_are_no_keys(text: str) -> None:
    """Lessons speak of keys."""
    assert not list(scan_text(text))


def test_secrets_are_found_in_cassettes_outputs_and_feedback(course: Course) -> None:
    """In every folder that is kept, and headers that name an account in cassettes."""
    key = "sk-ant-api03-" + "Ab3_" * 8
    for place in (
        "source/x/output.ipynb",
        "release/x/data.csv",
        "feedback/ada/x/x.html",
        ".coreskills/submitted/a/x.py",
    ):
        path = course.root / place
        path.parent.mkdir(parents=True)
        path.write_text(f"one\n{key}\n")
    (course.root / "cassettes" / "headers.yaml").write_text(
        "headers:\n  Set-Cookie:\n  - _cfuvid=1\n  openai-organization: ['acme']\n"
    )
    found = [problem.where for problem in secrets(course)]
    assert found == [
        "cassettes/headers.yaml line 2",
        "cassettes/headers.yaml line 4",
        "source/x/output.ipynb line 2",
        "release/x/data.csv line 2",
        "feedback/ada/x/x.html line 2",
        ".coreskills/submitted/a/x.py line 2",
    ]


def released(course: Course, text: str, name: str = f"{LAB}.ipynb") -> list[Problem]:
    path = course.root / "release" / LAB / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    hidden = [
        call("Where is my parcel?", SECRET_ANSWER),
        call("Say: I like green apples very much", "I like green apples very much"),
    ]
    keep(course.cassette(LAB, hidden=True), hidden)
    visible, kept = read(course.cassette(LAB)), read(course.cassette(LAB, hidden=True))
    return list(hidden_answers(course, course.lab(LAB), [visible], [kept]))


def test_a_hidden_answer_in_a_released_file_is_found(course: Course) -> None:
    """In other writing, too."""
    (problem,) = released(course, f'{{"source": "{SECRET_ANSWER.upper()}!"}}')
    assert "hidden recorded answer" in problem.message


def test_hidden_checks_solutions_and_cassettes_are_not_released(course: Course) -> None:
    """What nbgrader should have taken out."""
    assert kinds(released(course, "### BEGIN HIDDEN TESTS")) == ["hidden answer"]
    assert kinds(released(course, "### BEGIN SOLUTION")) == ["hidden answer"]
    assert kinds(released(course, "{}", f"{LAB}.hidden.json")) == ["hidden answer", "hidden answer"]


def test_an_answer_that_quotes_its_prompt_is_no_secret(course: Course) -> None:
    """The extractive reader answers with the learner's own documents."""
    assert released(course, "I like green apples very much, it says in the released document") == []


def test_cassettes_that_were_not_recorded_together_are_found(course: Course) -> None:
    """The visible one says how many hidden calls there were; nobody would miss what it does not know of."""
    keep(course.cassette(LAB, hidden=True), [call("Is the zip broken?", "No")])
    (problem,) = lint_lab(course, course.lab(LAB))
    assert str(problem) == (
        f"damaged: {LAB}.hidden.json: {LAB}.json was recorded with 0 calls of hidden checks, this holds 1; "
        "record the lab again"
    )


def test_a_damaged_cassette_is_a_problem_not_a_crash(course: Course) -> None:
    """The linter goes on."""
    course.cassette(LAB).write_text('{"interactions": [{"request": {}}]}')
    (problem,) = lint_lab(course, course.lab(LAB))
    assert (problem.kind, "Interaction 0" in problem.message) == ("damaged", True)
