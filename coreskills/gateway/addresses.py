"""Where a request came in, whose client sent it, and what it may have meant."""

from __future__ import annotations

from starlette.requests import Request

from coreskills.gateway.endpoints import ENDPOINTS
from coreskills.wire.http import Provider


def base_url(request: Request) -> str:
    """Where the client reached this gateway, without a slash at the end."""
    return f"{request.url.scheme}://{request.headers.get('host', 'localhost')}{_mounted_at(request)}"


def route_path(request: Request) -> str:
    """The path below wherever the app is mounted."""
    return str(request.scope["path"]).removeprefix(_mounted_at(request)) or "/"


def provider_of(request: Request) -> Provider:
    """Whose client this is, where the path does not tell."""
    path = route_path(request)
    if path.startswith("/v2/"):
        return "cohere"
    if "anthropic-version" in request.headers or "x-api-key" in request.headers or path.startswith("/v1/messages"):
        return "anthropic"
    return "openai"


def what_there_is(request: Request) -> str:
    """What to tell a client that asked for a path, or a method, that this gateway does not have."""
    path, provider, here = route_path(request), provider_of(request), base_url(request)
    paths = {each.path for each in ENDPOINTS}
    if f"/v1{path}" in paths:
        return f"The base URL lacks its /v1: set OPENAI_BASE_URL to {here}/v1."
    if path.startswith("/v1/v1/") and path.removeprefix("/v1") in paths:
        fix = f"ANTHROPIC_BASE_URL to {here}" if provider == "anthropic" else f"OPENAI_BASE_URL to {here}/v1"
        return f"The base URL has a /v1 too many: set {fix}."
    known = {f"{each.method} {each.path}" for each in ENDPOINTS if each.provider in (provider, None)}
    return f"This gateway has: {', '.join(sorted(each for each in known if '{' not in each))}."


def _mounted_at(request: Request) -> str:
    return str(request.scope.get("root_path", ""))
