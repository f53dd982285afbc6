"""Every open lab keeps the form, its release is fresh, its data comes from its script, its checks are proved."""

from __future__ import annotations

import importlib.util
import json
import re
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from coreskills.cassettes.lint import lint_course
from coreskills.checking.catalogue import points, text_problems
from coreskills.checking.check import check_lab
from coreskills.checking.released import differences
from coreskills.checking.variants import read_source, read_variants
from coreskills.course import Lab, load_course
from coreskills.examiner.client import ExaminerProcess

ROOT = Path(__file__).resolve().parents[2]
COURSE = load_course(ROOT)
OPEN = [pytest.param(lab, id=lab.id) for lab in COURSE.open_labs]


def script(name: str) -> ModuleType:
    """A fixture script, as a module."""
    spec = importlib.util.spec_from_file_location(f"fixtures_{name}", ROOT / "fixtures" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("lab", OPEN)
def test_text_keeps_the_form(lab: Lab) -> None:
    """Points, ids, locks, hidden tests, alt text: as docs/instructor/writing-a-lab.md says."""
    assert text_problems(COURSE, lab, read_source(COURSE, lab)) == []


@pytest.mark.parametrize(
    ("cell", "old", "new", "problem"),
    [
        ("b14-t3-title", "(3 points)", "(4 points)", "the heading of task 3 says 4 points, its checks are worth 3"),
        ("b14-title", "| Time | 60 minutes |", "| Time | 90 minutes |", "'At a glance' must say"),
    ],
    ids=["points of a task", "minutes"],
)
def test_a_promise_that_does_not_hold_is_found(cell: str, old: str, new: str, problem: str) -> None:
    """Learners plan by the points and minutes that the text names."""
    lab = COURSE.lab("b1-4-sampling")
    source = read_source(COURSE, lab)
    found = next(each for each in source.cells if each.id == cell)
    assert old in found.source
    found.source = found.source.replace(old, new)
    (told,) = text_problems(COURSE, lab, source)
    assert problem in told


@pytest.mark.parametrize("lab", OPEN)
def test_hidden_checks_outnumber_visible_ones(lab: Lab) -> None:
    """Visible checks alone never reach the pass mark, and hidden ones are more."""
    kinds = Counter("hidden" if name.endswith("-hidden") else "visible" for name in points(read_source(COURSE, lab)))
    assert kinds["hidden"] >= kinds["visible"]
    assert 10 * lab.points.visible <= COURSE.completion.lab_pass_above_percent * lab.points.total / 10


@pytest.mark.parametrize("lab", OPEN)
def test_release_is_what_the_source_makes(lab: Lab) -> None:
    """release/ is generated and committed; nobody edits it, nobody forgets it."""
    assert differences(COURSE, lab.id) == []


@pytest.mark.parametrize("lab", OPEN)
def test_release_holds_no_solution_and_no_hidden_test(lab: Lab) -> None:
    """What learners fetch has stubs, and hidden cells are one comment long."""
    text = (ROOT / "release" / lab.id / f"{lab.id}.ipynb").read_text(encoding="utf-8")
    assert not re.findall(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS)", text)
    hidden = [c for c in json.loads(text)["cells"] if c["id"].endswith("-hidden")]
    assert [c["id"] for c in hidden if "assert" in "".join(c["source"])] == []


@pytest.mark.parametrize("lab", OPEN)
def test_variants_are_there(lab: Lab) -> None:
    """One toy, at least three bad, at least two alternative solutions."""
    kinds = Counter(variant.kind for variant in read_variants(COURSE, lab))
    assert kinds["toy"] == 1
    assert kinds["bad"] >= 3
    assert kinds["alt"] >= 2


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("lab", OPEN)
def test_checks_are_proved(lab: Lab) -> None:
    """Reference full, empty 0, toy between, bad ones caught, alternatives full, every recording played."""
    with ExaminerProcess(workers=2) as examiner:
        assert check_lab(COURSE, lab, examiner=examiner).problems == []


def test_course_files_hold_no_secret_and_no_orphan() -> None:
    """No key in any notebook or recording, no recording without a lab, no hidden answer in a released file."""
    assert [str(found) for found in lint_course(COURSE) if not found.is_warning] == []


def test_queries_have_their_planted_faults() -> None:
    """F1: 100 queries, 5 very long, 6 not English, 3 only emoji, 1 empty, 2 sent twice."""
    queries = script("queries").make_queries()
    texts = [query["text"] for query in queries]
    assert [query["id"] for query in queries] == [f"q{n:03}" for n in range(1, 101)]
    assert sum(len(text) > 800 for text in texts) == 5
    assert sum(text in script("queries").NOT_ENGLISH for text in texts) == 6
    assert sum(bool(text) and not any(c.isalnum() for c in text) for text in texts) == 3
    assert texts.count("") == 1
    assert sum(n - 1 for n in Counter(texts).values()) == 2


def test_queries_file_is_what_its_script_makes() -> None:
    """The data in the lab is made by the script, byte for byte."""
    made = "".join(json.dumps(query, ensure_ascii=False) + "\n" for query in script("queries").make_queries())
    path = ROOT / "source" / "b1-2-cost-calculator" / "queries_100.jsonl"
    assert path.read_text(encoding="utf-8") == made


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("sampling", "b1-4-sampling"),
        ("notebooks", "0-1-start-here/examples"),
        ("evaluation", "a1-1-model-evaluation"),
        ("finetuning", "a1-2-fine-tuning-roi"),
    ],
    ids=["sampling", "notebooks", "evaluation", "finetuning"],
)
def test_data_is_what_its_script_makes(name: str, folder: str, tmp_path: Path) -> None:
    """Each data file of a lab comes out of its script again, byte for byte."""
    module, source = script(name), ROOT / "source" / folder
    if name != "notebooks":
        module.main(tmp_path)
    else:
        for make in module.BOOKS:
            text = json.dumps(make(), indent=1) + "\n"
            (tmp_path / f"{make.__name__}.json").write_text(text, encoding="utf-8")
    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {path: (source / path).read_bytes() for path in made} == made


def test_training_file_has_its_planted_faults() -> None:
    """A1.2: nine faults, each on the line that the script says; lines 2 and 9 only look odd."""
    module = script("finetuning")
    lines, faults = module.training()
    held_out = {text for text, _ in module.examples()[40:50]}
    broken = [n for n, line in enumerate(lines, start=1) if not _is_json(line)]
    texts = {n: _asked(line) for n, line in enumerate(lines, start=1) if n not in broken}
    assert len(lines) == 40
    assert len(faults) == 9
    assert broken == [n for n, kind in faults.items() if kind == "not_json"]
    assert [n for n, asked in texts.items() if held_out & set(asked)] == [31]
    counts = Counter(" ".join(asked).strip().casefold() for asked in texts.values() if asked)
    assert sum(n - 1 for n in counts.values()) == sum(kind == "duplicate" for kind in faults.values())


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _asked(line: str) -> list[str]:
    return [m["content"] for m in json.loads(line).get("messages", []) if m["role"] == "user"]


def test_variety_rises_with_temperature() -> None:
    """B1.4 promises it in its text: the drawn answers must keep it, with a margin."""
    texts: dict[float, list[str]] = {}
    for answer in script("sampling").answers():
        texts.setdefault(answer["temperature"], []).append(answer["text"].strip().casefold())
    ratios = [len(set(texts[t])) / len(texts[t]) for t in sorted(texts)]
    assert ratios == sorted(ratios)
    assert ratios[-1] >= 1.5 * ratios[0]
