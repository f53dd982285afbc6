"""Gateways for tests: started on demand, stopped at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gateway_harness import Clock, House

from coreskills.gateway.app import Gateway, create_app
from coreskills.gateway.incoming import Backend
from coreskills.gateway.keys import KeyStore
from coreskills.gateway.serve import GatewayServer
from coreskills.ledger import Ledger
from coreskills.offline.models import OfflineModels


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> OfflineModels:
    """The offline models; loading them takes a second, so they are shared."""
    return OfflineModels(tmp_path_factory.mktemp("vectors"))


@pytest.fixture
def open_house(models: OfflineModels, tmp_path: Path) -> Iterator[Callable[..., House]]:
    """Start gateways; all are stopped at the end of the test."""
    closers: list[Callable[[], None]] = []

    def start(*, live: Backend | None = None, ledger: Ledger | None = None, **options: Any) -> House:
        clock = Clock()
        keys = KeyStore("sqlite://", clock=clock)
        book = ledger or Ledger(f"sqlite:///{tmp_path}/ledger{len(closers)}.sqlite")
        gateway = Gateway(keys=keys, ledger=book, models=models, live=live, clock=clock, **options)
        server = GatewayServer(create_app(gateway)).start()
        house = House(gateway, server.url, clock)

        def close() -> None:
            for each in house.closers:
                each()
            server.stop()
            gateway.close()
            book.close()
            keys.close()

        closers.append(close)
        return house

    yield start
    for close in reversed(closers):
        close()


@pytest.fixture
def house(open_house: Callable[..., House]) -> House:
    """One gateway with the offline models."""
    return open_house()


@pytest.fixture
def ask() -> dict[str, Any]:
    """A small message."""
    return {
        "model": "claude-haiku-4-5",
        "max_tokens": 64,
        "messages": [{"role": "user", "content": "Hello!"}],
    }
