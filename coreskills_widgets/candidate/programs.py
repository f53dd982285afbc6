"""Python programs without the start of a Python: forked from a process that has the libraries and never ran a cell.

``Programs`` is the candidate's end; the other is a process of the same sandbox, forked before any learner code. What
could tell a program apart from a fresh ``python script.py`` goes the cold way: see ``is_warm_kind``.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from coreskills_widgets.candidate import kernel_calls
from coreskills_widgets.candidate.channel import Channel, ChannelClosed, ChannelTimeout, pair
from coreskills_widgets.candidate.program_life import live

PIPE_BUF = 4096  # a write of at most this much never blocks a pipe that is ready
DRAIN_S = 5.0
Ended = tuple[int | None, bytes, bytes]
# Read by Python or a library when it starts, which for us was long ago.
_READ_AT_START = (
    "PYTHON", "LC_", "LANG", "LD_", "TZ", "OMP_", "OPENBLAS_", "MKL_", "NUMEXPR_", "MPL", "ANTHROPIC_LOG", "OPENAI_LOG",
    "OPENAI_API_TYPE", "OPENAI_API_VERSION", "AZURE_", "PYDANTIC_", "HOME",
)  # fmt: skip


class Programs:
    """Starts Python programs, one at a time.

    Args:
        channel: To the process that forks them.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._born_with = dict(os.environ)
        self._loaded = frozenset(sys.modules)
        self._libraries = {name.partition(".")[0] for name in self._loaded} - {"__main__"}
        self._lock = threading.Lock()

    def run(self, argv: Sequence[str], *, stdin: bytes, timeout_s: float, env: Mapping[str, str]) -> Ended | None:
        """Run a program to its end.

        Returns:
            Code (``None``: its time was up), stdout and stderr; or ``None`` where only a cold start will do.
        """
        if not self._is_warm_kind(argv, env) or not self._lock.acquire(blocking=False):
            return None
        try:
            return self._run(list(argv), stdin, timeout_s, dict(env))
        except (ChannelClosed, OSError):
            return None  # somebody ended the forking process
        finally:
            self._lock.release()

    def _is_warm_kind(self, argv: Sequence[str], env: Mapping[str, str]) -> bool:
        """Say whether a fork would be the same: a plain script or module, and nothing that Python reads at start."""
        if len(argv) < 2 or argv[0] not in ("python", sys.executable):
            return False
        names = {name for name in {*env, *self._born_with} if env.get(name) != self._born_with.get(name)}
        if any(name.startswith(_READ_AT_START) for name in names):
            return False
        if argv[1] == "-m" and len(argv) > 2:
            return argv[2] not in self._loaded and not self._hides(Path.cwd())
        script = Path(argv[1])
        return script.suffix == ".py" and _is_plain_text(script) and not self._hides(script.resolve().parent)

    def _hides(self, folder: Path) -> bool:
        """Say whether a file there has the name of a library we hold: a fresh Python would import the file."""
        return any(path.name.partition(".")[0] in self._libraries for path in folder.iterdir())

    def _run(self, argv: list[str], stdin: bytes, timeout_s: float, env: dict[str, str]) -> Ended:
        ends = time.monotonic() + timeout_s
        with Pipes(stdin) as pipes:
            self._channel.send({"argv": argv, "env": env, "cwd": str(Path.cwd())}, fds=pipes.take_theirs())
            pid, code = int(self._channel.receive()["pid"]), None
            try:
                pipes.converse(ends)
                code = int(self._channel.receive(deadline=ends)["code"])
            except ChannelTimeout:
                pass
            finally:
                if code is None:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(pid, signal.SIGKILL)
                    self._channel.receive()
                    pipes.converse(time.monotonic() + DRAIN_S, or_else=None)
            return code, bytes(pipes.out), bytes(pipes.err)


def _is_plain_text(script: Path) -> bool:
    """Say whether Python and ``compile`` read it alike: UTF-8 without declarations, and no null bytes."""
    try:
        text = script.read_bytes()
        text.decode()
    except (OSError, UnicodeDecodeError):
        return False
    head = b"".join(text.split(b"\n", 2)[:2])
    return b"\0" not in text and not text.startswith(b"\xef\xbb\xbf") and b"coding" not in head


class Pipes:
    """A program's stdin, stdout and stderr, from the side of who started it."""

    def __init__(self, stdin: bytes) -> None:
        self.out, self.err = bytearray(), bytearray()
        self._left = memoryview(stdin)
        self._theirs, ours = [], []
        for is_input in (True, False, False):
            reading, writing = os.pipe()
            self._theirs.append(reading if is_input else writing)
            ours.append(writing if is_input else reading)
        self._stdin = ours[0]
        self._open: dict[int, bytearray | None] = dict(zip(ours, (None, self.out, self.err), strict=True))

    def take_theirs(self) -> tuple[int, ...]:
        """Hand over the program's ends; they are closed here with the rest."""
        return tuple(self._theirs)

    def close_theirs(self) -> None:
        while self._theirs:
            os.close(self._theirs.pop())

    def converse(self, ends: float, *, or_else: type[Exception] | None = ChannelTimeout) -> None:
        """Write what it reads, read what it writes, until it has closed both.

        Raises:
            ChannelTimeout: Its time is up.
        """
        self.close_theirs()
        poll = select.poll()
        for fd, target in self._open.items():
            poll.register(fd, select.POLLOUT if target is None else select.POLLIN)
        while self._open:
            ready = poll.poll(max(0.0, ends - time.monotonic()) * 1000)
            if not ready:
                if or_else is None:
                    return
                raise or_else
            for fd, _ in ready:
                if not self._serve(fd):
                    poll.unregister(fd)
                    os.close(fd)
                    del self._open[fd]

    def _serve(self, fd: int) -> bool:
        """Move some bytes; ``False`` when that pipe is done."""
        target = self._open[fd]
        if target is not None:
            data = os.read(fd, 1 << 16)
            target += data
            return bool(data)
        try:
            self._left = self._left[os.write(fd, self._left[:PIPE_BUF]) :] if self._left else self._left
        except BrokenPipeError:
            return False  # it reads no more; that is not an error of ours
        return len(self._left) > 0

    def __enter__(self) -> Pipes:
        return self

    def __exit__(self, *_: object) -> None:
        self.close_theirs()
        for fd in self._open:
            os.close(fd)


def fork_programs() -> Programs:
    """Fork the process that programs are forked from; call before any learner code runs."""
    ours, theirs = pair()
    # Signal 0 instead of SIGCHLD: learner code that waits for its children must not find this one.
    if kernel_calls.fork_into(0, at_end=0) == 0:
        ours.close()
        _serve(Channel(theirs))
    theirs.close()
    return Programs(Channel(ours))


def _serve(channel: Channel) -> None:
    """Fork programs, one after another, until the candidate is gone."""
    try:
        kernel_calls.die_with_parent()
        kernel_calls.set_dumpable(False)  # learner code has our user id: it must not write our memory
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        while True:
            order = channel.receive()
            fds = channel.take_fds()
            pid = os.fork()
            if pid == 0:
                live(order, fds)
            for fd in fds:
                os.close(fd)
            channel.send({"pid": pid})
            channel.send({"code": os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])})
    except ChannelClosed:
        pass
    finally:
        os._exit(0)
