"""Tokens are the hub's, the class is the roster's: who left is out, whatever token they still hold."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from coreskills.classroom.roster import Person, Roster
from coreskills.classroom.service.identity import Caller, HubDoorkeeper
from coreskills.gateway.serve import GatewayServer


class Hub:
    """The one endpoint of JupyterHub that identifies tokens, with tokens that can end."""

    def __init__(self) -> None:
        self.tokens = {"t-ada": "ada", "t-iris": "iris", "t-server": "ada"}
        self.asked = 0
        self.app = Starlette(routes=[Route("/hub/api/user", self._user)])

    async def _user(self, request: Request) -> Response:
        self.asked += 1
        token = request.headers["authorization"].split()[1]
        if token not in self.tokens:
            return JSONResponse({"status": 403}, status_code=403)
        scopes = [] if token == "t-server" else ["access:services!service=course"]
        return JSONResponse({"kind": "user", "name": self.tokens[token], "groups": [], "scopes": scopes})


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """The hub's API on a socket, told to the doorkeeper as the real hub tells its services."""
    made = Hub()
    with GatewayServer(made.app) as server:
        for name, value in {
            "API_URL": f"{server.url}/hub/api",
            "API_TOKEN": "the-service",
            "CLIENT_ID": "service-course",
            "SERVICE_NAME": "course",
            "SERVICE_PREFIX": "/services/course/",
            "OAUTH_ACCESS_SCOPES": '["access:services!service=course"]',
        }.items():
            monkeypatch.setenv(f"JUPYTERHUB_{name}", value)
        yield made


@pytest.fixture
def roster(tmp_path: Path) -> Roster:
    made = Roster(f"sqlite:///{tmp_path}/room.sqlite")
    made.put([Person("ada"), Person("iris", role="instructor")])
    return made


def ask(doorkeeper: HubDoorkeeper, *tokens: str) -> list[Any]:
    async def each() -> list[Any]:
        return [await doorkeeper.caller(token) for token in tokens]

    return asyncio.run(each())


def test_the_hub_says_who_and_the_roster_says_what(hub: Hub, roster: Roster) -> None:
    """A learner, an instructor, a token without the right to come here, one that nobody holds."""
    assert ask(HubDoorkeeper(roster), "t-ada", "t-iris", "t-server", "t-nobody") == [
        Caller("ada", is_instructor=False),
        Caller("iris", is_instructor=True),
        None,
        None,
    ]


def test_who_leaves_the_roster_is_out_at_once(hub: Hub, roster: Roster) -> None:
    """The hub's answer is remembered, the roster's is not; it is so for a new role as well."""
    doorkeeper = HubDoorkeeper(roster, remember_s=3600)
    assert ask(doorkeeper, "t-ada") == [Caller("ada", is_instructor=False)]
    roster.put([Person("ada", role="instructor")])
    assert ask(doorkeeper, "t-ada") == [Caller("ada", is_instructor=True)]
    roster.retire(["ada"])
    assert ask(doorkeeper, "t-ada") == [None]
    assert hub.asked == 1


def test_a_token_that_ended_at_the_hub_is_soon_forgotten(hub: Hub, roster: Roster) -> None:
    """Nothing is remembered for longer than told; here: a second."""
    doorkeeper = HubDoorkeeper(roster, remember_s=1)
    assert ask(doorkeeper, "t-ada") == [Caller("ada", is_instructor=False)]
    del hub.tokens["t-ada"]
    time.sleep(1.1)
    assert ask(doorkeeper, "t-ada") == [None]
