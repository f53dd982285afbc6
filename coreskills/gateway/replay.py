"""The replay backend: answers from recorded calls, and nothing else unless the lab is free-form."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator
from pathlib import Path

from coreskills.cassettes import Hit, Library, load, localise
from coreskills.errors import CassetteError
from coreskills.gateway.breaking import ConnectionDropped
from coreskills.gateway.incoming import Answer, Backend, Incoming, whole
from coreskills.wire.errors import WireError
from coreskills.wire.sse import split_events

_KEPT_LIBRARIES = 32
_HOLD_S = 30.0  # a recorded time-out holds its answer until the client gives up, at most so long


class ReplayBackend:
    """Answers from the cassettes of the key.

    A request that no recording answers is a miss, kept in the session for the examiner; the client gets a 418.

    Args:
        offline: Answers where no recording fits, for keys of free-form labs.
    """

    def __init__(self, offline: Backend) -> None:
        self._offline = offline
        self._libraries: OrderedDict[tuple[tuple[Path, int], ...], Library] = OrderedDict()
        self._lock = threading.Lock()

    async def answer(self, incoming: Incoming) -> Answer:
        """Answer one request; raises ``WireError`` when the cassettes cannot be read."""
        session = incoming.session
        try:
            with session.lock:
                if session.replay is None:
                    session.replay = self._open(incoming.grant.cassettes).session()
            found = session.replay.find(incoming.wire, cause=session.cause)
        except CassetteError as error:
            message = f"The recordings of this lab cannot be read: {error}"
            raise WireError(500, "", message, should_retry=False) from error
        if isinstance(found, Hit):
            return await _played(incoming, found)
        if incoming.grant.free_form:
            return await self._offline.answer(incoming)
        session.misses.append(found)
        return whole(found.response, source="recorded", miss=found)

    def _open(self, paths: tuple[Path, ...]) -> Library:
        """One library per set of files, read again when a file changes."""
        key = tuple((path, path.stat().st_mtime_ns if path.exists() else 0) for path in paths)
        with self._lock:
            library = self._libraries.get(key)
            if library is None:
                library = self._libraries[key] = load(paths)
                if len(self._libraries) > _KEPT_LIBRARIES:
                    self._libraries.popitem(last=False)
            return library


async def _played(incoming: Incoming, hit: Hit) -> Answer:
    response = localise(hit.response, incoming.base_url)
    headers = dict(response.headers)
    if response.latency_ms is not None:
        headers["x-coreskills-latency-ms"] = str(response.latency_ms)
    answer = Answer(
        response.status,
        headers,
        response.body,
        source="recorded",
        cassette=Path(hit.cassette).name,
        interaction=hit.interaction,
        tier=hit.tier,
        latency_ms=response.latency_ms,
        notes={"differences": list(hit.notes)},
    )
    if hit.fault == "timeout" or _is_too_slow(incoming, response.latency_ms):
        await asyncio.sleep(_HOLD_S)
        raise WireError(504, "", "The recorded call timed out, and so did this one.")
    if hit.fault == "drop":
        answer.chunks, answer.body = _broken_off(response.body), b""
    elif response.is_stream:
        answer.chunks, answer.body = _events(response.body), b""
    return answer


def _is_too_slow(incoming: Incoming, latency_ms: int | None) -> bool:
    """The recorded answer came later than this client waits: recorded slowness meets a time-out without a sleep."""
    told = incoming.wire.headers.get("x-stainless-read-timeout") or incoming.wire.headers.get("x-stainless-timeout", "")
    try:
        return latency_ms is not None and latency_ms > 1000 * float(told)
    except ValueError:  # no such header, or NOT_GIVEN
        return False


async def _events(body: bytes) -> AsyncIterator[bytes]:
    for event in split_events(body):
        yield event


async def _broken_off(body: bytes) -> AsyncIterator[bytes]:
    if body:
        yield body
    raise ConnectionDropped
