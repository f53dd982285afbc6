"""Runs a lab's solution and records what it asks: the calls that grading replays."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

import httpx
import nbformat
from nbformat import NotebookNode

from coreskills.cassettes.drift import Drift, compare
from coreskills.cassettes.files import read
from coreskills.cassettes.recorder import Recorder, is_hidden, with_steady_id, write_or_remove
from coreskills.cassettes.recording import Provenance, Recording
from coreskills.course import Course, Lab
from coreskills.errors import CassetteError
from coreskills.gateway.app import Gateway, create_app
from coreskills.gateway.breaking import ConnectionDropped
from coreskills.gateway.incoming import Answer, Incoming, whole
from coreskills.gateway.keys import KeyStore
from coreskills.gateway.offline import split_events
from coreskills.gateway.serve import GatewayServer
from coreskills.gateway.session import Cell, Session
from coreskills.ledger.store import Ledger
from coreskills.wire.http import PROVIDER_HOSTS, Provider, WireResponse

Source = Literal["live", "offline"]

_KEY_VARIABLES: Mapping[Provider, str] = {
    "anthropic": "ANTHROPIC_API_KEY",
    "openai": "OPENAI_API_KEY",
    "cohere": "CO_API_KEY",
}
_PACKAGES = ("coreskills-lab", "anthropic", "openai", "vcrpy")
# About one connection or one client, never passed on in either direction.
_ABOUT_THE_BODY = ("content-length", "content-encoding", "transfer-encoding", "accept-encoding")
_SECRET = ("authorization", "x-api-key", "cookie", "set-cookie")
_DROPPED_HEADERS = frozenset(("host", "connection", "date", "server", *_ABOUT_THE_BODY, *_SECRET))
_UPSTREAM_TIMEOUT_S = 600
_SLOWEST_CELL_S = 300
_RECORDED_AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Upstream:
    """Who answers while recording.

    Attributes:
        urls: Base address of each provider, the same gateway three times for the offline models.
        keys: What each provider asks for.
    """

    source: Source
    urls: Mapping[Provider, str]
    keys: Mapping[Provider, str]


@dataclass
class Recorded:
    """What running one lab recorded.

    Attributes:
        parts: The recordings of each cassette, the visible one first.
        failures: Check cells in which the solution fails, with the error.
        drift: What changed since the last recording, by cassette.
        changed: Cassettes that were written or removed.
    """

    lab: str
    parts: Mapping[Path, Sequence[Recording]]
    provenance: Provenance
    failures: list[tuple[str, str]] = field(default_factory=list)
    drift: dict[Path, Drift] = field(default_factory=dict)
    changed: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        for path, part in self.parts.items():
            self.drift[path] = compare(read(path).recordings if path.exists() else (), part)

    def write(self) -> None:
        """Replace the cassettes."""
        kept = {path: write_or_remove(path, part, provenance=self.provenance) for path, part in self.parts.items()}
        self.changed = [path for path, is_new in kept.items() if is_new]


class RecordingBackend:
    """Passes every request on to the upstream, through the recorder's transport."""

    def __init__(self, recorder: Recorder, upstream: Upstream) -> None:
        self._recorder, self._upstream = recorder, upstream
        self._client: httpx.AsyncClient | None = None

    async def answer(self, incoming: Incoming) -> Answer:
        """Ask the upstream the same, with its own key; what fails there fails here in the same way."""
        with self._recorder.call(cause=incoming.session.cause, cell=incoming.session.cell.cell_id or None):
            try:
                response, body, is_broken = await self._ask(incoming)
            except httpx.TimeoutException:
                await asyncio.Event().wait()  # until the client gives up
                raise
            except httpx.TransportError as error:
                raise ConnectionDropped from error
        headers = {name: value for name, value in response.headers.items() if name not in _DROPPED_HEADERS}
        upstream = self._upstream.urls[incoming.wire.provider].encode()
        body = body.replace(upstream + b"/v", incoming.base_url.encode() + b"/v")
        given = WireResponse(response.status_code, headers, body)
        if self._upstream.source == "offline":
            given = with_steady_id(incoming.wire, given)
        answer = whole(given, source=self._upstream.source)
        if is_broken or answer.is_stream:
            answer.chunks, answer.body = _events(given.body, is_broken=is_broken), b""
        return answer

    async def _ask(self, incoming: Incoming) -> tuple[httpx.Response, bytes, bool]:
        wire = incoming.wire
        if self._client is None:
            self._client = httpx.AsyncClient(transport=self._recorder.transport(), timeout=_UPSTREAM_TIMEOUT_S)
        key = self._upstream.keys[wire.provider]
        headers = {name: value for name, value in wire.headers.items() if name not in _DROPPED_HEADERS}
        headers |= {"x-api-key": key} if wire.provider == "anthropic" else {"authorization": f"Bearer {key}"}
        url = f"{self._upstream.urls[wire.provider]}{wire.path}{'?' + wire.query if wire.query else ''}"
        request = self._client.build_request(wire.method, url, headers=headers, content=wire.body)
        response = await self._client.send(request, stream=True)
        parts: list[bytes] = []
        try:
            async for part in response.aiter_bytes():
                parts.append(part)
        except httpx.TransportError:
            return response, b"".join(parts), True
        finally:
            await response.aclose()
        return response, b"".join(parts), False


