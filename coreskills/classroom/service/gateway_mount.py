"""The gateway inside the course service."""

from __future__ import annotations

from coreskills.classroom.settings import Classroom
from coreskills.gateway.app import Gateway
from coreskills.gateway.keys import KeyStore
from coreskills.gateway.live import LiveBackend, upstreams_from_environment
from coreskills.ledger.store import Ledger
from coreskills.offline.models import OfflineModels


def open_gateway(room: Classroom, keys: KeyStore, ledger: Ledger) -> Gateway:
    """The gateway of a classroom: its keys, its ledger, the offline models."""
    upstreams = upstreams_from_environment()
    return Gateway(
        keys=keys,
        ledger=ledger,
        models=OfflineModels(room.state / "cache"),
        live=LiveBackend(upstreams) if upstreams else None,
        event_delay_s=0.01,  # a learner sees an offline stream stream
    )
