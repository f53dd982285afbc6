"""The Course panel's data: the course service's view, and what lies on this disk."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from coreskills_widgets.server.service import Away, ask_service

Row = dict[str, Any]

_MEMORY = ".coreskills-panel.json"
_STARTED = frozenset({"new", "fetched"})


class Panel:
    """What the panel shows, kept between questions so that an absent service leaves the last values.

    Args:
        root: The folder that JupyterLab shows; a lab lies in ``<root>/<lab id>/``.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._last: Row | None = None
        self._as_of = ""

    async def read(self) -> Row:
        """Ask the service; when it is away, the last answer with its time."""
        try:
            self._last = await ask_service("/api/panel")
            self._as_of = datetime.now(UTC).isoformat()
            service: Row = {"state": "ok", "as_of_utc": self._as_of, "trouble": ""}
        except Away as error:
            service = {"state": "away", "as_of_utc": self._as_of, "trouble": str(error)}
        return overlay(self._last or self._from_disk(), root=self.root, checks=self.checks(), service=service)

    def checks(self) -> dict[str, Row]:
        """What the last Validate of each lab found here."""
        try:
            known = json.loads((self.root / _MEMORY).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}

    def remember_checks(self, lab: str, found: Row) -> None:
        """Keep what Validate found, for the next time the panel opens."""
        known = {**self.checks(), lab: found}
        beside = self.root / f"{_MEMORY}.new"
        beside.write_text(json.dumps(known), encoding="utf-8")
        beside.replace(self.root / _MEMORY)

    def notebook(self, lab: str) -> Path | None:
        """The learner's copy of a lab's notebook, if it was fetched."""
        return _notebook(self.root, lab)

    def _from_disk(self) -> Row:
        """Without any answer yet: the labs that were fetched, so that Open and Validate work."""
        found = sorted(path.parent.name for path in self.root.glob("*/*.ipynb") if path.stem == path.parent.name)
        labs = [{"id": lab, "number": "", "title": lab, "state": "fetched"} for lab in found]
        advice = {"lab_id": found[0], "action": "open", "reason": ""} if found else None
        return {
            "next": advice,
            "modules": [{"id": "", "title": "Labs on this computer", "passed": 0, "total": len(labs), "labs": labs}],
        }


def overlay(panel: Row, *, root: Path, checks: dict[str, Row], service: Row) -> Row:
    """Lay local facts over the service's: where a lab's notebook is, and how many checks pass here."""
    modules = [
        {**module, "labs": [_with_local(lab, root=root, checks=checks) for lab in module.get("labs", ())]}
        for module in panel.get("modules", ())
    ]
    labs = {lab["id"]: lab for module in modules for lab in module["labs"]}
    return {**panel, "modules": modules, "next": _next(panel.get("next"), labs), "service": service}


def _with_local(lab: Row, *, root: Path, checks: dict[str, Row]) -> Row:
    notebook = _notebook(root, lab["id"])
    found = checks.get(lab["id"], {}) if notebook else {}
    state = lab.get("state", "new")
    if state in _STARTED:
        state = ("in_progress" if found else "fetched") if notebook else "new"
    return {
        **lab,
        "state": state,
        "path": None if notebook is None else notebook.relative_to(root).as_posix(),
        "checks_ok": found.get("checks_ok", lab.get("checks_ok")),
        "checks_n": found.get("checks_n", lab.get("checks_n")),
        "local_feedback": _feedback_pages(root, lab["id"]),
    }


def _next(asked: Row | None, labs: dict[str, Row]) -> Row | None:
    """Follow the service's advice, as far as this disk allows: what is here already is opened, not fetched."""
    if asked is None or asked.get("lab_id") not in labs:
        return None
    lab = labs[asked["lab_id"]]
    action = asked.get("action", "open")
    if action == "fetch" and lab["path"]:
        action = "open"
    elif action in ("open", "validate", "submit") and not lab["path"]:
        action = "fetch"
    if action in ("open", "validate") and lab["checks_n"]:
        action = "submit" if lab["checks_ok"] == lab["checks_n"] else "validate"
    return {**asked, "action": action}


def _notebook(root: Path, lab: str) -> Path | None:
    path = root / lab / f"{lab}.ipynb"
    return path if path.is_file() and path.resolve().is_relative_to(root.resolve()) else None


def _feedback_pages(root: Path, lab: str) -> list[str]:
    """Feedback pages on this disk, newest first."""
    pages = sorted((root / lab / "feedback").glob("*/*.html"), reverse=True)
    return [page.relative_to(root).as_posix() for page in pages]
