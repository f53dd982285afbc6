"""``release/<lab>``: what learners get, made from ``source/<lab>`` by nbgrader and by nothing else."""

from __future__ import annotations

import filecmp
import logging
import shutil
import tempfile
from pathlib import Path

from coreskills.course import Course
from coreskills.errors import CourseError

_LEFT_OUT = ("out", ".ipynb_checkpoints", "__pycache__", ".DS_Store")


def build_release(course: Course, lab_id: str, into: Path) -> Path:
    """Make the learners' copy of a lab in ``into/<lab_id>``, replacing what is there.

    Raises:
        CourseError: nbgrader refuses the notebook, or leaves out a file that it needs; says why.
    """
    with tempfile.TemporaryDirectory(prefix="coreskills-release-") as scratch:
        root = Path(scratch)
        shutil.copytree(
            course.root / "source" / lab_id, root / "source" / lab_id, ignore=shutil.ignore_patterns(*_LEFT_OUT)
        )
        _generate(root, lab_id)
        if lost := sorted(_files(root / "source" / lab_id) - _files(root / "release" / lab_id)):
            raise CourseError(
                f"nbgrader releases no notebook but the lab's own, so {lab_id} would lack {lost[0]}.",
                fix="give notebooks that are data another suffix, such as .json",
            )
        target = into / lab_id
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(root / "release" / lab_id, target)
    return target


def differences(course: Course, lab_id: str) -> list[str]:
    """How the committed release differs from one made now; empty when it is fresh."""
    with tempfile.TemporaryDirectory(prefix="coreskills-fresh-") as scratch:
        made = build_release(course, lab_id, Path(scratch))
        return _compare(course.root / "release" / lab_id, made)


def _generate(root: Path, lab_id: str) -> None:
    # Imported here: nbgrader takes seconds to load, and only this needs it.
    from nbgrader.converters import GenerateAssignment
    from nbgrader.converters.base import NbGraderException
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.preprocessors import SaveCells
    from traitlets.config import Config

    config = Config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.assignment_id = lab_id
    # The text of a release needs no gradebook; without one nbgrader starts no alembic from PATH.
    config.GenerateAssignment.no_database = True
    config.GenerateAssignment.preprocessors = [
        step for step in GenerateAssignment.preprocessors.default_args[0] if step is not SaveCells
    ]
    converter = GenerateAssignment(coursedir=CourseDirectory(config=config), config=config)
    converter.log = _Said("nbgrader.release")
    try:
        converter.start()
    except NbGraderException as refused:
        why = "; ".join(said.strip().splitlines()[-1] for said in converter.log.said[:2])
        raise CourseError(f"nbgrader makes no release of {lab_id!r}: {why}", fix="mend that cell") from refused


class _Said(logging.Logger):
    """Keeps nbgrader's complaints for our message, and the terminal clean."""

    def __init__(self, name: str) -> None:
        super().__init__(name, logging.WARNING)
        self.said: list[str] = []
        self.addHandler(logging.NullHandler())
        self.addFilter(self._keep)

    def _keep(self, record: logging.LogRecord) -> bool:
        self.said.append(record.getMessage())
        return False


def _compare(committed: Path, made: Path) -> list[str]:
    if not committed.is_dir():
        return [f"{committed.name}: there is no release"]
    ours, theirs = _files(committed), _files(made)
    found = [f"{path}: released, but no longer in source" for path in sorted(ours - theirs)]
    found += [f"{path}: in source, but not released" for path in sorted(theirs - ours)]
    changed = (path for path in sorted(ours & theirs) if not filecmp.cmp(committed / path, made / path, shallow=False))
    return found + [f"{path}: released in another version" for path in changed]


def _files(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
