"""Serving the gateway from a thread: on a port, and on listening sockets that others hand over."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import click
import uvicorn
from starlette.types import ASGIApp

from coreskills.errors import GatewayError

_START_S = 15.0


class GatewayServer:
    """uvicorn in a background thread, with ``with`` or ``start`` and ``stop``.

    Args:
        app: What ``create_app`` made.
        port: 0 takes a free one.
        sockets: Listening sockets to serve instead of a port; closed when the server stops.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        sockets: Iterable[socket.socket] = (),
    ) -> None:
        self._sockets = list(sockets) or [_listen(host, port)]
        config = uvicorn.Config(
            app,
            log_level="critical",  # an answer that a fault breaks off is not an error
            access_log=False,
            log_config=None,  # the process's logging is its owner's
            lifespan="off",
            timeout_graceful_shutdown=2,
            timeout_keep_alive=75,  # longer than any SDK keeps an idle connection: it must not find it closed
            backlog=2048,
        )
        self._config = config
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="gateway", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._started = threading.Event()
        name = self._sockets[0].getsockname()
        self._address = f"{name[0]}:{name[1]}" if isinstance(name, tuple) and len(name) >= 2 else ""

    @property
    def url(self) -> str:
        """Where it listens, such as ``http://127.0.0.1:8123``; no slash at the end."""
        return f"http://{self._address}"

    def start(self) -> GatewayServer:
        """Serve; returns when connections are taken.

        Raises:
            GatewayError: It did not come up.
        """
        self._thread.start()
        if not self._started.wait(_START_S):
            raise GatewayError(f"The gateway did not start at {self.url}.", fix="look at the log above")
        return self

    def stop(self) -> None:
        """Finish the answers under way (two seconds at most), close the sockets and end the thread."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def add_socket(self, listening: socket.socket) -> None:
        """Serve another listening socket too, such as one made in a candidate's network namespace.

        The server owns it from now on; ``remove_socket`` or ``stop`` closes it.
        """
        self._on_loop(self._serve_socket(listening))

    def remove_socket(self, listening: socket.socket) -> None:
        """Take no more connections on a socket, and close it."""
        self._on_loop(self._drop_socket(listening))

    def __enter__(self) -> GatewayServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=self._config.get_loop_factory()) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.call_soon(self._watch_start)
        await self._server.serve(sockets=self._sockets)

    def _watch_start(self) -> None:
        assert self._loop is not None
        if self._server.started:
            self._started.set()
        else:
            self._loop.call_later(0.002, self._watch_start)

    async def _serve_socket(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(self._protocol, sock=listening, backlog=self._config.backlog)
        self._server.servers.append(server)

    async def _drop_socket(self, listening: socket.socket) -> None:
        for server in list(self._server.servers):
            if any(mine.fileno() == listening.fileno() for mine in server.sockets):
                server.close()
                self._server.servers.remove(server)

    def _protocol(self) -> asyncio.Protocol:
        made: asyncio.Protocol = self._config.http_protocol_class(  # type: ignore[call-arg]  # uvicorn's own arguments
            config=self._config, server_state=self._server.server_state, app_state={}
        )
        return made

    def _on_loop(self, work: object) -> None:
        assert asyncio.iscoroutine(work)
        if self._loop is None:
            work.close()
            raise GatewayError("The gateway does not run.", fix="call start() first")
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)


def _listen(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise GatewayError(f"Port {port} on {host} is taken ({error.strerror}).", fix="choose another port") from error
    listening.listen(2048)
    listening.set_inheritable(False)
    return listening


@click.command()
@click.argument("state", type=click.Path(path_type=Path, file_okay=False))
@click.option("--port", default=0, help="0 takes a free one.")
@click.option("--event-delay", default=0.0, help="Seconds between the events of an offline stream.")
def main(state: Path, port: int, event_delay: float) -> None:
    """Serve a gateway alone, with keys.sqlite and ledger.sqlite in STATE; print its URL, then serve until stopped."""
    from coreskills.gateway.app import Gateway, create_app
    from coreskills.gateway.keys import KeyStore
    from coreskills.gateway.live import LiveBackend, upstreams_from_environment
    from coreskills.ledger import Ledger
    from coreskills.offline.models import OfflineModels

    gateway = Gateway(
        keys=KeyStore(f"sqlite:///{state}/keys.sqlite"),
        ledger=Ledger(f"sqlite:///{state}/ledger.sqlite"),
        models=OfflineModels(state / "vectors"),
        live=LiveBackend(upstreams) if (upstreams := upstreams_from_environment()) else None,
        event_delay_s=event_delay,
    )
    with GatewayServer(create_app(gateway), port=port) as server:
        click.echo(server.url)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
    gateway.close()


if __name__ == "__main__":
    main()
