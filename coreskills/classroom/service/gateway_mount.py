"""The gateway inside the course service."""

from __future__ import annotations

from coreskills.classroom.backend import backend
from coreskills.classroom.settings import Classroom
from coreskills.gateway.app import Gateway
from coreskills.gateway.keys import KeyStore
from coreskills.gateway.live import LiveBackend, upstreams_from_environment
from coreskills.ledger.store import Ledger
from coreskills.offline.models import OfflineModels


def open_gateway(room: Classroom, keys: KeyStore, ledger: Ledger) -> Gateway:
    """The gateway of a classroom: its keys, its ledger, the offline models.

    Raises:
        CourseError: The classroom is to work live, but has no provider's key.
    """
    backend()  # better now than at a learner's first call
    upstreams = upstreams_from_environment()
    return Gateway(
        keys=keys,
        ledger=ledger,
        models=OfflineModels(room.state / "cache"),
        live=LiveBackend(upstreams) if upstreams else None,
        event_delay_s=0.01,  # a learner sees an offline stream stream
    )
