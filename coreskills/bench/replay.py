"""Replay measured: our index next to plain vcrpy, on the same cassettes, in one run."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from coreskills.bench import Figure
from coreskills.cassettes import Hit, Library, Provenance, Recording, load, write
from coreskills.wire.http import WireRequest, WireResponse

SIZES = (10, 100, 1_000, 5_000)
_TIMED = 400
_VCRPY_TIMED = 12
_ROUNDS = 5


def measure() -> list[Figure]:
    """Time one request at cassettes of 10 to 5,000 calls, and the loading of the largest.

    All times are the process's own: what else runs on the machine would change them while they are compared.
    """
    figures: list[Figure] = []
    ours: dict[int, float] = {}
    worded: dict[int, float] = {}
    with tempfile.TemporaryDirectory(prefix="coreskills-bench-") as folder:
        for size in SIZES:
            path = Path(folder) / f"{size}.json"
            requests = make_cassette(path, size)
            load_s, library = _best(lambda path=path: load([path]))  # type: ignore[misc]  # mypy: lambda default
            ours[size] = _per_request_ms(library, requests)
            worded[size] = _per_request_ms(library, [_reworded(each) for each in requests])
            theirs = _vcrpy_per_request_ms(path, requests)
            ratio = theirs / ours[size]
            reach = ">= 100x" if size == SIZES[-1] else "-"
            ok = ratio >= 100 if size == SIZES[-1] else True
            figures.append(Figure(f"replay a call, cassette of {size:,}", ours[size], "ms", theirs, ratio, reach, ok))
            if size == SIZES[-1]:
                figures.append(Figure(f"load {size:,} calls", load_s, "s", None, None, "<= 0.5 s", load_s <= 0.5))
    for name, times in (("time per call", ours), ("time per reworded call", worded)):
        growth = times[SIZES[-1]] / times[SIZES[0]]
        figures.append(Figure(f"{name}, 5,000 against 10", growth, "x", None, None, "within 1.5x", growth <= 1.5))
    figures.append(Figure("replay a reworded call, cassette of 5,000", worded[SIZES[-1]], "ms", None, None, "-", True))
    return figures


def make_cassette(path: Path, size: int) -> list[WireRequest]:
    """Write a cassette of different classification calls of an ordinary length; gives back their requests."""
    recordings = [_recording(number) for number in range(size)]
    write(path, recordings, provenance=Provenance("offline", "2026-11-22"))
    return [each.request for each in recordings]


def _recording(number: int) -> Recording:
    text = f"Review {number}: the tent of order {number * 7919 % 100_003} kept us dry for {number % 17} nights. " * 3
    body: dict[str, Any] = {
        "max_tokens": 64,
        "messages": [{"role": "user", "content": f"Classify as positive or negative.\n\n{text}"}],
        "model": "claude-haiku-5-5",
        "system": "You classify reviews of outdoor gear. Answer with one word.",
    }
    answer = {
        "id": f"msg_{number:024d}",
        "type": "message",
        "role": "assistant",
        "model": "claude-haiku-5-5",
        "content": [{"type": "text", "text": "positive"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 90, "output_tokens": 3},
    }
    headers = {"content-type": "application/json"}
    request = WireRequest("anthropic", "POST", "/v1/messages", headers=headers, body=json.dumps(body).encode())
    return Recording(request, WireResponse(200, headers, json.dumps(answer).encode()), (f"classify({text!r})",))


def _reworded(request: WireRequest) -> WireRequest:
    """The same review in another prompt: found by its words."""
    body = request.json
    prompt = body["messages"][0]["content"].replace("Classify as positive or negative.", "Is this customer happy?")
    other = {**body, "messages": [{"role": "user", "content": prompt}], "system": "Answer briefly."}
    return WireRequest(request.provider, request.method, request.path, body=json.dumps(other).encode())


def _best(action: Callable[[], Library]) -> tuple[float, Library]:
    times = []
    for _ in range(_ROUNDS):
        started = time.process_time()
        made = action()
        times.append(time.process_time() - started)
    return min(times), made


def _per_request_ms(library: Library, requests: Sequence[WireRequest]) -> float:
    """Best round's mean over requests spread over the whole cassette, each read from its bytes anew."""
    spread = [requests[number * len(requests) // _TIMED % len(requests)] for number in range(_TIMED)]
    rounds = []
    for number in range(_ROUNDS + 1):
        session = library.session()
        fresh = [WireRequest(r.provider, r.method, r.path, r.query, r.headers, r.body) for r in spread]
        started = time.process_time()
        for request in fresh:
            assert isinstance(session.find(request), Hit)
        if number:  # the first round warms up
            rounds.append((time.process_time() - started) / len(fresh) * 1000)
    return min(rounds)


def _vcrpy_per_request_ms(path: Path, requests: Sequence[WireRequest]) -> float:
    """What vcrpy itself needs to find and play one recorded answer, matching on the body as it must here."""
    import vcr
    from vcr.record_mode import RecordMode
    from vcr.request import Request

    book = vcr.VCR(
        serializer="json",
        record_mode=RecordMode.NONE,
        match_on=("method", "scheme", "host", "port", "path", "query", "body"),
    )
    with book.use_cassette(str(path), allow_playback_repeats=True) as cassette:
        spread = [requests[number * len(requests) // _VCRPY_TIMED] for number in range(_VCRPY_TIMED)]
        asked = [Request("POST", f"https://api.anthropic.com{r.path}", r.body, dict(r.headers)) for r in spread]
        started = time.process_time()
        for request in asked:
            assert cassette.can_play_response_for(request)
            cassette.play_response(request)
        return (time.process_time() - started) / len(asked) * 1000
