"""The warm parent: one process per Jupyter server, libraries imported, from which kernels fork.

It has no threads, no sockets of its own and no event loop, so a fork of it is clean. It reads one request at a
time from the control socket and answers on the kernel's own ``life`` socket (both Unix, kept by the server):
``{"pid": ...}`` with a pidfd from the parent, ``{"ready": true}`` or ``{"error": ...}`` from the kernel, and
``{"exit": code}`` from the parent when the kernel has ended. Requests are served between two imports too.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

# What every kernel needs before its first cell; always imported, before the libraries of the labs.
KERNEL_MODULES = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.debugger",
    "IPython.core.ultratb",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "tornado.platform.asyncio",
    "stack_data",
    "pygments.lexers",
    "pygments.formatters",
    "sqlite3",
    "coreskills_widgets.kernel.app",
    "coreskills_widgets.kernel.extension",
    "coreskills_widgets.kernel.magic",
    "coreskills_widgets.kernel.note",
)
WARM = b"w"  # said once on the control socket, when all imports are done
_HEADER = struct.Struct("!I")
_N_FDS = 4  # stdin, stdout, stderr, life


@dataclass
class Job:
    """One kernel to be: what the server asked for."""

    argv: list[str]
    env: dict[str, str]
    cwd: str
    stdio: list[int]
    life: socket.socket


@dataclass
class Parent:
    """State of the parent between forks: its kernels, and the server it serves."""

    control: socket.socket
    server_pidfd: int
    children: dict[int, tuple[int, socket.socket]] = field(default_factory=dict)  # pidfd -> pid, life
    kernel_files: list[str] = field(default_factory=list)

    def serve(self, preload: Iterable[str]) -> Job | None:
        """Import, and fork when asked.

        Returns:
            ``None`` in the parent, when the server is gone; the job, in each forked kernel: the caller unwinds
            to the top of the program with it, so that a kernel ends as any Python program ends.
        """
        gc.disable()
        for module in (*KERNEL_MODULES, *preload):
            # A library that is missing or broken is the learner's to see in a cell, not a reason to have no kernel.
            with contextlib.suppress(Exception):
                importlib.import_module(module)
            if module in KERNEL_MODULES:
                self.kernel_files = [
                    file for each in list(sys.modules.values()) if (file := getattr(each, "__file__", None))
                ]
                continue
            job = self._serve_waiting(timeout_s=0)
            if job is not None:
                return job
        rehearse()
        gc.collect()
        self.control.sendall(WARM)
        return self._serve_waiting(timeout_s=None)

    def _serve_waiting(self, *, timeout_s: float | None) -> Job | None:
        """Serve what is waiting; with no timeout, until the server goes away."""
        while True:
            door = self.control.fileno()
            ready, _, _ = select.select([door, *self.children], [], [], timeout_s)
            if not ready:
                return None
            for pidfd in set(ready) & self.children.keys():
                self._report_exit(pidfd)
            if door in ready:
                job = read_job(self.control)
                if job is None:
                    sys.exit(0)
                if self._fork(job):
                    return job

    def _report_exit(self, pidfd: int) -> None:
        pid, life = self.children.pop(pidfd)
        _, status = os.waitpid(pid, 0)
        send(life, {"exit": os.waitstatus_to_exitcode(status)})
        life.close()
        os.close(pidfd)

    def _fork(self, job: Job) -> bool:
        """Fork; True in the kernel."""
        gc.freeze()  # what exists now is never collected in a kernel, so its pages stay shared
        try:
            pid = os.fork()
        except OSError as error:
            send(job.life, {"error": f"fork failed: {error}"})
            close_job(job)
            return False
        if pid == 0:
            self._close_in_kernel()
            return True
        pidfd = os.pidfd_open(pid)
        send(job.life, {"pid": pid}, pidfd)
        self.children[pidfd] = (pid, job.life)
        for fd in job.stdio:
            os.close(fd)
        return False

    def _close_in_kernel(self) -> None:
        """Let go of the server's door and of other kernels' sockets: learner code must not hold them."""
        self.control.close()
        for pidfd, (_, life) in self.children.items():
            os.close(pidfd)
            life.close()


def rehearse() -> None:
    """Do once what is slow the first time, so that kernels inherit its caches: a traceback, a completion.

    With these libraries imported, the first traceback walks through two thousand modules (0.4 s), and the first
    completion reads Python's grammar (1.5 s).
    """
    from IPython.core.ultratb import VerboseTB

    try:
        1 / 0  # noqa: B018 - any error will do
    except ZeroDivisionError:
        VerboseTB(theme_name="nocolor").structured_traceback(*sys.exc_info())
    with contextlib.suppress(Exception):  # jedi may be missing, or change
        jedi = importlib.import_module("jedi")
        jedi.Interpreter("import os; os.pa", [{}]).complete()


def close_job(job: Job) -> None:
    """Close what came with a request."""
    for fd in job.stdio:
        os.close(fd)
    job.life.close()


def send(life: socket.socket, message: dict[str, Any], *fds: int) -> None:
    """Write one message; a server that has gone away does not want it."""
    with contextlib.suppress(OSError):
        socket.send_fds(life, [json.dumps(message).encode()], list(fds))


def write_request(control: socket.socket, body: dict[str, Any], fds: list[int]) -> None:
    """The server's half of ``read_job``."""
    data = json.dumps(body).encode()
    socket.send_fds(control, [_HEADER.pack(len(data))], fds)
    control.sendall(data)


