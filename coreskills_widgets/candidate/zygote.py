"""The warm parent: imports the libraries once, then forks a cut-off candidate on each request.

Run as ``python -m coreskills_widgets.candidate.zygote``; its settings come as one JSON line on stdin, so that nothing
about the course stands in its arguments or environment, which every fork inherits.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from coreskills_widgets.candidate import first_uses, kernel_calls, sandbox
from coreskills_widgets.candidate import house as houses
from coreskills_widgets.candidate.channel import Channel, ChannelClosed
from coreskills_widgets.candidate.program_life import remember_path
from coreskills_widgets.candidate.programs import fork_programs
from coreskills_widgets.candidate.served import Candidate
from coreskills_widgets.candidate.shell import Shell
from coreskills_widgets.labs import surroundings

PRELOAD = (
    "anthropic", "anthropic.types", "openai", "openai.types", "pandas", "numpy", "faiss", "httpx", "httpx2", "pydantic",
    "IPython.core.ultratb", "stack_data", "executing", "pure_eval", "asttokens", "pygments.lexers",
    "pygments.formatters", "pygments.styles.default", "unittest.mock", "decimal", "dataclasses", "csv", "sqlite3",
    "concurrent.futures", "asyncio", "statistics", "inspect", "random", "hashlib", "uuid", "zoneinfo",
)  # fmt: skip
FIRST_TABLE = """\
import pandas
_t = pandas.DataFrame([{"a": "x", "b": 1.5}, {"a": "y", "b": 2.5}])
print(_t.groupby("a").b.sum().to_dict(), _t[_t.b > 2].merge(_t, on="a").sort_values("a"), _t._repr_html_())
"""


class Zygote:
    """Answers fork requests on a Unix socket until its owner goes away."""

    def __init__(self, settings: dict[str, Any]) -> None:
        base, is_walled = Path(settings["base"]), bool(settings["sandbox"])
        self._house = houses.House(base, maps_uid=settings["maps_uid"], is_walled=is_walled)
        if is_walled:
            houses.build(self._house, shown=tuple(settings["shown"]), hidden=tuple(settings["hidden"]))
        gc.disable()  # what is imported stays: looking for garbage takes a third of the time
        first_uses.preload((*PRELOAD, *settings["preload"]))
        self._shell = Shell()
        self._warm_up()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._house.base / "zygote.sock"))
        self._listener.listen(64)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        gc.freeze()
        gc.enable()

    def _warm_up(self) -> None:
        """Run a cell that prints, one that fails, one with a table: the first of each is slow."""
        with contextlib.redirect_stdout(io.StringIO()):
            self._shell.run("_ = [1]\nprint(_)\n_", 1)
            self._shell.run("def _f():\n    raise ValueError(1)\n_f()", 1)
            if "pandas" in sys.modules:
                self._shell.run(FIRST_TABLE, 1)
        for name in [name for name in self._shell.names if name not in self._shell.hidden_names]:
            del self._shell.names[name]

    def serve(self) -> None:
        """Fork on request; ends when stdin closes."""
        channels: dict[int, Channel] = {}
        print("ready", flush=True)  # noqa: T201 - the owner waits for this line
        while True:
            watched: list[Any] = [0, self._listener, *channels.values()]
            ready, _, _ = select.select(watched, [], [])
            for one in ready:
                if one == 0:
                    return
                if one is self._listener:
                    connection, _ = self._listener.accept()
                    channels[connection.fileno()] = Channel(connection)
                else:
                    self._answer(one, channels)

    def _answer(self, channel: Channel, channels: dict[int, Channel]) -> None:
        try:
            request = channel.receive()
        except ChannelClosed:
            del channels[channel.fileno()]
            channel.close()
            return
        fds = channel.take_fds()
        self._load(request["uses"])
        pid = kernel_calls.fork_into(sandbox.NAMESPACES if self._house.is_walled else 0)
        if pid == 0:
            _live(self._house, self._shell, request, fds[0])
        for fd in fds:
            os.close(fd)
        channel.send({"pid": pid})

    def _load(self, names: list[str]) -> None:
        """Get ready what candidates from this one on are likely to use."""
        if first_uses.make(names):
            gc.freeze()


def _live(house: houses.House, shell: Shell, request: dict[str, Any], fd: int) -> None:
    """The candidate's whole life, from fork to exit."""
    code = 0
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        fd = _keep_only(fd)
        channel = Channel(socket.socket(fileno=fd))
        limits = sandbox.Limits(**request["limits"])
        try:
            door = sandbox.confine(house, request["slot"], limits) if house.is_walled else sandbox.bound(limits)
        except OSError as error:
            channel.send({"refused": str(error)})
            os._exit(1)
        remember_path()
        _settle(house.slot(request["slot"]), _with_port(request["env"], door.getsockname()[1]))
        channel.send({"ready": True}, fds=(door.fileno(),))
        door.close()
        programs = surroundings.forked = fork_programs() if request["programs"] else None
        shell.start(output_kb=limits.output_kb)
        Candidate(channel, shell, programs).run()
    except BaseException:  # noqa: BLE001 - a candidate never returns into the zygote's loop
        code = 1
    finally:
        os._exit(code)


def _keep_only(fd: int) -> int:
    """Close every descriptor of the parent but ours, which becomes number 3."""
    if fd != 3:
        os.dup2(fd, 3)
    os.closerange(4, 65536)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.close(null)
    os.set_inheritable(3, False)
    return 3


def _with_port(env: dict[str, str], port: int) -> dict[str, str]:
    """Point the gateway's addresses at the door: another one only where there is no network of our own."""
    return {
        name: value.replace(f"127.0.0.1:{sandbox.GATEWAY_PORT}", f"127.0.0.1:{port}") for name, value in env.items()
    }


def _settle(slot: Path, env: dict[str, str]) -> None:
    os.chdir(slot / "work")
    os.environ.clear()
    os.environ.update(env)
    os.environ.update({"HOME": str(slot / "home"), "TMPDIR": str(slot / "tmp"), "PWD": str(slot / "work")})
    for path in (str(slot / "work"),):
        sys.path.insert(0, path)


def main() -> None:
    """Read the settings, and serve."""
    settings = json.loads(sys.stdin.readline())
    kernel_calls.die_with_parent()
    sys.path[:] = [path for path in sys.path if path not in ("", str(Path.cwd()))]
    try:
        zygote = Zygote(settings)
    except OSError as error:
        print(f"refused {error}", flush=True)  # noqa: T201
        return
    zygote.serve()


if __name__ == "__main__":
    main()
