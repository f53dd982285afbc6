"""A classroom that works live: the course service mints the key, its gateway asks the provider."""

from __future__ import annotations

import json
import logging
import runpy
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest
import requests
from provider_harness import MESSAGE, REAL_KEY, Provider

from coreskills.classroom import hub
from coreskills.classroom.backend import backend
from coreskills.classroom.launch import prepare
from coreskills.classroom.roster import Roster
from coreskills.classroom.service.app import PREFIX, Service, create_app, open_exchange
from coreskills.classroom.service.gateway_mount import open_gateway
from coreskills.classroom.service.identity import Caller
from coreskills.classroom.settings import Classroom, Run
from coreskills.errors import CourseError
from coreskills.gateway.app import create_app as gateway_app
from coreskills.gateway.keys import KeyStore
from coreskills.gateway.serve import GatewayServer
from coreskills.ledger import Ledger

ASKED: dict[str, Any] = {"model": "claude-haiku-4-5", "max_tokens": 64}


class OneToken:
    """The hub's part: one token is ada's."""

    async def caller(self, token: str) -> Caller | None:
        return Caller("ada", False) if token == "token-ada" else None

    def login_url(self, state: str) -> str:
        return f"/hub/login?state={state}"

    async def token_for(self, code: str) -> str:
        return code


@dataclass(frozen=True)
class LiveRoom:
    """A course service whose operator set a provider's key, and what its one learner does."""

    url: str
    ledger: Ledger

    def kernel(self, lab: str = "b1-1-first-call") -> dict[str, Any]:
        """What a kernel gets from the service."""
        asked = requests.post(
            f"{self.url}/api/keys",
            json={"lab": lab, "kernel_id": "k1"},
            headers={"Authorization": "token token-ada"},
            timeout=60,
        )
        assert asked.status_code == 200, asked.text
        told: dict[str, Any] = asked.json()
        return told


@pytest.fixture
def provider() -> Iterator[Provider]:
    """The stand-in, listening."""
    made = Provider()
    made.go_on.set()
    with GatewayServer(made.app()) as server:
        made.url = server.url
        yield made


@pytest.fixture
def live_room(room: Classroom, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveRoom]:
    """Configured as docs/operator.md says: by the service's environment, and nothing else."""
    monkeypatch.setenv("CORESKILLS_BACKEND", "live")
    for name in ("ANTHROPIC", "OPENAI"):
        monkeypatch.setenv(f"CORESKILLS_{name}_API_KEY", REAL_KEY)
        monkeypatch.setenv(f"CORESKILLS_{name}_BASE_URL", provider.url)
    keys, ledger = KeyStore(room.keys_url), Ledger(room.ledger_url)
    door = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{door.getsockname()[1]}{PREFIX}"
    service = Service(
        classroom=room,
        exchange=open_exchange(room),
        roster=Roster(room.database_url),
        doorkeeper=OneToken(),
        keys=keys,
        ledger=ledger,
        gateway_url=f"{url}/gateway",
    )
    with closing(open_gateway(room, keys, ledger)) as gateway, closing(ledger), closing(keys):
        app = create_app(service, gateway=gateway_app(gateway))
        with GatewayServer(app, sockets=[door]):
            yield LiveRoom(url, ledger)


def say(text: str) -> list[Any]:
    return [{"role": "user", "content": text}]


def test_kernel_s_key_reaches_the_provider(live_room: LiveRoom, provider: Provider) -> None:
    """The provider's words and usage come back, priced, under the budget of the lab; its key stays in the service."""
    kernel = live_room.kernel()
    with anthropic.Anthropic(base_url=kernel["gateway_url"], api_key=kernel["key"]) as client:
        raw = client.messages.with_raw_response.create(**ASKED, messages=say("Bonjour!"))
    assert (raw.parse().to_dict(), raw.headers["x-coreskills-source"]) == (MESSAGE, "live")
    ((_, headers, body),) = provider.requests
    assert headers["x-api-key"] == REAL_KEY
    assert kernel["key"] not in str(headers) + body.decode()
    (row,) = live_room.ledger.calls()
    assert (row.learner, row.lab, row.source, row.response_id) == ("ada", "b1-1-first-call", "live", "msg_live")
    asked = requests.get(f"{kernel['gateway_url']}/coreskills/status", headers={"x-api-key": kernel["key"]}, timeout=60)
    status = asked.json()
    assert (status["backend"], status["mode"], status["sources"]) == ("live", "live", {"live": 1})
    assert float(status["spent_usd"]) == pytest.approx(float(row.cost_usd or 0))
    assert REAL_KEY not in asked.text


