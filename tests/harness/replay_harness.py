"""A real gateway before the offline models, one that records it, and one that replays what was recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from coreskills.cassettes.files import write
from coreskills.cassettes.recorder import Recorder
from coreskills.cassettes.recording import Recording
from coreskills.checking.recording import provenance
from coreskills.gateway.app import Gateway, create_app
from coreskills.gateway.keys import BackendName, KeyStore
from coreskills.gateway.live import Upstream
from coreskills.gateway.recording import RecordingBackend
from coreskills.gateway.serve import GatewayServer
from coreskills.gateway.session import Session
from coreskills.ledger.store import Ledger
from coreskills.wire.http import PROVIDER_HOSTS, Provider


@dataclass
class Served:
    """A running gateway, a key for it, and that key's session."""

    url: str
    key: str
    session: Session

    @property
    def environment(self) -> dict[str, str]:
        """What a kernel's environment says."""
        return {
            "ANTHROPIC_BASE_URL": self.url,
            "ANTHROPIC_API_KEY": self.key,
            "OPENAI_BASE_URL": f"{self.url}/v1",
            "OPENAI_API_KEY": self.key,
        }

    @property
    def upstreams(self) -> dict[Provider, Upstream]:
        """This gateway in every provider's place."""
        return {provider: Upstream(self.url, self.key) for provider in PROVIDER_HOSTS}


@contextmanager
def serving(
    folder: Path, *, cassettes: tuple[Path, ...] = (), live: RecordingBackend | None = None
) -> Iterator[Served]:
    """Serve a gateway: of cassettes where some are given, of ``live``, else of the offline models."""
    folder.mkdir(parents=True, exist_ok=True)
    keys, ledger = KeyStore(f"sqlite:///{folder}/keys.sqlite"), Ledger(f"sqlite:///{folder}/ledger.sqlite")
    gateway = Gateway(keys=keys, ledger=ledger, batch_seconds=0.3, live=live)
    backend: BackendName = "replay" if cassettes else "live" if live else "offline"
    secret = keys.mint(learner="ada", lab="lab", backend=backend, cassettes=cassettes)
    grant = keys.lookup(secret)
    assert grant is not None
    try:
        with GatewayServer(create_app(gateway)) as server:
            yield Served(server.url, secret, gateway.sessions[grant.id])
    finally:
        gateway.close()
        keys.close()
        ledger.close()


@contextmanager
def recording(folder: Path, upstreams: Mapping[Provider, Upstream], recorder: Recorder) -> Iterator[Served]:
    """Serve a gateway that records."""
    with recorder, serving(folder, live=RecordingBackend(recorder, upstreams)) as served:
        yield served


def save(path: Path, recordings: list[Recording]) -> Path:
    """Write recordings as `coreskills record` does."""
    write(path, recordings, provenance=provenance("offline"))
    return path


class Replays:
    """A gateway that replays any file to whoever holds a key for it."""

    def __init__(self, url: str, keys: KeyStore) -> None:
        self.url, self._keys = url, keys

    def key_for(self, *cassettes: Path) -> str:
        """A key whose calls these files answer."""
        return self._keys.mint(learner="ada", lab="lab", backend="replay", cassettes=cassettes)


@contextmanager
def serving_replays(folder: Path) -> Iterator[Replays]:
    """Serve a gateway for replay keys."""
    keys, ledger = KeyStore(f"sqlite:///{folder}/keys.sqlite"), Ledger(f"sqlite:///{folder}/ledger.sqlite")
    gateway = Gateway(keys=keys, ledger=ledger)
    try:
        with GatewayServer(create_app(gateway)) as server:
            yield Replays(server.url, keys)
    finally:
        gateway.close()
        keys.close()
        ledger.close()
