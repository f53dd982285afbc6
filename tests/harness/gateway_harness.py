"""A gateway on loopback, with keys of every kind and a clock that tests move."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import anthropic
import httpx
import openai

from coreskills.gateway.app import Gateway
from coreskills.gateway.session import Session
from coreskills.ledger import Call


class Clock:
    """A moment that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_s(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class House:
    """A running gateway and what a test does with it."""

    gateway: Gateway
    url: str
    clock: Clock
    closers: list[Callable[[], None]] = field(default_factory=list)

    def key(self, **grant: Any) -> str:
        """Mint a key; learner and lab have defaults."""
        return self.gateway.keys.mint(**{"learner": "ada", "lab": "b1-1", **grant})

    def session(self, key: str) -> Session:
        grant = self.gateway.keys.lookup(key)
        assert grant is not None
        return self.gateway.sessions[grant.id]

    def fail(self, key: str, *script: dict[str, Any]) -> None:
        """Let calls with this key meet faults."""
        self.session(key).faults.set(script)

    def calls(self, **filters: Any) -> list[Call]:
        return self.gateway.ledger.calls(**filters)

    def http(self, key: str, **options: Any) -> httpx.Client:
        client = httpx.Client(
            base_url=self.url, headers={"authorization": f"Bearer {key}"}, timeout=30, trust_env=False, **options
        )
        self.closers.append(client.close)
        return client

    def anthropic(self, key: str, **options: Any) -> anthropic.Anthropic:
        client = anthropic.Anthropic(**{"base_url": self.url, "api_key": key, **options})
        self.closers.append(client.close)
        return client

    def openai(self, key: str, **options: Any) -> openai.OpenAI:
        client = openai.OpenAI(**{"base_url": f"{self.url}/v1", "api_key": key, **options})
        self.closers.append(client.close)
        return client
