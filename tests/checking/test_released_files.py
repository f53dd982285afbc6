"""What learners get holds every file that the lab needs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from coreskills.checking.released import build_release
from coreskills.course import load_course
from coreskills.errors import CourseError

ROOT = Path(__file__).resolve().parents[2]
LAB = "0-1-start-here"


def test_a_file_that_nbgrader_leaves_out_is_told(tmp_path: Path) -> None:
    """nbgrader drops notebooks that are data; learners must not find that out."""
    (tmp_path / "source").mkdir()
    shutil.copy(ROOT / "course.toml", tmp_path)
    shutil.copytree(ROOT / "source" / LAB, tmp_path / "source" / LAB)
    course = load_course(tmp_path)
    made = build_release(course, LAB, tmp_path / "made")
    assert sorted(path.name for path in (made / "examples").iterdir()) == sorted(
        path.name for path in (ROOT / "source" / LAB / "examples").iterdir()
    )
    shutil.copy(course.source(LAB), tmp_path / "source" / LAB / "examples" / "one-more.ipynb")
    with pytest.raises(CourseError, match=r"would lack examples/one-more\.ipynb"):
        build_release(course, LAB, tmp_path / "made")