async def _events(body: bytes, *, is_broken: bool) -> AsyncIterator[bytes]:
    for event in split_events(body):
        yield event
    if is_broken:
        raise ConnectionDropped


@contextmanager
def recording_gateway(recorder: Recorder, upstream: Upstream, *, lab: str) -> Iterator[tuple[str, str, Session]]:
    """Serve a gateway that records all it is asked.

    Returns:
        Its address, a key for it, and the session of that key, whose ``cell`` and ``cause`` tag the recordings.
    """
    with tempfile.TemporaryDirectory(prefix="coreskills-record-") as folder:
        keys, ledger = KeyStore(f"sqlite:///{folder}/keys.sqlite"), Ledger(f"sqlite:///{folder}/ledger.sqlite")
        gateway = Gateway(keys=keys, ledger=ledger, live=RecordingBackend(recorder, upstream))
        secret = keys.mint(learner="reference", lab=lab, backend="live", requests_per_minute=None)
        grant = keys.lookup(secret)
        assert grant is not None
        try:
            with GatewayServer(create_app(gateway)) as server:
                yield server.url, secret, gateway.sessions[grant.id]
        finally:
            gateway.close()
            keys.close()
            ledger.close()


def _clock() -> Callable[[], datetime]:
    """A clock that starts at one moment and moves a second each time it is read: batches record the same twice."""
    seconds = itertools.count()
    return lambda: _RECORDED_AT + timedelta(seconds=next(seconds))


@contextmanager
def offline_upstream() -> Iterator[Upstream]:
    """Serve the offline models over real HTTP, as a provider would be reached."""
    with tempfile.TemporaryDirectory(prefix="coreskills-offline-") as folder:
        keys, ledger = KeyStore(f"sqlite:///{folder}/keys.sqlite"), Ledger(f"sqlite:///{folder}/ledger.sqlite")
        gateway = Gateway(keys=keys, ledger=ledger, clock=_clock())
        secret = keys.mint(learner="reference", lab="recording", backend="offline")
        try:
            with GatewayServer(create_app(gateway)) as server:
                yield Upstream(
                    "offline", dict.fromkeys(PROVIDER_HOSTS, server.url), dict.fromkeys(PROVIDER_HOSTS, secret)
                )
        finally:
            gateway.close()
            keys.close()
            ledger.close()


