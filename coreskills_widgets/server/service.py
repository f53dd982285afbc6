"""Questions to the course service and the gateway that must not block the server."""

from __future__ import annotations

import json
import os
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest

_TIMEOUT_S = 8.0


class Away(Exception):
    """Nobody answered, or not sensibly; what was known before stays true."""


class NoClassroom(Exception):
    """This JupyterLab belongs to no classroom, and to no private gateway either."""


async def ask_service(path: str) -> dict[str, Any]:
    """Get something from the course service with this server's hub token.

    Raises:
        Away: It does not answer.
        NoClassroom: There is none in the environment.
    """
    base = os.environ.get("CORESKILLS_SERVICE_URL", "").rstrip("/")
    token = os.environ.get("CORESKILLS_SERVICE_TOKEN") or os.environ.get("JUPYTERHUB_API_TOKEN", "")
    if not base or not token:
        raise NoClassroom
    return await _get(f"{base}{path}", {"Authorization": f"token {token}"})


async def ask_gateway(base: str, key: str, path: str) -> dict[str, Any]:
    """Get something of ``/coreskills/`` with a kernel's key.

    Raises:
        Away: It does not answer.
    """
    return await _get(f"{base.rstrip('/')}/coreskills/{path}", {"Authorization": f"Bearer {key}"})


async def _get(url: str, headers: dict[str, str]) -> dict[str, Any]:
    request = HTTPRequest(url, headers=headers, connect_timeout=3.0, request_timeout=_TIMEOUT_S, follow_redirects=False)
    try:
        answer = await AsyncHTTPClient().fetch(request)
        content = json.loads(answer.body)
    except HTTPClientError as error:
        raise Away(f"the course service answered {error.code}") from error
    except (OSError, ValueError) as error:
        raise Away("the course service does not answer") from error
    if not isinstance(content, dict):
        raise Away("the course service answered something unexpected")
    return content
