"""The live backend: passes calls on to the provider, with the key that only the gateway holds."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from coreskills.cassettes import localise
from coreskills.gateway.incoming import Answer, Incoming
from coreskills.ledger.call import Source
from coreskills.wire.errors import WireError
from coreskills.wire.http import PROVIDER_HOSTS, Provider, WireResponse

_KEY_VARIABLES: dict[Provider, str] = {
    "anthropic": "CORESKILLS_ANTHROPIC_API_KEY",
    "openai": "CORESKILLS_OPENAI_API_KEY",
    "cohere": "CORESKILLS_COHERE_API_KEY",
}
_HOP_BY_HOP = frozenset(
    ("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding")
) | {"upgrade"}
_NOT_SENT = _HOP_BY_HOP | {"host", "content-length", "accept-encoding", "authorization", "x-api-key", "cookie"}
# The body is passed on decoded, so its length and encoding are ours; whose account it is concerns no learner.
_NOT_GIVEN = _HOP_BY_HOP | {
    "content-length",
    "content-encoding",
    "set-cookie",
    "anthropic-organization-id",
    "anthropic-workspace-id",
    "openai-organization",
    "openai-project",
}


@dataclass(frozen=True)
class Upstream:
    """Where a provider is, and the key to show it."""

    base_url: str
    api_key: str = field(repr=False)


class LiveBackend:
    """Forwards requests; bytes of a stream go to the client as they come, errors go untouched.

    Args:
        upstreams: By provider; one that is missing is refused.
        timeout_s: Seconds to wait for the provider's next byte.
    """

    def __init__(
        self,
        upstreams: Mapping[Provider, Upstream],
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout_s: float = 600.0,
    ) -> None:
        self._upstreams = dict(upstreams)
        self._client = httpx.AsyncClient(
            transport=transport,
            timeout=httpx.Timeout(timeout_s, connect=10.0),
            limits=httpx.Limits(max_connections=500, max_keepalive_connections=50),
            follow_redirects=False,
            trust_env=False,
        )

    async def answer(self, incoming: Incoming) -> Answer:
        """Forward one request.

        Raises:
            WireError: 503 without a key for this provider; 502 and 504 when the provider cannot be reached.
        """
        upstream = self._upstreams.get(incoming.wire.provider)
        if upstream is None:
            raise WireError(503, "", f"This classroom has no key for {incoming.wire.provider}. Ask your instructor.")
        request = self._request(incoming, upstream)
        with _reaching(upstream.base_url):
            response = await self._client.send(request, stream=True)
        headers = {name.lower(): value for name, value in response.headers.items() if name.lower() not in _NOT_GIVEN}
        answer = Answer(response.status_code, headers, source=_source(headers))
        headers.pop("x-coreskills-source", None)
        if answer.is_stream:
            answer.chunks = _passing(response)
            return answer
        with _reaching(upstream.base_url):
            try:
                body = await response.aread()
            finally:
                await response.aclose()
        answer.body = body
        if incoming.endpoint.startswith("messages/batches") and incoming.endpoint != "messages/batches/results":
            whole = localise(WireResponse(answer.status, headers, body), incoming.base_url)
            answer.body = whole.body.replace(f"{upstream.base_url}/v".encode(), f"{incoming.base_url}/v".encode())
        return answer

    async def close(self) -> None:
        """Close the connections to the providers."""
        await self._client.aclose()

    def _request(self, incoming: Incoming, upstream: Upstream) -> httpx.Request:
        wire = incoming.wire
        headers = {name: value for name, value in wire.headers.items() if name not in _NOT_SENT}
        headers["accept-encoding"] = "identity"
        if wire.provider == "anthropic":
            headers["x-api-key"] = upstream.api_key
        else:
            headers["authorization"] = f"Bearer {upstream.api_key}"
        url = upstream.base_url + wire.path + (f"?{wire.query}" if wire.query else "")
        return self._client.build_request(wire.method, url, headers=headers, content=wire.body or None)


def upstreams_from_environment(environment: Mapping[str, str] = os.environ) -> dict[Provider, Upstream]:
    """The providers whose keys the operator set: ``CORESKILLS_ANTHROPIC_API_KEY`` and so on.

    ``CORESKILLS_ANTHROPIC_BASE_URL`` and its like name a proxy of the operator's own; without ``/v1``, or with it.
    """
    found: dict[Provider, Upstream] = {}
    for provider, variable in _KEY_VARIABLES.items():
        if key := environment.get(variable):
            told = environment.get(variable.replace("_API_KEY", "_BASE_URL")) or PROVIDER_HOSTS[provider]
            found[provider] = Upstream(told.rstrip("/").removesuffix("/v1"), key)
    return found


def _source(headers: Mapping[str, str]) -> Source:
    """An upstream that is itself a gateway says what answered."""
    return "offline" if headers.get("x-coreskills-source") == "offline" else "live"


@contextmanager
def _reaching(base_url: str) -> Iterator[None]:
    """Failures of the network, in words: the learner's code gets an error that may be tried again."""
    try:
        yield
    except httpx.TimeoutException:
        raise WireError(504, "", f"The provider at {base_url} did not answer in time. Try again.") from None
    except (httpx.TransportError, httpx.InvalidURL) as error:
        message = f"The provider at {base_url} cannot be reached ({type(error).__name__}). Try again later."
        raise WireError(502, "", message) from None


async def _passing(response: httpx.Response) -> AsyncIterator[bytes]:
    """Chunks as they come in.

    Raises:
        StreamBroken: The provider's stream broke off; what came before has been passed on.
    """
    try:
        async for chunk in response.aiter_bytes():
            yield chunk
    except httpx.TransportError as error:
        raise StreamBroken(str(error)) from error
    finally:
        await response.aclose()


class StreamBroken(Exception):
    """A provider's stream broke off in the middle."""
