"""The candidate's side of the conversation: what the examiner may ask of learner objects."""

from __future__ import annotations

import asyncio
import copy
import importlib
import inspect
import operator
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from coreskills_widgets.candidate import specials
from coreskills_widgets.candidate.channel import Channel, ChannelClosed
from coreskills_widgets.candidate.lending import CandidateLender, _trace
from coreskills_widgets.candidate.programs import Ended, Programs
from coreskills_widgets.candidate.shell import Shell

MAX_PROGRAM_OUTPUT = 4 * 2**20


class Candidate(CandidateLender):
    """Serves one examiner until the channel closes."""

    def __init__(self, channel: Channel, shell: Shell, programs: Programs | None = None) -> None:
        super().__init__(channel)
        self.shell, self._programs = shell, programs
        self._tasks: dict[int, asyncio.Future[Any]] = {}

    def run(self) -> None:
        """Answer until the examiner hangs up."""
        self.floor.acquire()
        while True:
            try:
                self.serve(self.channel.receive())
            except ChannelClosed:
                return
            except KeyboardInterrupt:
                continue  # an interrupt that came after its cell had ended

    def said(self) -> list[Any]:
        return self.shell.take_outputs()

    def perform(self, op: str, target: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if op == "call":
            return target(*args, **kwargs)
        action = _OPERATIONS.get(op)
        if action is not None:
            return action(target, *args)
        if op in specials.UNARY:
            return specials.UNARY[op](target)
        method: Callable[..., Any] = getattr(self, f"do_{op}")
        return method(target, *args, **kwargs)

    # ---- the notebook ----
    def do_cell(self, target: None, source: str, order: int) -> Any:
        return self.shell.run(source, order)

    def do_name(self, target: None, name: str) -> Any:
        try:
            return self.shell.names[name]
        except KeyError:
            raise NameError(f"name {name!r} is not defined") from None

    def do_names(self, target: None) -> list[str]:
        return [name for name in self.shell.names if not name.startswith("_") and name not in self.shell.hidden_names]

    def do_bind(self, target: None, name: str, value: Any) -> None:
        self.shell.names[name] = value

    def do_del(self, target: None, name: str) -> None:
        try:
            del self.shell.names[name]
        except KeyError:
            raise NameError(f"name {name!r} is not defined") from None

    def do_module(self, target: None, name: str) -> Any:
        return importlib.import_module(name)

    def do_environ(self, target: None, changes: dict[str, str | None]) -> None:
        for name, value in changes.items():
            os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)

    def do_seed(self, target: None, module: str, args: tuple[Any, ...]) -> None:
        if module in sys.modules:
            sys.modules[module].seed(*args)

    # ---- objects ----
    def do_binary(self, target: Any, name: str, other: Any, reflected: bool) -> Any:
        action = specials.BINARY.get(name) or specials.COMPARISONS[name]
        return action(other, target) if reflected else action(target, other)

    def do_fields(self, target: Any, names: list[str]) -> list[Any]:
        return [getattr(target, name) for name in names]

    def do_next(self, target: Any) -> tuple[bool, Any]:
        try:
            return True, next(target)
        except StopIteration as stop:
            return False, stop.value

    def do_exit(self, target: Any, error: BaseException | None) -> Any:
        return target.__exit__(type(error) if error else None, error, None)

    def do_signature(self, target: Any) -> list[Any]:
        rows = []
        for p in inspect.signature(target).parameters.values():
            default = () if p.default is p.empty else (p.default,)
            rows.append((p.name, int(p.kind), default, None if p.annotation is p.empty else _annotation(p.annotation)))
        returned = inspect.signature(target).return_annotation
        return [rows, None if returned is inspect.Signature.empty else _annotation(returned)]

    def do_trace(self, target: BaseException) -> str:
        return _trace(target)

    # ---- async: tasks run on the notebook's loop, several at once, while one of them is waited for ----
    def do_spawn(self, target: Any) -> int:
        loop = self.shell.loop()
        number = len(self._tasks) + 1
        self._tasks[number] = asyncio.ensure_future(_awaited(target), loop=loop)
        return number

    def do_finish(self, target: None, number: int) -> Any:
        task = self._tasks.pop(number)
        return self.shell.loop().run_until_complete(task)

    def do_acall(self, target: Any, name: str, args: list[Any]) -> Any:
        """Await one async special method to its end."""
        return self.shell.loop().run_until_complete(_awaited(getattr(target, name)(*args)))

    def do_anext(self, target: Any) -> tuple[bool, Any]:
        try:
            return True, self.do_acall(target, "__anext__", [])
        except StopAsyncIteration:
            return False, None

    # ---- programs ----
    def do_program(self, target: None, argv: list[str], stdin: bytes, timeout_s: float, env: dict[str, str]) -> Any:
        """Run a program in the learner's folder; code ``None`` when its time ran out."""
        full = {**os.environ, "PYTHONUTF8": "1", **env}
        ended = self._programs.run(argv, stdin=stdin, timeout_s=timeout_s, env=full) if self._programs else None
        if ended is None:
            ended = self._cold(argv, stdin, timeout_s, full)
        code, out, err = ended
        return code, out[:MAX_PROGRAM_OUTPUT], err[:MAX_PROGRAM_OUTPUT]

    def _cold(self, argv: list[str], stdin: bytes, timeout_s: float, env: dict[str, str]) -> Ended:
        command = [sys.executable if argv[0] == "python" else argv[0], *argv[1:]]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=env, start_new_session=True,
        )  # fmt: skip
        try:
            out, err = process.communicate(stdin, timeout=timeout_s)
            code: int | None = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            code = None
        return code, out, err


async def _awaited(value: Any) -> Any:
    return await value


def _annotation(value: Any) -> str:
    return value if isinstance(value, str) else inspect.formatannotation(value)


def _iter(target: Any) -> Any:
    return iter(target)


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "get": getattr,
    "set": setattr,
    "unset": delattr,
    "item": operator.getitem,
    "set_item": operator.setitem,
    "del_item": operator.delitem,
    "iter": _iter,
    "reversed": reversed,
    "contains": operator.contains,
    "enter": lambda target: target.__enter__(),
    "eq": lambda target, other: bool(target == other),
    "source": inspect.getsource,
    "copy": lambda target, deep: copy.deepcopy(target) if deep else copy.copy(target),
    "repr": repr,
    "str": str,
    "format": format,
    "hash": hash,
    "dir": dir,
    "isinstance": isinstance,
    "issubclass": issubclass,
}
