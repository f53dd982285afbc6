"""Late penalties, by the course's own nbgrader plug-in."""

from __future__ import annotations

from typing import Any

from coreskills.examiner.gradebook import Released


def apply_late_penalties(gradebook_url: str, lab: Released, learner: str, config: Any) -> None:
    """Have nbgrader's AssignLatePenalties look at one submission; does nothing where it is in time.

    Args:
        config: Of the course, with the plug-in's options; ``None`` for nbgrader's own.
    """
    import nbformat  # nbgrader is slow to import, and most hand-ins are in time
    from nbgrader.preprocessors import AssignLatePenalties
    from traitlets.config import Config

    untyped: Any = nbformat
    step = AssignLatePenalties(config=config if config is not None else Config())
    for name in lab.notebooks:
        where = {"notebook": name, "assignment": lab.name, "student": learner, "db_url": gradebook_url}
        step.preprocess(untyped.v4.new_notebook(), {"nbgrader": where})
