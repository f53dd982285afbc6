"""Submissions over HTTP: kept once, never lost, never changed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from coreskills.classroom.roster import Person
from coreskills.classroom.settings import Classroom
from coreskills.classroom.store.blobs import BlobStore
from coreskills.classroom.store.bundle import pack, unpack
from coreskills.course import load_course
from coreskills.errors import ClassroomError

LAB = "b1-1-first-call"


def send(running: Any, learner: str, body: bytes, *, lab: str = LAB) -> requests.Response:
    return requests.post(f"{running.url}/api/labs/{lab}/submissions", headers=running.as_(learner), data=body)


def rows(running: Any, learner: str = "ada") -> list[dict[str, Any]]:
    answer = requests.get(f"{running.url}/api/submissions", headers=running.as_(learner))
    found: list[dict[str, Any]] = answer.json()["submissions"]
    return found


def test_a_lab_is_fetched_as_released(running: Any, make_notebook: Callable[..., bytes]) -> None:
    """A learner gets the released files, and the panel knows it."""
    answer = requests.get(f"{running.url}/api/labs/{LAB}/release", headers=running.as_("ada"))
    assert unpack(answer.content) == {f"{LAB}.ipynb": make_notebook(), "data.csv": b"a,b\n1,2\n"}
    panel = requests.get(f"{running.url}/api/panel", headers=running.as_("ada")).json()
    states = {lab["id"]: lab["state"] for module in panel["modules"] for lab in module["labs"]}
    assert (states[LAB], states["b1-2-cost-calculator"]) == ("fetched", "to_come")
    assert panel["next"] == {"lab_id": LAB, "action": "open", "reason": "You have begun it."}


def test_a_submission_comes_back_as_sent_with_a_receipt(running: Any, make_notebook: Callable[..., bytes]) -> None:
    """The receipt names the content, and can be checked; a changed one does not pass."""
    files = {f"{LAB}.ipynb": make_notebook("mine"), "out/report.json": b"{}"}
    receipt = send(running, "ada", pack(files)).json()
    (row,) = rows(running)
    assert row["receipt"] == receipt
    got = requests.get(f"{running.url}/api/submissions/{row['id']}/files", headers=running.as_("ada"))
    assert unpack(got.content) == files

    def check(receipt: dict[str, Any]) -> bool:
        answer = requests.post(f"{running.url}/api/receipts/check", headers=running.as_("iris"), json=receipt)
        return bool(answer.json()["valid"])

    assert check(receipt)
    for field, value in (("time_utc", "2020-01-01T00:00:00Z"), ("sha256", "0" * 64), ("attempt", 2), ("seal", "00")):
        assert not check({**receipt, field: value}), field


def test_the_same_upload_again_is_the_same_submission(running: Any, make_notebook: Callable[..., bytes]) -> None:
    """A retry gives the same receipt; other work is a second attempt, and so is going back to the first."""
    first, second = ({f"{LAB}.ipynb": make_notebook(text)} for text in ("one", "two"))
    receipts = [send(running, "ada", pack(files)).json() for files in (first, first, second, first)]
    assert receipts[0] == receipts[1]
    assert [receipt["attempt"] for receipt in receipts] == [1, 1, 2, 3]
    assert len(rows(running)) == 3


def test_the_same_upload_at_once_is_one_submission(running: Any, make_notebook: Callable[..., bytes]) -> None:
    """Twenty copies in flight at the same time are one submission with one receipt."""
    body = pack({f"{LAB}.ipynb": make_notebook("once")})
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: send(running, "ada", body), range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert len(rows(running)) == 1


def test_an_upload_cut_off_leaves_nothing(running: Any, make_notebook: Callable[..., bytes]) -> None:
    """Half a body, then silence: no submission, no row, and the next try works."""
    body = pack({f"{LAB}.ipynb": make_notebook("half")})
    address = urlsplit(running.url)
    with socket.create_connection((address.hostname, address.port)) as wire:
        head = f"POST {address.path}/api/labs/{LAB}/submissions HTTP/1.1\r\nHost: {address.netloc}\r\n"
        head += f"Authorization: token token-ada\r\nContent-Length: {len(body)}\r\n\r\n"
        wire.sendall(head.encode() + body[: len(body) // 2])
    assert rows(running) == []
    assert send(running, "ada", body).status_code == 201


@pytest.mark.parametrize(
    ("files", "says"),
    [
        pytest.param({f"{LAB}.ipynb": b"{not json"}, "is not a notebook", id="not-json"),
        pytest.param({f"{LAB}.ipynb": b"[1, 2]"}, "is not a notebook", id="another-json"),
        pytest.param({"my-copy.ipynb": b"{}"}, "it holds my-copy.ipynb", id="renamed"),
        pytest.param({"data.csv": b"1"}, "no notebook at all", id="missing"),
        pytest.param(
            {f"{LAB}.ipynb": b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'},
            "none of the lab's graded cells",
            id="without-graded-cells",
        ),
    ],
)
def test_what_cannot_be_graded_is_refused_with_the_reason(running: Any, files: dict[str, bytes], says: str) -> None:
    """The learner hears what is wrong and how to mend it, and nothing is stored."""
    answer = send(running, "ada", pack(files))
    assert answer.status_code == 422
    assert says in answer.json()["error"]
    assert answer.json()["fix"]
    assert rows(running) == []


def test_an_unknown_or_unreleased_lab_takes_nothing(running: Any, make_notebook: Callable[..., bytes]) -> None:
    """The answer names the nearest lab there is."""
    body = pack({"b1-1-frist-call.ipynb": make_notebook()})
    answer = send(running, "ada", body, lab="b1-1-frist-call")
    assert (answer.status_code, LAB in answer.json()["error"]) == (404, True)
    late = pack({"b1-2-cost-calculator.ipynb": make_notebook()})
    assert send(running, "ada", late, lab="b1-2-cost-calculator").status_code == 404


def test_lateness_follows_the_learners_own_date(running: Any, make_notebook: Callable[..., bytes]) -> None:
    """The class's date is past; one learner has an extension."""
    now = datetime.now(UTC)
    running.service.due.put({LAB: now - timedelta(days=1)})
    running.service.due.extend(LAB, "grace", now + timedelta(days=1), reason="ill")
    for learner in ("ada", "grace"):
        send(running, learner, pack({f"{LAB}.ipynb": make_notebook(learner)}))
    assert [rows(running, learner)[0]["is_late"] for learner in ("ada", "grace")] == [True, False]