def read_job(control: socket.socket) -> Job | None:
    """Read one request; ``None`` when the server has closed the socket."""
    try:
        header, fds, _, _ = socket.recv_fds(control, _HEADER.size, _N_FDS, socket.MSG_CMSG_CLOEXEC)
    except ConnectionResetError:  # closed before it had read that all imports are done
        return None
    if len(header) < _HEADER.size:
        return None
    left = _HEADER.unpack(header)[0]
    parts = []
    while left:
        part = control.recv(min(left, 1 << 20))
        if not part:
            return None
        parts.append(part)
        left -= len(part)
    body = json.loads(b"".join(parts))
    return Job(body["argv"], body["env"], body["cwd"], list(fds[:3]), socket.socket(fileno=fds[3]))


def become_kernel(job: Job, *, server_pidfd: int, kernel_files: list[str]) -> None:
    """Turn this fork into the kernel that was asked for, and run it to its end."""
    try:
        _take_over(job)
    except OSError as error:
        send(job.life, {"error": f"{type(error).__name__}: {error}"})
        os._exit(1)
    send(job.life, {"ready": True})
    job.life.close()
    _end_with(server_pidfd)
    gc.enable()
    from coreskills_widgets.kernel.app import run_kernel  # the server imports this module too, without ipykernel

    run_kernel(job.argv, is_forked=True, own_files=kernel_files)


def _take_over(job: Job) -> None:
    """Own session, signals, streams, environment, folder, clock and chance."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
        default = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
        signal.signal(number, default if number != signal.SIGPIPE else signal.SIG_IGN)
    for target, fd in enumerate(job.stdio):
        os.dup2(fd, target)
        os.close(fd)
    os.environ.clear()
    os.environ.update(job.env)
    os.chdir(job.cwd)
    time.tzset()
    sys.argv = ["coreskills-kernel", *job.argv]
    if "numpy.random" in sys.modules:  # Python reseeds its own `random` after a fork, numpy does not
        sys.modules["numpy.random"].seed()
    if "multiprocessing.process" in sys.modules:
        sys.modules["multiprocessing.process"].current_process().authkey = os.urandom(32)
    with contextlib.suppress(OSError), open("/proc/self/comm", "w") as name:  # noqa: PTH123 - what `ps` shows
        name.write("coreskills-krnl")


def _end_with(server_pidfd: int) -> None:
    """End this kernel when the Jupyter server ends, as ipykernel does with its parent process."""

    def watch() -> None:
        select.select([server_pidfd], [], [])
        os._exit(1)

    thread = threading.Thread(target=watch, name="coreskills-server-watch", daemon=True)
    thread.pydev_do_not_trace = True  # type: ignore[attr-defined] # the debugger must not stop in it
    thread.is_pydev_daemon_thread = True  # type: ignore[attr-defined]
    thread.start()


def main(arguments: list[str]) -> None:
    """Run the parent: ``CONTROL_FD MODULE...``."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN if number == signal.SIGINT else signal.SIG_DFL)
    control = socket.socket(fileno=int(arguments[0]))
    server_pidfd = os.pidfd_open(os.getppid())
    parent = Parent(control, server_pidfd)
    job = parent.serve(arguments[1:])
    if job is not None:
        become_kernel(job, server_pidfd=server_pidfd, kernel_files=parent.kernel_files)
