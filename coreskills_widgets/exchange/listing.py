"""List what is released, and what was submitted, in the shapes nbgrader's Assignment List shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbgrader.exchange.abc import ExchangeList as ABCList

from coreskills_widgets.exchange.client import ServiceRefused
from coreskills_widgets.exchange.service import ServiceExchange, stamp


class List(ServiceExchange, ABCList):
    """Released labs, or (``inbound``, ``cached``) submissions."""

    def copy_files(self) -> None:
        """Listing copies nothing."""

    def list_files(self) -> list[dict[str, Any]]:
        """The rows, as nbgrader's own class gives them."""
        try:
            rows = self._submitted() if self.inbound or self.cached else self._released()
        except ServiceRefused as refused:
            self.fail(str(refused))
        for row in rows:
            self.log.info("%s %s (%s)", row["course_id"], row["assignment_id"], row["status"])
        return rows

    def remove_files(self) -> list[dict[str, Any]]:
        """Withdraw a release; submissions are never removed."""
        if self.inbound or self.cached:
            self.fail("Submissions are kept for good. Fix: nothing to do; retire the learner if they left.")
        try:
            rows = self._released()
            for row in rows:
                self.service.withdraw(row["assignment_id"])
        except ServiceRefused as refused:
            self.fail(str(refused))
        return [{**row, "status": "removed"} for row in rows]

    def _released(self) -> list[dict[str, Any]]:
        told = self.service.labs()
        wanted = self.coursedir.assignment_id
        return [
            self._released_row(told["course"], row["lab"])
            for row in told["labs"]
            if wanted in ("", "*", row["lab"]) and self.coursedir.course_id in ("", "*", told["course"])
        ]

    def _released_row(self, course: str, lab: str) -> dict[str, Any]:
        folder = self.lab_folder(lab)
        has = folder.is_dir()
        notebooks = (
            [{"notebook_id": path.stem, "path": str(path)} for path in sorted(folder.glob("*.ipynb"))] if has else []
        )
        return {
            "course_id": course,
            "assignment_id": lab,
            "status": "fetched" if folder.is_dir() else "released",
            "path": str(folder),
            "notebooks": notebooks,
        }

    def _submitted(self) -> list[dict[str, Any]]:
        wanted, learner = self.coursedir.assignment_id, self.coursedir.student_id
        groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for row in self.service.submissions():
            if wanted in ("", "*", row["lab"]) and learner in ("", "*", row["learner"]):
                groups.setdefault((row["learner"], row["lab"]), []).append(self._submitted_row(row))
        return [
            {
                "course_id": rows[0]["course_id"],
                "student_id": person,
                "assignment_id": lab,
                "status": "submitted",
                "submissions": rows,
            }
            for (person, lab), rows in groups.items()
        ]

    def _submitted_row(self, row: dict[str, Any]) -> dict[str, Any]:
        time = stamp(row["received_utc"])
        folder = self.lab_folder(row["lab"]) / "feedback" / time
        page = folder / f"{row['lab']}.html"
        has_local, has_exchange = page.is_file(), row["feedback_sha256"] is not None
        is_updated = has_local and has_exchange and _hash_of(folder) != row["feedback_sha256"]
        notebook = {
            "notebook_id": row["lab"],
            "path": str(self.lab_folder(row["lab"]) / f"{row['lab']}.ipynb"),
            "has_local_feedback": has_local,
            "has_exchange_feedback": has_exchange,
            "local_feedback_path": str(page) if has_local else None,
            "feedback_updated": is_updated,
        }
        return {
            "course_id": row["receipt"]["course"],
            "student_id": row["learner"],
            "assignment_id": row["lab"],
            "timestamp": time,
            "status": "submitted",
            "path": str(self.lab_folder(row["lab"])),
            "notebooks": [notebook],
            "has_local_feedback": has_local,
            "has_exchange_feedback": has_exchange,
            "feedback_updated": is_updated,
            "local_feedback_path": str(folder) if has_local else None,
        }


def _hash_of(folder: Path) -> str:
    kept = folder / ".sha256"
    return kept.read_text(encoding="ascii").strip() if kept.is_file() else ""