def test_used_up_attempts_are_refused_and_a_retry_is_none(
    room: Classroom, serve: Callable[..., Any], make_notebook: Callable[..., bytes]
) -> None:
    """Two attempts: the third work is refused with the reason, the second sent again is the second; others have theirs.

    The panel says how many are left.
    """
    told = (room.course.root / "course.toml").read_text().replace(f'id = "{LAB}"', f'id = "{LAB}"\nattempts = 2')
    (room.course.root / "course.toml").write_text(told)
    with serve(Classroom(load_course(room.course.root), room.state)) as running:
        works = [pack({f"{LAB}.ipynb": make_notebook(text)}) for text in ("one", "two", "three")]
        answers = [send(running, "ada", work) for work in works]
        assert [answer.status_code for answer in answers] == [201, 201, 409]
        assert answers[2].json()["error"] == f"Lab '{LAB}' allows 2 submissions; all are used."
        assert send(running, "ada", works[1]).json() == answers[1].json()
        assert send(running, "grace", works[2]).status_code == 201
        left = {}
        for learner in ("ada", "grace"):
            panel = requests.get(f"{running.url}/api/panel", headers=running.as_(learner)).json()
            rows = {lab["id"]: lab for module in panel["modules"] for lab in module["labs"]}
            left[learner] = rows[LAB]["attempts_left"]
        assert left == {"ada": 0, "grace": 1}


def test_submissions_survive_a_new_release(running: Any, make_notebook: Callable[..., bytes]) -> None:
    """Releasing again changes what is fetched, never what was handed in."""
    mine = {f"{LAB}.ipynb": make_notebook("mine")}
    send(running, "ada", pack(mine))
    newer = pack({f"{LAB}.ipynb": make_notebook("newer")})
    done = requests.put(f"{running.url}/api/labs/{LAB}/release", headers=running.as_("iris"), data=newer)
    assert done.status_code == 200
    number = rows(running)[0]["id"]
    got = requests.get(f"{running.url}/api/submissions/{number}/files", headers=running.as_("ada"))
    assert unpack(got.content) == mine


def test_a_hundred_learners_at_once_are_all_accepted_once(running: Any, make_notebook: Callable[..., bytes]) -> None:
    """Each of a hundred learners submits within seconds; each is there once, with a good receipt."""
    names = [f"learner{n:03}" for n in range(100)]
    running.service.roster.put(Person(name) for name in names)
    started = datetime.now(UTC)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda name: send(running, name, pack({f"{LAB}.ipynb": make_notebook(name)})), names))
    took = (datetime.now(UTC) - started).total_seconds()
    assert {answer.status_code for answer in answers} == {201}
    kept = running.service.exchange.submissions(lab=LAB)
    assert sorted(row.learner for row in kept) == names
    by_learner = {row.learner: row for row in kept}
    for name, answer in zip(names, answers, strict=True):
        assert running.service.exchange.receipt(by_learner[name]).seal == answer.json()["seal"]
    assert took < 10


def test_a_damaged_blob_is_named_not_served(running: Any, make_notebook: Callable[..., bytes]) -> None:
    """Content is checked against its name on the way out."""
    send(running, "ada", pack({f"{LAB}.ipynb": make_notebook("mine")}))
    for path in Path(running.room.state, "exchange", "blobs").rglob("*"):
        if path.is_file():
            path.write_bytes(b"rot")
    number = rows(running)[0]["id"]
    answer = requests.get(f"{running.url}/api/submissions/{number}/files", headers=running.as_("ada"))
    assert answer.status_code == 500
    assert "is damaged" in answer.json()["error"]


def test_two_writers_of_one_blob_leave_one_whole_blob(tmp_path: Path) -> None:
    """Writing beside and renaming: nobody ever sees half a blob, and no scraps stay."""
    store, data = BlobStore(f"file://{tmp_path}/blobs"), b"x" * 3_000_000
    threads = [threading.Thread(target=lambda: BlobStore(f"file://{tmp_path}/blobs").put(data)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    files = [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    assert [path.name for path in files] == [store.put(data)]
    assert store.get(files[0].name) == data


def test_a_missing_blob_says_what_to_do(tmp_path: Path) -> None:
    """A store that lost something names it and points at the backup."""
    with pytest.raises(ClassroomError, match="missing from the store"):
        BlobStore(f"file://{tmp_path}/blobs").get("0" * 64)
