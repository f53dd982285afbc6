"""Frames between examiner and candidate: four bytes of length, then JSON; file descriptors ride along where needed."""

from __future__ import annotations

import json
import select
import socket
import struct
import time
from typing import Any

MAX_FRAME_BYTES = 64 * 1024 * 1024
_HEAD = struct.Struct("!I")


class ChannelClosed(EOFError):
    """The other side is gone, or sent what is not a frame."""


class ChannelTimeout(TimeoutError):
    """The deadline passed; half-read frames are kept, so reading can go on."""


class Channel:
    """One end of a stream socket that carries JSON messages.

    Args:
        sock: Connected and blocking; owned by the channel from now on.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._buffer = bytearray()
        self._fds: list[int] = []
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN | select.POLLHUP)

    def fileno(self) -> int:
        return self._sock.fileno()

    def send(self, message: Any, *, fds: tuple[int, ...] = ()) -> None:
        """Send one message whole.

        Raises:
            ChannelClosed: The other side is gone.
        """
        data = json.dumps(message, separators=(",", ":")).encode()
        if len(data) > MAX_FRAME_BYTES:
            raise ValueError(f"a message of {len(data):,} bytes is larger than {MAX_FRAME_BYTES:,}")
        frame = _HEAD.pack(len(data)) + data
        try:
            if fds:
                sent = socket.send_fds(self._sock, [frame], list(fds))
                frame = frame[sent:]
            self._sock.sendall(frame)
        except OSError as error:
            raise ChannelClosed(str(error)) from error

    def receive(self, *, deadline: float | None = None) -> Any:
        """Read one message.

        Args:
            deadline: On ``time.monotonic``'s clock; ``None`` waits for ever.

        Raises:
            ChannelTimeout: Nothing whole came in time.
            ChannelClosed: The other side is gone, or sent what is not a frame.
        """
        while True:
            size = self._whole()
            if size is not None:
                body = bytes(self._buffer[_HEAD.size : _HEAD.size + size])
                del self._buffer[: _HEAD.size + size]
                return _parse(body)
            self._fill(deadline)

    def has_message(self) -> bool:
        """Say whether a whole message is here already; the descriptor will not tell."""
        return self._whole() is not None

    def take_fds(self) -> list[int]:
        """Hand over the descriptors that came with the messages so far."""
        fds, self._fds = self._fds, []
        return fds

    def close(self) -> None:
        self._sock.close()

    def _whole(self) -> int | None:
        if len(self._buffer) < _HEAD.size:
            return None
        (size,) = _HEAD.unpack_from(self._buffer)
        if size > MAX_FRAME_BYTES:
            raise ChannelClosed(f"a frame announces {size:,} bytes")
        return size if len(self._buffer) >= _HEAD.size + size else None

    def _fill(self, deadline: float | None) -> None:
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0 or not self._poll.poll(left * 1000):
                raise ChannelTimeout
        try:
            data, fds, _, _ = socket.recv_fds(self._sock, 1 << 16, 8)
        except OSError as error:
            raise ChannelClosed(str(error)) from error
        self._fds += fds
        if not data:
            raise ChannelClosed("the other side is gone")
        self._buffer += data


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ChannelClosed(f"a frame is not JSON: {error}") from error


def pair() -> tuple[socket.socket, socket.socket]:
    """Make two connected sockets."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
