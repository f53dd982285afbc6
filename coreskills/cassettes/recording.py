"""One recorded call, in the one canonical form that every cassette holds."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from coreskills.cassettes.request import REQUEST_HEADERS, canonical_query
from coreskills.wire.http import PROVIDER_HOSTS, WireRequest, WireResponse

Fault = Literal["timeout", "drop"]

FAULT_HEADER = "x-coreskills-fault"
RESPONSE_HEADERS = (
    "content-type",
    "request-id",
    "retry-after",
    "retry-after-ms",
    "x-request-id",
    "x-should-retry",
    FAULT_HEADER,
)
_LOOPBACK = re.compile(rb"https?://(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?(?:/[\w./-]*?)?(?=/v[12]/)")
_ERRORS_TO_RETRY = (408, 409, 429)


@dataclass(frozen=True)
class Recording:
    """A request and what came back.

    Attributes:
        response: Headers from the allow-list only, body decoded. A call that got no answer has status 599.
        causes: The test calls that made this request, as the examiner wrote them; empty outside test calls.
        cell: grade_id of the cell that ran.
        fault: How the answer failed to arrive: never (``timeout``), or broken off after the body (``drop``).
    """

    request: WireRequest
    response: WireResponse
    causes: tuple[str, ...] = ()
    cell: str | None = None
    fault: Fault | None = None


def canonical(recording: Recording) -> Recording:
    """Drop what says nothing about the call or is secret, and put the rest in one form; idempotent."""
    request, response = recording.request, recording.response
    return replace(
        recording,
        request=replace(
            request,
            query=canonical_query(request.query),
            headers=allowed(request.headers, REQUEST_HEADERS),
            body=canonical_json(request.body),
        ),
        response=replace(
            response,
            headers=allowed(response.headers, RESPONSE_HEADERS),
            body=_LOOPBACK.sub(PROVIDER_HOSTS[request.provider].encode(), response.body),
        ),
    )


def canonical_json(body: bytes) -> bytes:
    """The same JSON with sorted keys and no spaces; anything else unchanged."""
    try:
        document = json.loads(body)
        return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    except (ValueError, RecursionError):  # half a surrogate pair is a ValueError too
        return body


def allowed(headers: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    """Keep the headers on a list; names become lower case."""
    low = {name.lower(): value for name, value in headers.items()}
    return {name: low[name] for name in names if name in low}


def localise(response: WireResponse, base_url: str) -> WireResponse:
    """Point the provider's own addresses in an answer (a batch's ``results_url``) at a gateway."""
    body = response.body
    for host in PROVIDER_HOSTS.values():
        body = body.replace(f"{host}/v".encode(), f"{base_url.rstrip('/')}/v".encode())
    return response if body == response.body else replace(response, body=body)


def without_waiting(response: WireResponse) -> WireResponse:
    """Tell the SDKs to retry at once: they obey ``retry-after-ms`` before ``retry-after``, which stays as data."""
    if response.status not in _ERRORS_TO_RETRY and response.status < 500:
        return response
    return replace(response, headers={**response.headers, "retry-after-ms": "1"})


@dataclass(frozen=True)
class Provenance:
    """Where a cassette comes from.

    Attributes:
        source: Real providers, or the offline models.
        on: ISO date; kept by a re-recording that changes nothing.
        versions: Packages that shaped the recording.
    """

    source: Literal["live", "offline"]
    on: str
    versions: Mapping[str, str] = field(default_factory=dict)
