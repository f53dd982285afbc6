"""`coreskills record` runs a lab's solution in the examiner and keeps its calls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat.v4 as nb
import pytest
from click.testing import CliRunner, Result

from coreskills.cassettes import load, read
from coreskills.cli.check import command as check
from coreskills.cli.record import command
from coreskills.course import load_course
from coreskills.errors import CassetteError, CourseError, GradingError
from coreskills.examiner.terms import terms_of

pytestmark = pytest.mark.slow

CATALOGUE = """
[course]
id = "mini"
title = "Mini"
organisation = "Test"
license = "CC-BY-4.0"
default_budget_usd = "0.50"
timeout_s = 120
cell_timeout_s = 30
[completion]
lab_pass_above_percent = 70
capstone_pass_percent = 75
track3_percent = 85
[schedules]
[[modules]]
id = "M1"
title = "One"
promise = "One."
[[labs]]
id = "b1-mini"
number = "B1"
title = "Mini"
module = "M1"
track = "beginner"
minutes = 10
points = { visible = 1, hidden = 1 }
status = "open"
"""
SETUP = """
from anthropic import Anthropic
from openai import OpenAI
client, gpt = Anthropic(), OpenAI()
client.messages.create(model="claude-haiku-5-5", max_tokens=40, messages=[{"role": "user", "content": "Hello!"}])
"""
SOLUTION = """
### BEGIN SOLUTION
def judge(client, text):
    prompt = f"Classify the review as positive or negative. Answer with one word.\\n\\nReview: {text}"
    messages = [{"role": "user", "content": prompt}]
    message = client.messages.create(model="claude-haiku-5-5", max_tokens=20, messages=messages)
    return message.content[0].text

def similar(client, text):
    return client.embeddings.create(model="text-embedding-3-small", input=text).data[0].embedding
