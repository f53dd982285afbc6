"""The gateway of one examination: served in the candidate's network, answering from the lab's recordings."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coreskills.cassettes import Library
from coreskills.examiner.job import GatewayTerms, RecordingTerms
from coreskills.examiner.libraries import library
from coreskills.gateway.app import Gateway, create_app
from coreskills.gateway.incoming import Backend
from coreskills.gateway.keys import KeyStore
from coreskills.gateway.serve import GatewayServer
from coreskills.gateway.session import Cell, Session
from coreskills.ledger import Ledger

if TYPE_CHECKING:
    from coreskills.offline.models import OfflineModels


@dataclass
class Door:
    """The running gateway, and what it knows of this examination.

    Attributes:
        key: The secret that the candidate uses.
        library: What a replaying gateway answers from.
    """

    gateway: Gateway
    session: Session
    key: str
    library: Library | None = None
    server: GatewayServer | None = field(default=None, repr=False)

    def serve(self, listening: socket.socket) -> None:
        """Answer on a socket of the candidate's network.

        Raises:
            GatewayError: It did not come up.
        """
        if self.server is None:
            self.server = GatewayServer(create_app(self.gateway), sockets=[listening]).start()
        else:
            self.server.add_socket(listening)

    def start_again(self) -> None:
        """Play the recordings from their beginning: the notebook is run anew."""
        self.session.replay = self.library.session() if self.library else None

    def set_cause(self, cause: str | None) -> None:
        self.session.cause = cause

    def set_cell(self, cell_id: str, order: int) -> None:
        """Count the calls that follow to a cell."""
        self.session.cell = Cell(cell_id, cell_id, order)

    def played(self) -> tuple[tuple[str, int], ...]:
        """Which recordings answered, in order, each once."""
        calls = self.gateway.ledger.calls(key_id=self.session.key_id)
        found = {(c.cassette, c.interaction): None for c in calls if c.cassette and c.interaction is not None}
        return tuple((str(file), int(number)) for file, number in found)

    @property
    def misses(self) -> list[Any]:
        return self.session.misses


@contextmanager
def opened(terms: GatewayTerms, *, learner: str, lab: str, models: OfflineModels | None) -> Iterator[Door]:
    """Open a gateway for one examination.

    Raises:
        CassetteError: A recording is missing or damaged; grading without it would call every learner wrong.
    """
    with ExitStack() as stack:
        live = stack.enter_context(_recording(terms.recording)) if terms.recording else None
        yield stack.enter_context(_open(terms, learner=learner, lab=lab, models=models, live=live))


@contextmanager
def _recording(terms: RecordingTerms) -> Iterator[Backend]:
    """A backend that passes calls on; what it recorded is written when the examination is over."""
    from coreskills.cassettes.recorder import Recorder, is_hidden, write_or_remove
    from coreskills.cassettes.recording import Provenance
    from coreskills.gateway.live import Upstream
    from coreskills.gateway.recording import RecordingBackend

    upstreams = {name: Upstream(url, key) for name, (url, key) in terms.upstreams.items()}
    with Recorder(source=terms.source) as recorder:
        yield RecordingBackend(recorder, upstreams)
    for path, hidden in ((terms.visible, False), (terms.hidden, True)):
        part = [each for each in recorder.in_order() if is_hidden(each) == hidden]
        write_or_remove(Path(path), part, provenance=Provenance(terms.source, ""))


@contextmanager
def _open(
    terms: GatewayTerms, *, learner: str, lab: str, models: OfflineModels | None, live: Backend | None
) -> Iterator[Door]:
    recorded = library(terms.cassettes) if terms.backend == "replay" else None
    keys, ledger = KeyStore("sqlite://"), Ledger("sqlite://")
    gateway = Gateway(keys=keys, ledger=ledger, models=models, live=live)
    secret = keys.mint(
        learner=learner,
        lab=lab,
        kernel="examiner",
        backend=terms.backend,
        budget_usd=None if terms.budget_usd is None else Decimal(terms.budget_usd),
        cassettes=[Path(path) for path in terms.cassettes],
        free_form=terms.free_form,
    )
    grant = keys.lookup(secret)
    assert grant is not None
    door = Door(gateway, gateway.sessions[grant.id], secret, recorded)
    door.start_again()
    try:
        yield door
    finally:
        if door.server is not None:
            door.server.stop()
        gateway.close()


def rehearse(models: OfflineModels) -> None:
    """Open and close a gateway once, so that the processes forked from this one find all of it loaded."""
    terms = GatewayTerms(backend="offline")
    with opened(terms, learner="rehearsal", lab="rehearsal", models=models) as door:
        door.serve(socket.create_server(("127.0.0.1", 0)))
