"""The exchange over HTTP: release, fetch, submit, collect, feedback."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from starlette.responses import JSONResponse, Response

from coreskills.classroom.service.door import Asked
from coreskills.classroom.service.refusals import Refused
from coreskills.classroom.store.bundle import pack, unpack
from coreskills.classroom.store.exchange import NotThere, Receipt, Submission

_ZIP = "application/zip"


def labs(asked: Asked) -> Response:
    """``GET /api/labs``: what is released."""
    course, released = asked.service.classroom.course, asked.service.exchange.releases()
    rows = [
        {"lab": lab.id, "number": lab.number, "title": lab.title, "released_utc": _iso(released[lab.id].released_utc)}
        for lab in course.labs
        if lab.id in released
    ]
    return JSONResponse({"course": course.course.id, "labs": rows})


def fetch(asked: Asked) -> Response:
    """``GET /api/labs/{lab}/release``: the lab's files."""
    lab = asked.service.classroom.course.lab(asked.path["lab"])
    who = None if asked.caller.is_instructor else asked.caller.name
    return Response(pack(asked.service.exchange.fetch(lab.id, learner=who)), media_type=_ZIP)


def release(asked: Asked) -> Response:
    """``PUT /api/labs/{lab}/release``: publish files."""
    lab = asked.service.classroom.course.lab(asked.path["lab"])
    if not lab.is_open:
        raise Refused(409, f"Lab {lab.id!r} is announced, not open.", fix='set its status to "open" in course.toml')
    done = asked.service.exchange.release(lab.id, unpack(asked.body), by=asked.caller.name)
    return JSONResponse({"lab": lab.id, "sha256": done.sha256, "released_utc": _iso(done.released_utc)})


def withdraw(asked: Asked) -> Response:
    """``DELETE /api/labs/{lab}/release``."""
    lab = asked.service.classroom.course.lab(asked.path["lab"])
    if not asked.service.exchange.withdraw(lab.id):
        raise NotThere(f"Lab {lab.id!r} is not released.")
    return Response(status_code=204)


def submit(asked: Asked) -> Response:
    """``POST /api/labs/{lab}/submissions``: hand in; the answer is the receipt."""
    service = asked.service
    lab = service.classroom.course.lab(asked.path["lab"])
    files = unpack(asked.body)
    check_notebook(lab.id, files)
    receipt = service.exchange.submit(
        lab.id,
        asked.caller.name,
        files,
        state="waiting" if lab.grading == "by_hand" else "queued",
        attempts=lab.attempts,
    )
    service.wake_grader(lab.id)
    return JSONResponse(asdict(receipt), status_code=201)


def check_notebook(lab_id: str, files: dict[str, bytes]) -> None:
    """See that the lab's notebook is there and can be read.

    Raises:
        Refused: Missing, renamed, or not a notebook; nothing is kept.
    """
    name = f"{lab_id}.ipynb"
    if name not in files:
        found = ", ".join(sorted(n for n in files if n.endswith(".ipynb"))) or "no notebook at all"
        raise Refused(422, f"{name} is missing from the submission; it holds {found}.", fix=f"name it {name} again")
    try:
        cells = _cells(files[name])
    except (ValueError, RecursionError) as error:
        what = f"{name} is not a notebook: {str(error)[:200]}."
        raise Refused(422, what, fix="fetch the lab again, copy your cells over, submit") from error
    if not any("nbgrader" in cell["metadata"] for cell in cells):
        raise Refused(
            422, f"{name} holds none of the lab's graded cells.", fix="fetch the lab again and work in that file"
        )


