"""The server's side of warm kernels: keeps one warm parent alive and asks it for forks."""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from coreskills_widgets.kernel import environ
from coreskills_widgets.kernel.parent import WARM, write_request

# The heavy imports of the labs, the ones most used first: a kernel asked for early gets those that are there.
PRELOAD = (
    "numpy",
    "anthropic",
    "openai",
    "pandas",
    "faiss",
    "ipywidgets",
    "anywidget",
    "jedi",
    "coreskills_widgets.labs",
)
# A kernel forks only for exactly this command; anything else in a kernelspec starts cold.
COMMAND = ("-P", "-Xfrozen_modules=off", "-m", "coreskills_widgets.kernel.launch")
_FORK_TIMEOUT_S = 15.0  # one slow import may lie before the answer
_MIN_LIFE_S = 20.0  # a parent that ends sooner counts as a failure
_MAX_FAILURES = 3

log = logging.getLogger("coreskills.kernel")


class CannotFork(Exception):
    """No warm kernel this time; the text says why, for the log."""


class ForkedKernel:
    """A kernel forked by the parent, with the part of ``subprocess.Popen`` that jupyter_client uses.

    It is not our child, so it is watched and signalled through its pidfd, which works when the parent is gone too.
    """

    stdin = stdout = stderr = None

    def __init__(self, pid: int, pidfd: int, life: socket.socket) -> None:
        self.pid, self._pidfd, self._life = pid, pidfd, life
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, ``None`` while it runs; 255 when it ended and the parent was not there to see how."""
        if self.returncode is None and self._has_ended(0):
            self.returncode = self._exit_code()
            os.close(self._pidfd)
            self._life.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end.

        Raises:
            subprocess.TimeoutExpired: It still runs.
        """
        if self.returncode is None and not self._has_ended(timeout):
            raise subprocess.TimeoutExpired("coreskills kernel", timeout or 0)
        code = self.poll()
        return 255 if code is None else code

    def send_signal(self, number: int) -> None:
        """Signal the kernel itself; the provisioner signals its process group."""
        if self.poll() is None:
            signal.pidfd_send_signal(self._pidfd, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _has_ended(self, timeout_s: float | None) -> bool:
        return bool(select.select([self._pidfd], [], [], timeout_s)[0])

    def _exit_code(self) -> int:
        """Read the parent's last word; it reaps at once unless an import holds it up."""
        self._life.settimeout(0.2)
        with contextlib.suppress(OSError, ValueError):
            while data := self._life.recv(4096):
                message = json.loads(data)
                if "exit" in message:
                    return int(message["exit"])
        return 255


class WarmParent:
    """Starts the warm parent, starts it again when it dies, and asks it for kernels. Thread-safe."""

    def __init__(self, *, preload: Sequence[str] = PRELOAD) -> None:
        self.env = environ.base_environment(os.environ)
        self._preload = tuple(preload)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._failures = 0
        self._closed = self._is_warm = False

    @property
    def pid(self) -> int | None:
        """The parent's process id, ``None`` while there is none."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def is_warm(self) -> bool:
        """The parent has all its imports; before that, kernels fork with those that are done."""
        with self._lock:
            if not self._is_warm and self._control and select.select([self._control], [], [], 0)[0]:
                self._is_warm = self._control.recv(1) == WARM
            return self._is_warm

    def start(self) -> None:
        """Start the parent unless it runs; returns before its imports are done."""
        with self._lock:
            self._start()

    def _start(self) -> None:
        if self._closed:
            raise CannotFork("the warm parent is closed")
        if self.pid is not None:
            return
        if self._failures >= _MAX_FAILURES:
            raise CannotFork(f"the warm parent ended {self._failures} times within {_MIN_LIFE_S:.0f} s of its start")
        if self._control:
            self._control.close()
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, *COMMAND, "--parent", str(theirs.fileno()), *self._preload],
                env=self.env,
                cwd="/",
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        ours.settimeout(_FORK_TIMEOUT_S)
        self._control, self._is_warm = ours, False
        threading.Thread(target=self._watch, args=(self._process,), name="coreskills-warm", daemon=True).start()

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for the parent's end; unless that was asked for, start another."""
        started = time.monotonic()
        code = process.wait()
        if self._closed:
            return
        self._failures = self._failures + 1 if time.monotonic() - started < _MIN_LIFE_S else 0
        log.warning("CoreSkills: the warm parent of the kernels ended (%s); starting it again.", code)
        try:
            self.start()
        except (CannotFork, OSError) as error:
            log.warning("CoreSkills: kernels start cold from now on: %s.", error)

    def spawn(self, argv: Sequence[str], *, env: Mapping[str, str], cwd: str, stdio: Sequence[int]) -> ForkedKernel:
        """Fork a kernel.

        Args:
            argv: The arguments of the kernel, ``-f CONNECTION_FILE`` and more.
            stdio: Three open descriptors for its standard streams.

        Raises:
            CannotFork: With the reason; start it cold.
        """
        if name := environ.start_difference(self.env, env):
            raise CannotFork(f"{name} differs from the server's, and is read only when Python starts")
        life, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        life.settimeout(_FORK_TIMEOUT_S)
        try:
            with theirs, self._lock:
                self._start()
                assert self._control is not None
                write_request(
                    self._control, {"argv": list(argv), "env": dict(env), "cwd": cwd}, [*stdio, theirs.fileno()]
                )
            return _await_ready(life)
        except (OSError, ValueError) as error:
            life.close()
            raise CannotFork(f"the warm parent did not answer ({type(error).__name__}: {error})") from error
        except CannotFork:
            life.close()
            raise

    def close(self) -> None:
        """End the parent; kernels that run go on until this process ends."""
        self._closed = True
        with self._lock:
            if self._control:
                self._control.close()
                self._control = None
        if self._process:
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:  # in the middle of a long import
                self._process.kill()
                self._process.wait()


def _await_ready(life: socket.socket) -> ForkedKernel:
    """Read until both the parent (pid) and the kernel (ready) have spoken."""
    pid, pidfd, is_ready = None, None, False
    while pid is None or not is_ready:
        data, fds, _, _ = socket.recv_fds(life, 4096, 1, socket.MSG_CMSG_CLOEXEC)
        message: dict[str, Any] = json.loads(data) if data else {"error": "it ended"}
        if "error" in message or "exit" in message:
            if pidfd is not None:
                os.close(pidfd)
            raise CannotFork(f"the forked kernel did not start: {message.get('error', message)}")
        pid = message.get("pid", pid)
        pidfd = fds[0] if fds else pidfd
        is_ready = is_ready or bool(message.get("ready"))
    assert pidfd is not None
    return ForkedKernel(pid, pidfd, life)


_parent: WarmParent | None = None
_parent_lock = threading.Lock()


def can_fork() -> bool:
    """This machine has what a forked kernel needs (Linux, with pidfds)."""
    return sys.platform == "linux" and hasattr(os, "pidfd_open") and hasattr(signal, "pidfd_send_signal")


def prepare() -> WarmParent | None:
    """Start this server's warm parent in the background; returns at once and never raises.

    Returns:
        ``None`` where kernels can only start cold.
    """
    global _parent
    if not can_fork():
        return None
    with _parent_lock:
        if _parent is None:
            _parent = WarmParent()
            atexit.register(_parent.close)
    try:
        _parent.start()
    except (CannotFork, OSError) as error:
        log.warning("CoreSkills: no warm parent, kernels start cold: %s.", error)
        return None
    return _parent


def current() -> WarmParent | None:
    """The warm parent of this process, if ``prepare`` was called."""
    return _parent