### END SOLUTION
"""
VISIBLE = """
assert judge(client, "I love this tent. It kept us dry through two storms.").strip().lower() == "positive"
assert len(similar(gpt, "a tent for winter")) > 100
"""
HIDDEN = """
### BEGIN HIDDEN TESTS
assert judge(client, "The zip broke on day one and nobody answered my mails.").strip().lower() == "negative"
### END HIDDEN TESTS
"""


def cell(text: str, name: str, **marks: Any) -> Any:
    made = nb.new_code_cell(text.strip(), id=name)  # type: ignore[no-untyped-call]
    if marks:
        made.metadata["nbgrader"] = {"grade_id": name, "schema_version": 3, "task": False, **marks}
    return made


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("mini")
    (root / "course.toml").write_text(CATALOGUE)
    notebook(root, VISIBLE)
    return root


def notebook(root: Path, visible: str) -> None:
    check = {"grade": True, "locked": True, "solution": False, "points": 1}
    cells = [
        cell(SETUP, "b1-setup"),
        cell(SOLUTION, "b1-code", grade=False, locked=False, solution=True),
        cell(visible, "b1-check", **check),
        cell(HIDDEN, "b1-hidden", **check),
    ]
    path = load_course(root).source("b1-mini")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(nb.new_notebook(cells=cells)))  # type: ignore[no-untyped-call]


def record(root: Path, *options: str) -> Result:
    return CliRunner().invoke(command, ["b1-mini", "--course", str(root), "--json", *options])


@pytest.fixture(scope="module")
def first(course: Path) -> dict[str, Any]:
    result = record(course)
    assert result.exit_code == 0, result.output + str(result.exception)
    (row,) = json.loads(result.stdout)
    assert isinstance(row, dict)
    return row


def test_calls_are_kept_with_the_test_call_that_made_them(course: Path, first: dict[str, Any]) -> None:
    """Released and hidden checks apart, calls outside test calls without a cause."""
    assert first["calls"] == {"b1-mini.json": 3, "b1-mini.hidden.json": 1}
    folder = course / "cassettes" / "b1-mini"
    visible, hidden = read(folder / "b1-mini.json"), read(folder / "b1-mini.hidden.json")
    assert [(each.cell, each.causes) for each in (*visible.recordings, *hidden.recordings)] == [
        ("b1-setup", ()),
        ("b1-check", ("judge(<Anthropic>, 'I love this tent. It kept us dry through two storms.')",)),
        ("b1-check", ("similar(<OpenAI>, 'a tent for winter')",)),
        ("b1-hidden", ("judge(<Anthropic>, 'The zip broke on day one and nobody answered my mails.')",)),
    ]
    assert visible.provenance is not None
    assert visible.provenance.source == "offline"


def test_recording_again_writes_the_same_bytes(course: Path, first: dict[str, Any]) -> None:
    """Offline models answer the same, and nothing of the moment is kept."""
    files = sorted((course / "cassettes" / "b1-mini").iterdir())
    before = [path.read_bytes() for path in files]
    (again,) = json.loads(record(course).stdout)
    assert [path.read_bytes() for path in files] == before
    assert again["changed"] == []
    assert all(not drift["changes"] for drift in again["drift"].values())


def test_a_solution_that_fails_its_checks_is_not_recorded(course: Path, first: dict[str, Any]) -> None:
    """The verb names the check and its message, and leaves the cassettes as they are."""
    path = course / "cassettes" / "b1-mini" / "b1-mini.json"
    before = path.read_bytes()
    notebook(course, "assert judge(client, 'Fine tent.') == 'nonsense', 'It must be nonsense.'")
    try:
        result = record(course)
    finally:
        notebook(course, VISIBLE)
    assert isinstance(result.exception, CassetteError)
    (row,) = json.loads(result.stdout)
    assert [(each["check"], "nonsense" in each["error"]) for each in row["failures"]] == [("b1-check", True)]
    assert path.read_bytes() == before


def test_live_without_a_key_says_what_to_set(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is asked and nothing is written."""
    for provider in ("ANTHROPIC", "OPENAI", "COHERE"):
        monkeypatch.delenv(f"CORESKILLS_{provider}_API_KEY", raising=False)
    result = record(course, "--live")
    assert isinstance(result.exception, CassetteError)
    assert "CORESKILLS_ANTHROPIC_API_KEY" in result.exception.fix


def test_an_unknown_lab_is_named(course: Path) -> None:
    """With the nearest that exists."""
    result = CliRunner().invoke(command, ["b1-minni", "--course", str(course)])
    assert isinstance(result.exception, CourseError)
    assert "'b1-mini'" in str(result.exception)


def test_lost_recordings_of_hidden_checks_stop_grading(course: Path, first: dict[str, Any]) -> None:
    """Nobody is graded against misses: the error names the file and the verb, and `coreskills check` tells it too."""
    mini = load_course(course)
    lab, hidden = mini.lab("b1-mini"), mini.cassette("b1-mini", hidden=True)
    assert len(terms_of(mini, lab).gateway.cassettes) == 2  # type: ignore[union-attr]
    text = hidden.read_bytes()
    hidden.unlink()
    try:
        with pytest.raises(GradingError) as found:
            terms_of(mini, lab)
        checked = CliRunner().invoke(check, ["b1-mini", "--course", str(course), "--json"])
    finally:
        hidden.write_bytes(text)
    assert found.value.what == f"Lab 'b1-mini' was recorded with calls of hidden checks (1), and {hidden} is missing."
    assert found.value.fix == "restore it, or record the lab again: coreskills record b1-mini"
    assert checked.exit_code == 1
    assert found.value.what in json.loads(checked.stdout)[0]["problems"]


def test_the_recorded_lab_replays(course: Path, first: dict[str, Any]) -> None:
    """Every recording is found by its own request."""
    folder = course / "cassettes" / "b1-mini"
    library = load([folder / "b1-mini.json", folder / "b1-mini.hidden.json"])
    tiers = [library.find(entry.recording.request).tier for entry in library.entries]  # type: ignore[union-attr]
    assert tiers == ["exact"] * 4
