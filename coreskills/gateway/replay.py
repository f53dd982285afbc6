"""The replay backend: answers from recorded calls, and nothing else unless the lab is free-form."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

from coreskills.errors import CassetteError
from coreskills.gateway.breaking import ConnectionDropped
from coreskills.gateway.incoming import Answer, Backend, Incoming, whole
from coreskills.gateway.offline import split_events
from coreskills.wire.errors import WireError

_KEPT_LIBRARIES = 32
_PROVIDER_HOST = b"https://api.anthropic.com/"


class ReplayBackend:
    """Answers from the cassettes of the key.

    A request that no recording answers is a miss, kept in the session for the examiner; the client gets a 418.

    Args:
        offline: Answers where no recording fits, for keys of free-form labs.
    """

    def __init__(self, offline: Backend) -> None:
        self._offline = offline
        self._libraries: OrderedDict[tuple[tuple[Path, int], ...], Any] = OrderedDict()
        self._lock = threading.Lock()

    async def answer(self, incoming: Incoming) -> Answer:
        """Answer one request; raises ``WireError`` when the cassettes cannot be read."""
        from coreskills.cassettes import Miss  # a classroom that never replays does not load the index

        session = incoming.session
        try:
            with session.lock:
                if session.library is None:
                    session.library = self._open(incoming.grant.cassettes).session()
            found = session.library.find(incoming.wire, cause=session.cause)
        except CassetteError as error:
            raise WireError(
                500, "", f"The recordings of this lab cannot be read: {error}", should_retry=False
            ) from error
        if isinstance(found, Miss):
            if incoming.grant.free_form:
                return await self._offline.answer(incoming)
            session.misses.append(found)
            return whole(found.response, source="recorded", miss=found)
        return await _played(incoming, found)

    def _open(self, paths: tuple[Path, ...]) -> Any:
        """One library per set of files, read again when a file changes."""
        from coreskills.cassettes import load

        key = tuple((path, path.stat().st_mtime_ns if path.exists() else 0) for path in paths)
        with self._lock:
            library = self._libraries.get(key)
            if library is None:
                library = self._libraries[key] = load(paths)
                if len(self._libraries) > _KEPT_LIBRARIES:
                    self._libraries.popitem(last=False)
            return library


async def _played(incoming: Incoming, hit: Any) -> Answer:
    response = hit.response
    answer = whole(
        response,
        source="recorded",
        cassette=Path(hit.cassette).name,
        interaction=hit.interaction,
        tier=hit.tier,
        notes={"recorded_latency_ms": response.latency_ms, "differences": list(hit.notes)},
    )
    if hit.fault == "timeout":
        await asyncio.Event().wait()  # until the client gives up, as it did when this was recorded
    if hit.fault == "drop":
        answer.chunks, answer.body = _broken_off(response.body), b""
        return answer
    if _PROVIDER_HOST in response.body and incoming.endpoint.startswith("messages/batches"):
        answer.body = response.body.replace(_PROVIDER_HOST, f"{incoming.base_url}/".encode())
    if response.is_stream:
        answer.chunks, answer.body = _events(response.body), b""
    return answer


async def _events(body: bytes) -> Any:
    for event in split_events(body):
        yield event


async def _broken_off(body: bytes) -> Any:
    if body:
        yield body
    raise ConnectionDropped