def live_upstream(environ: Mapping[str, str]) -> Upstream:
    """The providers themselves.

    Raises:
        CassetteError: No provider key is there.
    """
    keys = {provider: environ.get(name, "") for provider, name in _KEY_VARIABLES.items()}
    if not any(keys.values()):
        names = ", ".join(_KEY_VARIABLES.values())
        raise CassetteError(
            "There is no provider key to record with.", fix=f"set one of {names}, or record without --live"
        )
    return Upstream("live", PROVIDER_HOSTS, keys)


def provenance(source: Source) -> Provenance:
    """Where recordings made now come from."""
    versions = {}
    for package in _PACKAGES:
        with suppress(PackageNotFoundError):
            versions[package] = version(package)
    return Provenance(source, datetime.now(UTC).date().isoformat(), versions)


def run_in_kernel(
    notebook: NotebookNode, *, workdir: Path, url: str, secret: str, session: Session, lab: str, cell_timeout_s: int
) -> None:
    """Run a notebook in a plain kernel against a gateway; errors stay in its outputs."""
    from nbclient import NotebookClient

    def before(cell: NotebookNode, cell_index: int) -> None:
        name = cell.get("metadata", {}).get("nbgrader", {}).get("grade_id") or cell.get("id") or str(cell_index)
        session.cell, session.cause = Cell(cell_id=name, label=name, order=cell_index), None

    client = NotebookClient(
        notebook,
        timeout=cell_timeout_s,
        kernel_name="python3",
        allow_errors=True,
        extra_arguments=["--log-level=40"],
        resources={"metadata": {"path": str(workdir)}},
        on_cell_start=before,
    )
    client.execute(env=kernel_environment(url, secret, lab))


def kernel_environment(url: str, secret: str, lab: str) -> dict[str, str]:
    """The environment in which learner code finds the gateway; no provider key of this process is in it."""
    clean = {name: value for name, value in os.environ.items() if name not in _KEY_VARIABLES.values()}
    return {
        **clean,
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": secret,
        "OPENAI_BASE_URL": f"{url}/v1",
        "OPENAI_API_KEY": secret,
        "CORESKILLS_GATEWAY_URL": url,
        "CORESKILLS_LAB": lab,
        "OMP_NUM_THREADS": "1",
    }


def record_lab(course: Course, lab: Lab, upstream: Upstream) -> Recorded:
    """Run the solution of a lab, its visible and hidden checks; ``Recorded.write`` then replaces its cassettes.

    Raises:
        CassetteError: The lab has no notebook.
    """
    path = course.source(lab.id)
    if not path.exists():
        raise CassetteError(f"Lab {lab.id!r} has no notebook {path}.", fix="write it, or name another lab")
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]  # nbformat has no annotations
    recorder = Recorder(source=upstream.source)
    with tempfile.TemporaryDirectory(prefix=f"coreskills-{lab.id}-") as folder:
        workdir = Path(shutil.copytree(path.parent, Path(folder) / lab.id))
        with recorder, recording_gateway(recorder, upstream, lab=lab.id) as (url, secret, session):
            run_in_kernel(
                notebook,
                workdir=workdir,
                url=url,
                secret=secret,
                session=session,
                lab=lab.id,
                cell_timeout_s=max(_SLOWEST_CELL_S, course.cell_timeout_s(lab)),
            )
    files = {course.cassette(lab.id): False, course.cassette(lab.id, hidden=True): True}
    parts = {file: [r for r in recorder.in_order() if is_hidden(r) == hidden] for file, hidden in files.items()}
    return Recorded(lab.id, parts, provenance(upstream.source), failures=failed_checks(notebook))


def failed_checks(notebook: NotebookNode) -> list[tuple[str, str]]:
    """Check cells that ended in an error: with the solution in place, none may."""
    found = []
    for cell in notebook.cells:
        facts: Mapping[str, Any] = cell.get("metadata", {}).get("nbgrader", {})
        if cell.cell_type != "code" or not facts.get("grade") or facts.get("solution"):
            continue
        for output in cell.outputs:
            if output.output_type == "error":
                found.append((facts["grade_id"], f"{output.ename}: {output.evalue}"))
    return found
