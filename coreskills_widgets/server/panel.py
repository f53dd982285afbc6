"""The Course panel's data: the course service's view, and what lies on this disk."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from coreskills_widgets.server.service import Away, NoClassroom, ask_service

Row = dict[str, Any]

_MEMORY = ".coreskills-panel.json"
_STARTED = frozenset({"new", "fetched"})
_TODO = _STARTED | {"in_progress"}


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
        """Ask the service; when it is away, the last answer with its time. Without a classroom, what is here."""
        trouble = ""
        try:
            self._last = await ask_service("/api/panel")
            self._as_of = datetime.now(UTC).isoformat()
        except NoClassroom:
            self._last = {"has_classroom": False}
        except Away as error:
            trouble = str(error)
        known = self._last or {}
        is_alone = self._last is None or known.get("has_classroom") is False
        shown = {**known, "modules": self._from_disk()} if is_alone and not known.get("modules") else known
        service = {"state": "away" if trouble else "ok", "as_of_utc": self._as_of, "trouble": trouble}
        return overlay(shown, root=self.root, checks=self.checks(), service=service)

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

    def _from_disk(self) -> list[Row]:
        """Without any answer: the labs that were fetched, so that Open and Validate work."""
        found = sorted(path.parent.name for path in self.root.glob("*/*.ipynb") if path.stem == path.parent.name)
        labs = [{"id": lab, "number": "", "title": lab, "state": "fetched"} for lab in found]
        return [{"id": "", "title": "Labs on this computer", "labs": labs}] if labs else []


def overlay(panel: Row, *, root: Path, checks: dict[str, Row], service: Row) -> Row:
    """Lay local facts over the service's: where a lab's notebook is, and how many checks pass here."""
    modules = [
        {**module, "labs": [_with_local(lab, root=root, checks=checks) for lab in module.get("labs", ())]}
        for module in panel.get("modules", ())
    ]
    labs = {lab["id"]: lab for module in modules for lab in module["labs"]}
    advice = panel["next"] if "next" in panel else _begun_or_first(labs)
    return {**panel, "modules": modules, "next": _next(advice, labs), "service": service}


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


def _begun_or_first(labs: dict[str, Row]) -> Row | None:
    """Where nobody gives advice: go on with the first lab that is begun and not done, else begin the first new one."""
    todo = [lab for lab in labs.values() if lab["state"] in _TODO and not _all_pass(lab)]
    lab = min(todo, key=lambda lab: bool(lab["state"] == "new"), default=None)
    return None if lab is None else {"lab_id": lab["id"], "action": "open" if lab["path"] else "fetch", "reason": ""}


def _all_pass(lab: Row) -> bool:
    return bool(lab["checks_n"]) and lab["checks_ok"] == lab["checks_n"]


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
        action = "submit" if _all_pass(lab) else "validate"
    return {**asked, "action": action}


def _notebook(root: Path, lab: str) -> Path | None:
    path = root / lab / f"{lab}.ipynb"
    return path if path.is_file() and path.resolve().is_relative_to(root.resolve()) else None


def _feedback_pages(root: Path, lab: str) -> list[str]:
    """Feedback pages on this disk, newest first."""
    pages = sorted((root / lab / "feedback").glob("*/*.html"), reverse=True)
    return [page.relative_to(root).as_posix() for page in pages]
