"""Fetch, submit, fetch feedback."""

from __future__ import annotations

import json
from pathlib import Path

from nbgrader.exchange.abc import (
    ExchangeFetchAssignment as ABCFetchAssignment,
)
from nbgrader.exchange.abc import (
    ExchangeFetchFeedback as ABCFetchFeedback,
)
from nbgrader.exchange.abc import (
    ExchangeSubmit as ABCSubmit,
)

from coreskills_widgets.exchange.client import ServiceRefused
from coreskills_widgets.exchange.service import ServiceExchange, pack, stamp, unpack


class FetchAssignment(ServiceExchange, ABCFetchAssignment):
    """Copies a released lab into the learner's home; what is there already is never overwritten."""

    def copy_files(self) -> None:
        lab = self.coursedir.assignment_id
        folder = self.lab_folder(lab)
        if folder.exists() and not self.replace_missing_files:
            self.fail(f"You already have {folder.name}. To get the original again, rename your folder, then fetch.")
        try:
            bundle = self.service.fetch(lab)
        except ServiceRefused as refused:
            self.fail(str(refused))
        unpack(bundle, folder, only_missing=True)
        self.log.info("Fetched %s into %s", lab, folder)


class Submit(ServiceExchange, ABCSubmit):
    """Sends the learner's folder; keeps the receipt beside the work.

    Attributes:
        receipt: What the service answered.
    """

    def copy_files(self) -> None:
        lab = Path(self.coursedir.assignment_id).name
        folder = self.lab_folder(lab)
        if not folder.is_dir():
            self.fail(f"There is no folder {folder}. Fix: fetch {lab} first.")
        try:
            self.receipt = self.service.submit(lab, pack(folder))
        except ServiceRefused as refused:
            self.fail(str(refused))
        kept = Path(self.assignment_dir).resolve() / ".coreskills-receipts" / lab
        kept.mkdir(parents=True, exist_ok=True)
        (kept / f"{self.receipt['attempt']:04}.json").write_text(json.dumps(self.receipt, indent=1), encoding="utf-8")
        self.log.info("Submitted %s, attempt %s, receipt %s", lab, self.receipt["attempt"], self.receipt["sha256"][:12])


class FetchFeedback(ServiceExchange, ABCFetchFeedback):
    """Copies released feedback to ``<lab>/feedback/<time of the submission>/``."""

    def copy_files(self) -> None:
        lab = self.coursedir.assignment_id or None
        try:
            rows = [row for row in self.service.submissions(lab=lab) if row["feedback_sha256"]]
            for row in rows:
                folder = self.lab_folder(row["lab"]) / "feedback" / stamp(row["received_utc"])
                unpack(self.service.feedback(row["id"]), folder)
                (folder / ".sha256").write_text(row["feedback_sha256"], encoding="ascii")
        except ServiceRefused as refused:
            self.fail(str(refused))
        if not rows:
            self.log.warning("There is no feedback for %s yet", lab or "any lab")
