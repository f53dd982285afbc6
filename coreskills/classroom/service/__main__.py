"""Started by the hub: `python -m coreskills.classroom.service`."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import uvicorn

from coreskills.classroom.queue import announcer, open_queue
from coreskills.classroom.roster import Roster
from coreskills.classroom.service.app import Service, create_app, open_exchange
from coreskills.classroom.service.gateway_mount import open_gateway
from coreskills.classroom.service.identity import HubDoorkeeper
from coreskills.classroom.settings import Run
from coreskills.gateway.app import create_app as gateway_app
from coreskills.gateway.keys import KeyStore
from coreskills.ledger.store import Ledger


def main() -> None:
    """Serve until the hub says stop."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    run = Run.load(Path(os.environ["CORESKILLS_RUN"]))
    room = run.classroom
    roster = Roster(room.database_url)
    exchange = open_exchange(room)
    keys = KeyStore(room.keys_url)
    ledger = Ledger(room.ledger_url)
    gateway = open_gateway(room, keys, ledger)
    service = Service(
        classroom=room,
        exchange=exchange,
        roster=roster,
        doorkeeper=HubDoorkeeper(roster),
        keys=keys,
        wake_grader=announcer(open_queue(room)),
        ledger=ledger,
        gateway_url=f"{run.service_url}/gateway",
    )
    try:
        uvicorn.run(
            create_app(service, gateway=gateway_app(gateway)),
            host=run.bind,
            port=run.service_port,
            log_level="warning",
            access_log=False,
            loop="uvloop",
            http="httptools",
            timeout_graceful_shutdown=3,
        )
    finally:
        gateway.close()


if __name__ == "__main__":
    main()