def test_first_token_is_not_held_back(live_room: LiveRoom, provider: Provider) -> None:
    """Through the whole service, cookies' middleware included, it is here while the provider still thinks."""
    provider.go_on.clear()
    kernel = live_room.kernel()
    with (
        anthropic.Anthropic(base_url=kernel["gateway_url"], api_key=kernel["key"]) as client,
        client.messages.stream(**ASKED, messages=say("Bonjour!")) as stream,
    ):
        pieces = iter(stream.text_stream)
        assert next(pieces) == "Bonjour"
        provider.go_on.set()
        assert "".join(pieces) == ", déjà vu"


def test_provider_s_errors_come_untouched(live_room: LiveRoom) -> None:
    """Status, body, ``retry-after`` and request id are the provider's."""
    kernel = live_room.kernel()
    with (
        anthropic.Anthropic(base_url=kernel["gateway_url"], api_key=kernel["key"], max_retries=0) as client,
        pytest.raises(anthropic.OverloadedError) as caught,
    ):
        client.messages.create(**ASKED, messages=say("overloaded"))
    headers = caught.value.response.headers
    assert (caught.value.status_code, headers["retry-after"], headers["request-id"]) == (529, "7", "req_9")
    assert caught.value.api_message == "Overloaded"


def test_openai_s_clients_work_live_too(live_room: LiveRoom, provider: Provider) -> None:
    """The same key, the other provider; tokens that its stream does not tell are counted."""
    kernel = live_room.kernel(lab="scratch")
    with openai.OpenAI(base_url=f"{kernel['gateway_url']}/v1", api_key=kernel["key"]) as client:
        chunks = list(client.chat.completions.create(model="gpt-5.4", messages=say("Say hello"), stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "Hello there"
    assert provider.requests[0][1]["authorization"] == f"Bearer {REAL_KEY}"
    assert [(row.lab, row.source, row.estimated) for row in live_room.ledger.calls()] == [("scratch", "live", True)]


def test_log_holds_neither_keys_nor_prompts(
    live_room: LiveRoom, room: Classroom, caplog: pytest.LogCaptureFixture
) -> None:
    """At the chattiest level, also when the provider fails; and no database holds them either."""
    kernel = live_room.kernel()
    with caplog.at_level(logging.DEBUG):
        for text in ("my secret diary", "overloaded diary"):
            requests.post(
                f"{kernel['gateway_url']}/v1/messages",
                json={**ASKED, "messages": say(text)},
                headers={"x-api-key": kernel["key"]},
                timeout=60,
            )
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("urllib3")]
    assert not [line for line in ours if "diary" in line or REAL_KEY in line or kernel["key"] in line]
    written = b"".join(path.read_bytes() for path in room.state.rglob("*") if path.is_file())
    assert not [word for word in ("diary", REAL_KEY, kernel["key"]) if word.encode() in written]


def test_live_without_a_key_does_not_start(room: Classroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither `coreskills up` nor the service: better now than at each learner's first call."""
    monkeypatch.setenv("CORESKILLS_BACKEND", "live")
    for start in (lambda: prepare(room, port=0), lambda: open_gateway(room, None, None)):  # type: ignore[arg-type]
        with pytest.raises(CourseError, match=r"no provider's key(?s:.*)Fix: set CORESKILLS_ANTHROPIC_API_KEY"):
            start()
    with pytest.raises(CourseError, match="'lve'"):
        backend({"CORESKILLS_BACKEND": "lve"})
    assert backend({}) == "offline"


def test_provider_s_key_is_the_service_s_alone(
    room: Classroom, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Of all that the hub starts, only the course service gets it: no learner's server, no grader."""
    run = Run(str(room.course.root), str(room.state), 8000, 8001, 8002, 8003, ("node", "proxy"), is_walled=True)
    run.save(tmp_path / "run.json")
    monkeypatch.setenv("CORESKILLS_RUN", str(tmp_path / "run.json"))
    monkeypatch.setenv("CORESKILLS_ANTHROPIC_API_KEY", REAL_KEY)
    monkeypatch.setenv("ANTHROPIC_API_KEY", REAL_KEY)
    config = runpy.run_path(str(Path(hub.__file__).with_name("config.py")))["c"]
    service, grader = config.JupyterHub.services
    assert service["environment"]["CORESKILLS_ANTHROPIC_API_KEY"] == REAL_KEY
    spawner = config.RoomSpawner
    others = [grader, spawner.environment, spawner.course_environment, spawner.env_keep]
    assert REAL_KEY not in json.dumps(others, default=str)
