"""Who is asking: by hub token (programs) or by hub login (pages)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

from jupyterhub.services.auth import HubOAuth

from coreskills.classroom.hub.names import INSTRUCTORS
from coreskills.classroom.roster import Roster


@dataclass(frozen=True)
class Caller:
    """A person of the classroom at the other end of a request."""

    name: str
    is_instructor: bool


class Doorkeeper(Protocol):
    """Turns tokens into callers."""

    async def caller(self, token: str) -> Caller | None:
        """Who holds this token; ``None`` for nobody with access here."""

    def login_url(self, state: str) -> str:
        """Where a browser logs in."""

    async def token_for(self, code: str) -> str:
        """Trade a login's code for a token."""


class HubDoorkeeper:
    """Asks JupyterHub, and remembers its answers for a few seconds; the roster is asked each time.

    So who is taken off the roster is out at once, and a token that ended at the hub lives on for ``remember_s``.
    Instructors are those of the hub's instructor group or, where the roster says so, of the roster: with LTI the group
    comes from the learning platform, in the embedded classroom from the roster.
    """

    def __init__(self, roster: Roster, *, remember_s: int = 15) -> None:
        self._hub = HubOAuth(cache_max_age=remember_s)
        self._roster = roster

    async def caller(self, token: str) -> Caller | None:
        model: dict[str, Any] | None = await self._hub.user_for_token(token, sync=False)
        if model is None or model.get("kind", "user") != "user":
            return None
        if not self._hub.check_scopes(self._hub.access_scopes, model):
            return None
        name = model["name"]
        known = self._roster.find(name)
        if known is not None and not known.is_active:
            return None
        is_instructor = INSTRUCTORS in (model.get("groups") or []) or (known is not None and known.role == "instructor")
        return Caller(name, is_instructor)

    def login_url(self, state: str) -> str:
        query = {
            "client_id": self._hub.oauth_client_id,
            "redirect_uri": self._hub.oauth_redirect_uri,
            "response_type": "code",
            "state": state,
        }
        return f"{self._hub.oauth_authorization_url}?{urlencode(query)}"

    async def token_for(self, code: str) -> str:
        token: str = await self._hub.token_for_code(code, sync=False)
        return token
