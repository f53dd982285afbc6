"""Reading where a course keeps things, from the nbgrader_config.py that nbgrader reads too."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from coreskills.errors import GradingError
from coreskills.examiner.submissions import Folders

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
