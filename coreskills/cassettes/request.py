"""From an HTTP request anywhere (provider, gateway, recording) to the provider's own request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit

from coreskills.wire.http import PROVIDER_HOSTS, Provider, WireRequest

# Four headers say something about the request; all others are about the client, or secret.
REQUEST_HEADERS = ("accept", "anthropic-beta", "anthropic-version", "content-type")

_HOSTS: Mapping[str, Provider] = {url.removeprefix("https://"): provider for provider, url in PROVIDER_HOSTS.items()}
_PATH = re.compile(r"/v[12]/[a-z].*$")
_ANTHROPIC = re.compile(r"/v1/(messages|complete)(/|$)")
_COHERE = re.compile(r"/v[12]/(rerank|embed|chat)$")


def identify(method: str, uri: str, headers: Mapping[str, str], body: bytes) -> WireRequest | None:
    """Read a request as the provider would get it; ``None`` when it is not for a provider.

    Args:
        uri: Of the provider, or of a gateway that serves its paths at any prefix.
        headers: Any case.
    """
    parts = urlsplit(uri)
    found = _PATH.search(parts.path)
    if found is None:
        return None
    low = {name.lower(): value for name, value in headers.items()}
    provider = _HOSTS.get(parts.hostname or "") or _provider(found.group(), low)
    kept = {name: low[name] for name in REQUEST_HEADERS if name in low}
    return WireRequest(provider, method.upper(), found.group(), canonical_query(parts.query), kept, body)


def _provider(path: str, headers: Mapping[str, str]) -> Provider:
    if _ANTHROPIC.match(path) or "anthropic-version" in headers:
        return "anthropic"
    return "cohere" if _COHERE.match(path) else "openai"


def canonical_query(query: str) -> str:
    """Sort the parameters; ``beta=true`` only says which class of the SDK made the call."""
    if not query:
        return ""
    pairs = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair != ("beta", "true")]
    return urlencode(sorted(pairs))


def provider_uri(request: WireRequest) -> str:
    """The address at the provider itself."""
    query = f"?{request.query}" if request.query else ""
    return f"{PROVIDER_HOSTS[request.provider]}{request.path}{query}"