def _cells(notebook: bytes) -> list[dict[str, Any]]:
    """The cells of a notebook, each with its source and metadata.

    Read here, not by nbformat: that takes a second to load and a fifth of a submission's time, when all hurry.
    """
    table = json.loads(notebook)
    if not isinstance(table, dict) or table.get("nbformat") != 4:
        raise ValueError('it does not say "nbformat": 4')
    cells = table.get("cells")
    if not isinstance(cells, list):
        raise ValueError("it has no list of cells")
    for number, cell in enumerate(cells, start=1):
        is_whole = isinstance(cell, dict) and isinstance(cell.get("metadata"), dict)
        if not is_whole or not isinstance(cell.get("source"), str | list):
            raise ValueError(f"its cell {number} has no source or no metadata")
    return cells


def submissions(asked: Asked) -> Response:
    """``GET /api/labs/{lab}/submissions``: the caller's; an instructor's ``?learner=`` or everybody's."""
    lab = asked.service.classroom.course.lab(asked.path["lab"])
    return JSONResponse({"submissions": _listed(asked, lab.id)})


def all_submissions(asked: Asked) -> Response:
    """``GET /api/submissions``: the same over all labs."""
    return JSONResponse({"submissions": _listed(asked, None)})


def _listed(asked: Asked, lab: str | None) -> list[dict[str, Any]]:
    wanted = asked.query.get("learner")
    if not asked.caller.is_instructor:
        if wanted not in (None, asked.caller.name):
            raise Refused(403, "You can list your own submissions only.")
        wanted = asked.caller.name
    exchange = asked.service.exchange
    rows = exchange.submissions(lab=lab, learner=wanted, latest=asked.query.get("latest") == "1")
    feedback = exchange.feedback_of([row.id for row in rows])
    return [_shown(asked, row, feedback.get(row.id, ("", None))[0]) for row in rows]


def _shown(asked: Asked, row: Submission, feedback: str) -> dict[str, Any]:
    return {
        **asdict(row),
        "received_utc": _iso(row.received_utc),
        "receipt": asdict(asked.service.exchange.receipt(row)),
        "feedback_sha256": feedback or None,
    }


def submission(asked: Asked) -> Response:
    """``GET /api/submissions/{id}``."""
    row = own_submission(asked)
    feedback = asked.service.exchange.feedback_of([row.id])
    return JSONResponse(_shown(asked, row, feedback.get(row.id, ("", None))[0]))


def files(asked: Asked) -> Response:
    """``GET /api/submissions/{id}/files``."""
    return Response(pack(asked.service.exchange.files(own_submission(asked))), media_type=_ZIP)


def feedback(asked: Asked) -> Response:
    """``GET /api/submissions/{id}/feedback``."""
    row = own_submission(asked)
    is_learner = row.learner == asked.caller.name
    return Response(pack(asked.service.exchange.take_feedback(row, seen=is_learner)), media_type=_ZIP)


def give_feedback(asked: Asked) -> Response:
    """``PUT /api/submissions/{id}/feedback``."""
    row = own_submission(asked)
    asked.service.exchange.give_feedback(row.id, unpack(asked.body))
    return Response(status_code=204)


def check_receipt(asked: Asked) -> Response:
    """``POST /api/receipts/check``: is this receipt ours, and is its submission still whole?"""
    table = asked.table()
    try:
        receipt = Receipt(**table)
    except TypeError:
        raise Refused(400, "That is not a receipt.", fix="send all of its fields") from None
    if not all(isinstance(value, int if name == "attempt" else str) for name, value in table.items()):
        raise Refused(400, "That is not a receipt.", fix="send its fields as they were")
    if receipt.learner != asked.caller.name and not asked.caller.is_instructor:
        raise Refused(403, "You can check your own receipts only.")
    return JSONResponse({"valid": asked.service.exchange.check(receipt)})


def own_submission(asked: Asked) -> Submission:
    """The submission that the path names, if the caller may see it."""
    number = asked.path["id"]
    if not number.isdecimal() or len(number) > 15:
        raise NotThere(f"There is no submission {number!r}.")
    who = None if asked.caller.is_instructor else asked.caller.name
    return asked.service.exchange.submission(int(number), learner=who)


def _iso(time: Any) -> str:
    text: str = time.isoformat()
    return text
