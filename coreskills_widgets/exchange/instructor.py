"""Release, collect, release feedback: for instructors; the service checks that."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from nbgrader.exchange.abc import (
    ExchangeCollect as ABCCollect,
)
from nbgrader.exchange.abc import (
    ExchangeReleaseAssignment as ABCReleaseAssignment,
)
from nbgrader.exchange.abc import (
    ExchangeReleaseFeedback as ABCReleaseFeedback,
)

from coreskills_widgets.exchange.client import ServiceRefused
from coreskills_widgets.exchange.service import ServiceExchange, pack, stamp, unpack


class ReleaseAssignment(ServiceExchange, ABCReleaseAssignment):
    """Publishes ``release/<lab>``; publishing the same files again changes nothing."""

    def copy_files(self) -> None:
        lab = self.coursedir.assignment_id
        folder = Path(self.coursedir.format_path(self.coursedir.release_directory, ".", lab))
        if not folder.is_dir():
            self.fail(f"There is no {folder}. Fix: nbgrader generate_assignment {lab}, then release.")
        try:
            self.service.release(lab, pack(folder))
        except ServiceRefused as refused:
            self.fail(str(refused))
        self.log.info("Released %s", lab)


class Collect(ServiceExchange, ABCCollect):
    """Copies each learner's last submission to ``submitted_directory``."""

    def copy_files(self) -> None:
        lab = self.coursedir.assignment_id
        learner = self.coursedir.student_id if self.coursedir.student_id not in ("", "*") else None
        try:
            rows = self.service.submissions(lab=lab, learner=learner, latest=not self.before_duedate)
            for row in rows if not self.before_duedate else _last_in_time(rows):
                self._collect(row)
        except ServiceRefused as refused:
            self.fail(str(refused))
        if not rows:
            self.log.warning("No submissions of %s to collect", lab)

    def _collect(self, row: dict[str, Any]) -> None:
        where = self.coursedir.format_path(self.coursedir.submitted_directory, row["learner"], row["lab"])
        folder, time = Path(where), stamp(row["received_utc"])
        told = folder / "timestamp.txt"
        if told.is_file() and told.read_text(encoding="utf-8").strip() == time:
            return
        if folder.is_dir() and not (self.update or self.before_duedate):
            self.log.info("%s of %s is collected already; --update takes the newer one", row["lab"], row["learner"])
            return
        beside = folder.with_name(f".{folder.name}.new")
        shutil.rmtree(beside, ignore_errors=True)
        unpack(self.service.files(row["id"]), beside)
        (beside / "timestamp.txt").write_text(time, encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        beside.rename(folder)
        self.log.info("Collected %s of %s", row["lab"], row["learner"])


def _last_in_time(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each learner's last submission that was not late, or their last."""
    kept: dict[str, dict[str, Any]] = {}
    for row in rows:  # oldest first
        before = kept.get(row["learner"])
        if before is None or not row["is_late"] or before["is_late"]:
            kept[row["learner"]] = row
    return list(kept.values())


class ReleaseFeedback(ServiceExchange, ABCReleaseFeedback):
    """Gives the pages of ``feedback_directory`` back to the submissions they belong to."""

    def copy_files(self) -> None:
        lab = self.coursedir.assignment_id
        excluded = set(filter(None, (self.coursedir.student_id_exclude or "").split(",")))
        wanted = self.coursedir.student_id
        try:
            for row in self.service.submissions(lab=lab):
                if row["learner"] in excluded or wanted not in ("", "*", row["learner"]):
                    continue
                where = self.coursedir.format_path(self.coursedir.feedback_directory, row["learner"], lab)
                folder = Path(where)
                told = folder / "timestamp.txt"
                if told.is_file() and told.read_text(encoding="utf-8").strip() == stamp(row["received_utc"]):
                    self.service.give_feedback(row["id"], _pages(folder))
                    self.log.info("Feedback of %s for %s is back", lab, row["learner"])
        except ServiceRefused as refused:
            self.fail(str(refused))


def _pages(folder: Path) -> bytes:
    import io
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.glob("*.html")):
            archive.writestr(zipfile.ZipInfo(path.name, (1980, 1, 1, 0, 0, 0)), path.read_bytes())
    return buffer.getvalue()
