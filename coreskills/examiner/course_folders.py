"""Reading where a course keeps things, from the nbgrader_config.py that nbgrader reads too."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from coreskills.errors import GradingError
from coreskills.examiner.submissions import Folders
from coreskills.examiner.terms import Terms
from coreskills.examiner.warm import Settings

_STRUCTURE = "{nbgrader_step}/{student_id}/{assignment_id}"


def load_config(root: Path) -> Config:
    """Run ``nbgrader_config.py``; unlike nbgrader, which goes on without a config it cannot read, we stop.

    Raises:
        GradingError: It fails, or is not there.
    """
    path = root / "nbgrader_config.py"
    if not path.is_file():
        raise GradingError(
            f"There is no nbgrader_config.py in {root}.", fix="run from the course folder, or pass --course"
        )
    before = Path.cwd()
    os.chdir(root)
    try:
        config: Config = PyFileConfigLoader(path.name, path=str(root)).load_config()
        return config
    except Exception as error:
        raise GradingError(f"{path} fails: {type(error).__name__}: {error}.", fix="mend that line") from error
    finally:
        os.chdir(before)


@dataclass(frozen=True)
class ExaminedAs:
    """What a course says in its ``nbgrader_config.py`` under ``c.ExamineNotebook``."""

    told: Mapping[str, Any]

    def settings(self, usual: Settings) -> Settings:
        """Apply it to what the warm parent is started with."""
        return replace(
            usual,
            shown=tuple(self.told.get("shown_paths", usual.shown)),
            preload=tuple(self.told.get("preload", usual.preload)),
            sandbox=usual.sandbox and not self.told.get("unsafe_no_sandbox", False),
        )

    def terms(self, usual: Terms) -> Terms:
        """Apply it to a lab's terms."""
        return replace(
            usual,
            timeout_s=float(self.told.get("timeout_s") or usual.timeout_s),
            cell_timeout_s=float(self.told.get("cell_timeout_s") or usual.cell_timeout_s),
        )


def examined_as(config: Config) -> ExaminedAs:
    """Read the options of the nbgrader step, so that ``coreskills autograde`` examines as ``nbgrader autograde``."""
    return ExaminedAs(dict(config.get("ExamineNotebook", {})))


def folders_of(root: Path, config: Config | None = None) -> Folders:
    """Find a course's folders.

    Raises:
        GradingError: Its directory structure is one of its own, which only nbgrader's verbs follow.
    """
    told = dict((config if config is not None else load_config(root)).get("CourseDirectory", {}))
    if told.get("directory_structure", _STRUCTURE) != _STRUCTURE:
        raise GradingError(
            f"CourseDirectory.directory_structure is {told['directory_structure']!r}, not {_STRUCTURE!r}.",
            fix="use nbgrader autograde: it examines too",
        )
    home = Path(str(told.get("root", "")) or root).resolve()

    def folder(step: str) -> Path:
        return home / str(told.get(f"{step}_directory", step))

    url = str(told.get("db_url", "")) or f"sqlite:///{home / 'gradebook.db'}"
    return Folders(
        home, folder("source"), folder("submitted"), folder("autograded"), folder("feedback"), url, _course_id(told)
    )


def _course_id(told: dict[str, Any]) -> str:
    return str(told.get("course_id", ""))
