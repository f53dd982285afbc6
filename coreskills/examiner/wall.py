"""The examiner's side of the conversation with a candidate: what it sends, what it believes, what it lets through."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
import weakref
from collections.abc import Callable
from typing import Any

from coreskills.cassettes.cause import describe
from coreskills.examiner import doubles, handles, memory, shadows
from coreskills.examiner.deaths import CandidateLost, CellTimeout
from coreskills.examiner.handles import ClassHandle, Handle, LearnerClass
from coreskills.examiner.outputs import checked
from coreskills_widgets.candidate.channel import Channel, ChannelClosed, ChannelTimeout
from coreskills_widgets.candidate.codec import Decoder, Encoder, Wire, WireError
from coreskills_widgets.candidate.peer import Message, Peer

INTERRUPT_GRACE_S = 1.0
WATCH_S = 0.2


class Wall(Peer):
    """Everything between test cells and one candidate.

    Args:
        pid: The candidate's process, for interrupts.
        is_walled: Whether the candidate's processes end with it.
        on_call: Told the text of each call of a learner's function before it is made; the gateway answers by it.
    """

    def __init__(
        self,
        channel: Channel,
        pid: int,
        *,
        memory_mb: int = 2048,
        is_walled: bool = True,
        on_call: Callable[[str | None], None] | None = None,
    ) -> None:
        super().__init__(channel)
        self._memory_mb, self._is_walled = memory_mb, is_walled
        self.pid = pid
        self.deadline: float | None = None
        self.outputs: list[dict[str, Any]] = []
        self.is_lost = False
        self.is_listening = False
        self._interrupted = False
        self._classes: dict[int, LearnerClass] = {}
        self._errors: dict[int, type[BaseException]] = {}
        self._handles: weakref.WeakValueDictionary[int, Handle] = weakref.WeakValueDictionary()
        self.coroutines: dict[int, Any] = {}
        self._received: dict[int, int] = {}
        self._unused: list[list[int]] = []
        self._on_call = on_call
        self._call_depth = 0

    # ---- time ----
    def allow(self, seconds: float) -> None:
        """Give the next cell this long."""
        self.deadline = time.monotonic() + seconds
        self._interrupted = False

    def ask(self, op: str, to: int | None = None, *args: Any, **kwargs: Any) -> Any:
        if self.is_lost:
            raise CandidateLost("it had already ended")
        if self._interrupted:
            raise CellTimeout
        try:
            return super().ask(op, to, *args, **kwargs)
        finally:
            if self._was_interrupted() and not isinstance(sys.exc_info()[1], CandidateLost):
                raise CellTimeout

    def _was_interrupted(self) -> bool:
        return self._interrupted

    def receive(self) -> Message:
        self.is_listening = True
        try:
            return self._receive_before(self.deadline)
        except ChannelTimeout:
            return self._interrupt()
        except (ChannelClosed, WireError) as error:
            self.kill()
            raise CandidateLost(f"it ended in the middle of a cell ({error})") from error
        finally:
            self.is_listening = False

    def out_of_step(self) -> None:
        self.kill()
        raise CandidateLost("it answered what was not asked")

    def _receive_before(self, deadline: float | None) -> Message:
        message = self._receive_watching(deadline)
        if not isinstance(message, dict):
            raise WireError("a message is not an object")
        return message

    def _receive_watching(self, deadline: float | None) -> Any:
        """Wait for a message in slices, with an eye on the memory of all the candidate's processes."""
        while True:
            slice_end = time.monotonic() + WATCH_S
            is_last = deadline is not None and deadline <= slice_end
            try:
                return self.channel.receive(deadline=deadline if is_last else slice_end)
            except ChannelTimeout:
                if is_last:
                    raise
            if (
                memory.is_large(self.pid, at_least_mb=self._memory_mb // 2)
                and memory.used_mb(self.pid) > self._memory_mb
            ):
                self.kill()
                raise CandidateLost(f"it used more than {self._memory_mb:,} MB of memory")

    def _interrupt(self) -> Message:
        if not self._interrupted:
            self._interrupted = True
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGINT)
            with contextlib.suppress(ChannelTimeout, ChannelClosed):
                return self._receive_before(time.monotonic() + INTERRUPT_GRACE_S)
        self.kill()
        raise CandidateLost("its time was up and it did not react to an interrupt", timed_out=True)

    def kill(self) -> None:
        """End the candidate and, with it, every process it started."""
        self.is_lost = True
        for pid in (self.pid,) if self._is_walled else memory.family(self.pid):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)

    def run_cell(self, source: str, order: int) -> Any:
        """Run a learner's cell; returns its outputs as sent.

        Raises:
            CandidateLost: It ended, or answered with something else.
        """
        try:
            answer = self.ask("cell", None, source, order)
            return answer["outputs"] if isinstance(answer["outputs"], list) else []
        except Exception as error:
            self.kill()
            raise CandidateLost("it did not answer as it should") from error

    # ---- what the candidate printed ----
    def heard(self, outputs: list[Any]) -> None:
        self.outputs += checked(outputs)

    def take_outputs(self) -> list[dict[str, Any]]:
        rows, self.outputs = self.outputs, []
        return rows

    # ---- calls ----
    def call(self, number: int, kind: LearnerClass, extra: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a learner's callable; the outermost call of a test is the cause of the requests made inside it."""
        if self._on_call is not None and self._call_depth == 0:
            name = str(extra[1]) if isinstance(extra, list) and len(extra) > 1 else kind.name
            self._on_call(describe(name, args, kwargs))
        self._call_depth += 1
        try:
            return self.ask("call", number, *args, **kwargs)
        except StopIteration as stop:
            # Inside map() or next() of a check it would end the check early and quietly.
            raise RuntimeError("learner code raised StopIteration") from stop
        finally:
            self._call_depth -= 1

    # ---- out ----
    def lend(self, value: object, encoder: Encoder) -> Wire:
        number = handles.learner_number(value)
        if number is not None:
            return ["m", number]
        if isinstance(value, BaseException):
            return doubles.error_wire(self, value, encoder)
        return doubles.wire(self, value, encoder)

    def encode_error(self, error: BaseException, encoder: Encoder) -> Wire:
        return self.lend(error, encoder)

    def dropped(self) -> list[list[int]]:
        rows, self._unused = self._unused, []
        return rows

    def drop(self, number: int) -> None:
        """Note that a handle is gone, with how often its object came: it may be on its way again."""
        times = self._received.pop(number, 0)
        if times:
            self._unused.append([number, times])

    # ---- in ----
    def borrow(self, wire: list[Any], decoder: Decoder) -> Any:
        tag = wire[0]
        if tag == "m":
            return self.owned(wire[1])
        if tag == "h":
            return self._handle(wire[1], self._class(wire[2]), wire[3] if len(wire) > 3 else None)
        if tag == "ty":
            return shadows.plain_type(wire[1], wire[2])
        if tag == "k":
            kind = self._class(wire[2])
            return (
                self._error_class(kind, wire[1])
                if wire[3]
                else self._known(wire[1], lambda: ClassHandle(self, wire[1], kind))
            )
        if tag == "mo":
            return self._known(wire[1], lambda: Handle(self, wire[1], shadows.module_class(str(wire[2]))))
        if tag == "sh":
            kind = self._class(wire[2])
            return shadows.shadow(kind, decoder.decode(wire[3]), self._handle(wire[1], kind, None), wire[4])
        if tag == "x":
            return self.decode_error(wire, decoder)
        raise WireError(f"unknown tag {tag!r}")

    def _handle(self, number: int, kind: LearnerClass, extra: Any) -> Any:
        return self._known(number, lambda: kind.handle(self, number, extra))

    def _known(self, number: int, make: Callable[[], Any]) -> Any:
        self._received[number] = self._received.get(number, 0) + 1
        handle = self._handles.get(number)
        if handle is None:
            handle = self._handles[number] = make()
        return handle

    def _class(self, wire: Any) -> LearnerClass:
        if isinstance(wire, dict):
            kind = LearnerClass(wire)
            self._classes[kind.number] = kind
            return kind
        return self._classes[wire]

    def _error_class(self, kind: LearnerClass, number: int) -> type[BaseException]:
        if kind.number not in self._errors:
            self._errors[kind.number] = shadows.error_class(self, kind)
        return self._errors[kind.number]

    def decode_error(self, wire: Wire, decoder: Decoder) -> BaseException:
        if wire[0] == "m":
            error = self.owned(wire[1])
            if isinstance(error, BaseException):
                return error
            raise WireError("raised what is not an exception")
        kind = self._class(wire[2])
        error_class = self._error_class(kind, kind.number)
        return shadows.error(error_class, wire, decoder)

    # ---- what the candidate may ask: only of objects it was handed ----
    def perform(self, op: str, target: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        return doubles.perform(op, target, args, kwargs)

    def ends(self, error: BaseException) -> bool:
        if isinstance(error, CellTimeout):
            self.kill()  # it waits for an answer that will not come
        return isinstance(error, CellTimeout | CandidateLost)
