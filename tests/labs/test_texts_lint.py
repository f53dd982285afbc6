"""Texts that people read: every link leads somewhere, headings are in order, pictures speak, words are spelled."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from text_lint import faults_of_notebook, faults_of_page, faults_of_text, slugs

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted([*ROOT.glob("source/*/*.ipynb"), *ROOT.glob("release/*/*.ipynb")])
PAGES = sorted(
    page
    for folder in (".", "docs", "deploy", "fixtures", "ui/src")
    for page in (ROOT.glob("*.md") if folder == "." else (ROOT / folder).rglob("*.md"))
    if not {"text", "extra"} & set(page.parts)  # the company's documents have a form of their own
)
SPELLED = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "course.toml", "docs", "deploy", "fixtures", "source"]


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
def test_notebook_reads_well(path: Path) -> None:
    """Links, headings, pictures, tables; and no code line that scrolls sideways."""
    assert faults_of_notebook(path) == []


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_page_reads_well(path: Path) -> None:
    """Links with their anchors, headings, pictures, tables."""
    assert faults_of_page(path) == []


def test_words_are_spelled() -> None:
    """codespell knows the common misspellings; words that it takes for one stand in pyproject.toml."""
    ended = subprocess.run(
        [sys.executable, "-m", "codespell_lib", *SPELLED], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stdout + ended.stderr


def test_a_misspelled_word_is_found(tmp_path: Path) -> None:
    """Else the test above could not fail."""
    (tmp_path / "page.md").write_text("Teh recieved answer.\n", encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-m", "codespell_lib", "page.md"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "recieved ==> received" in ended.stdout


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("# A\n\n# B", "2 main headings"),
        ("Text.\n\n## B", "0 main headings"),
        ("# A\n\n### C", "level 3 follows one of level 1"),
        ("# A\n\n![](b.md)", "does not say what it shows"),
        ("# A\n\n![picture](b.md)", "does not say what it shows"),
        ('# A\n\n<img src="b.md">', "without a text"),
        ("# A\n\n| | b |\n|---|---|\n| a | b |", "column without a name"),
        ("# A\n\n[a page](nowhere.md)", "leads nowhere"),
        ('# A\n\n<a href="nowhere.md">page</a>', "leads nowhere"),
        ("# A\n\n[its part](b.md#missing)", "no such heading"),
        ("# A\n\n[its part](#missing)", "no such heading"),
        ("# A\n\n[here](b.md)", "says nothing alone"),
    ],
)
def test_a_fault_is_found(text: str, fault: str, tmp_path: Path) -> None:
    """Each kind of fault, in a text that has only this one."""
    page = tmp_path / "a.md"
    page.write_text(text, encoding="utf-8")
    (tmp_path / "b.md").write_text("# B\n\n## A part", encoding="utf-8")
    found = faults_of_text(text, at=page)
    assert len(found) == 1
    assert fault in found[0]


def test_a_good_text_has_no_fault(tmp_path: Path) -> None:
    """Look-alikes: code that looks like a heading or a link, an address outside, an anchor that is there."""
    page = tmp_path / "a.md"
    text = (
        "# A\n\n## `b` and c?\n\n```\n### not a heading [x](y.md)\n```\n\n[its part](#b-and-c) `[x](z.md)`\n\n"
        "[outside](https://example.org/none#x) ![three words here](a.md)\n\n| a | b |\n|---|---|\n| | |\n"
    )
    page.write_text(text, encoding="utf-8")
    assert faults_of_text(text, at=page) == []
    assert slugs("# A\n\n## A\n\n## It's 5 % - so") == {"a", "a-1", "its-5----so"}


def test_long_code_is_found_and_long_data_is_not(tmp_path: Path) -> None:
    """Code and docstrings scroll sideways; a prompt of long lines is what it is."""
    code = f'def f():\n    """{"d" * 100}"""\n\n\nx = {" + ".join(["1"] * 40)}\ny = """short\n{"t" * 150}\n"""\n'
    cells = [nbformat.v4.new_markdown_cell("# A"), nbformat.v4.new_code_cell(code, id="b12-t1-code")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "a.ipynb")
    found = faults_of_notebook(tmp_path / "a.ipynb")
    assert [fault.partition(" has ")[0] for fault in found] == ["cell b12-t1-code: line 2", "cell b12-t1-code: line 5"]
