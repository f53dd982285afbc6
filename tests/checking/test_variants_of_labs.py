"""Variants of labs: read, checked, and put into the notebook."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from coreskills.checking.variants import apply, blank, read_variant
from coreskills.errors import CourseError

SOLUTION = """def double(n):
    ### BEGIN SOLUTION
    return 2 * n
    ### END SOLUTION"""


def solution(grade_id: str, source: str) -> NotebookNode:
    mark = {"grade": False, "grade_id": grade_id, "locked": False, "solution": True, "task": False, "schema_version": 3}
    return new_code_cell(source, id=grade_id, metadata={"nbgrader": mark})


def notebook() -> NotebookNode:
    text = new_markdown_cell("### BEGIN SOLUTION\nBecause.\n### END SOLUTION", id="x-manual")
    text.metadata["nbgrader"] = {"grade": True, "grade_id": "x-manual", "solution": True, "points": 1}
    cells = [solution("x-code", SOLUTION), solution("x-more", "### BEGIN SOLUTION\ny = 1\n### END SOLUTION"), text]
    return new_notebook(cells=[*cells, new_code_cell("print(1)", id="x-given")])


def variant(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_empty_notebook_has_stubs_that_raise() -> None:
    """Solutions become what nbgrader's release has, at the same indentation; given cells stay."""
    sources = [cell.source for cell in blank(notebook()).cells]
    assert sources == [
        "def double(n):\n    # YOUR CODE HERE\n    raise NotImplementedError()",
        "# YOUR CODE HERE\nraise NotImplementedError()",
        "YOUR ANSWER HERE",
        "print(1)",
    ]


def test_bad_variant_changes_only_its_cells(tmp_path: Path) -> None:
    """A bad variant starts from the reference."""
    path = variant(
        tmp_path, "bad_adds", '"""Adds.\n\nloses: x-hidden\n"""\n\n# %% x-code\ndef double(n):\n    return n + 2\n'
    )
    read = read_variant(path)
    filled = apply(read, notebook())
    assert (read.kind, read.why, read.loses) == ("bad", "Adds.", ("x-hidden",))
    assert filled.cells[0].source == "def double(n):\n    return n + 2"
    assert "y = 1" in filled.cells[1].source


def test_toy_starts_from_the_empty_notebook(tmp_path: Path) -> None:
    """What a toy does not fill in stays a stub."""
    path = variant(tmp_path, "toy", '"""Stops early."""\n\n# %% x-code\ndef double(n):\n    return 4\n')
    filled = apply(read_variant(path), notebook())
    assert filled.cells[1].source == "# YOUR CODE HERE\nraise NotImplementedError()"


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("bad_silent", '"""Bad."""\n\n# %% x-code\nx = 1\n', "does not say which checks"),
        ("alt_empty", '"""Nothing here."""\n', "no docstring or no cell"),
        ("alt_silent", "# %% x-code\nx = 1\n", "no docstring or no cell"),
    ],
    ids=["bad without loses", "no cell", "no docstring"],
)
def test_variant_without_its_facts_is_refused(tmp_path: Path, name: str, text: str, says: str) -> None:
    """A variant that proves nothing is an error that names the file."""
    with pytest.raises(CourseError, match=says):
        read_variant(variant(tmp_path, name, text))


def test_unknown_cell_is_refused(tmp_path: Path) -> None:
    """A variant of a cell that does not exist would prove nothing."""
    path = variant(tmp_path, "alt_other", '"""Other."""\n\n# %% x-cod\nx = 1\n')
    with pytest.raises(CourseError, match="'x-cod'"):
        apply(read_variant(path), notebook())


def test_variants_leave_the_source_as_it_is(tmp_path: Path) -> None:
    """The reference is examined after its variants were made."""
    source = notebook()
    before = nbformat.writes(source)
    apply(read_variant(variant(tmp_path, "toy", '"""Toy."""\n\n# %% x-code\nx = 1\n')), source)
    blank(source)
    assert nbformat.writes(source) == before
