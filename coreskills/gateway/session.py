"""What the gateway remembers of one key while it runs: the cell at work, faults, traces, misses."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from coreskills.cassettes import Miss
from coreskills.cassettes import Session as Replay
from coreskills.gateway.faults import FaultScript
from coreskills.gateway.rates import Bucket
from coreskills.ledger.call import Call

KEPT_TRACES = 200
KEPT_TRACE_BYTES = 32_000_000
KEPT_CALLS = 5_000
KEPT_REQUESTS = 20_000
KEPT_SESSIONS = 5_000


@dataclass(frozen=True)
class Cell:
    """The notebook cell that runs."""

    cell_id: str = ""
    label: str = ""
    order: int | None = None


@dataclass
class Trace:
    """Both sides of one call, whole; kept in memory only, never written to disk.

    Attributes:
        events: Chunks of a stream: milliseconds since the request, and the bytes.
    """

    call: Call
    method: str
    path: str
    request_headers: dict[str, str]
    request_body: bytes
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: bytes = b""
    events: list[tuple[int, bytes]] = field(default_factory=list)
    miss: Miss | None = None
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes kept."""
        return len(self.request_body) + 2 * len(self.response_body)


class Session:
    """One key's state; safe to use from several threads.

    Attributes:
        cause: The text of the test call that runs (``classify("I love it")``); set by the examiner.
        mode: A live key's holder may choose to work offline for a while.
        misses: Requests that no recording answered, in order.
        calls: The last rows, in order; the ledger has all.
        faults: What to do to the answers that follow.
        replay: The place in the cassettes, once they are opened.
    """

    def __init__(self, key_id: str) -> None:
        self.key_id = key_id
        self.cause: str | None = None
        self.mode: Literal["offline"] | None = None
        self.cell = Cell()
        self.misses: list[Miss] = []
        self.calls: deque[Call] = deque(maxlen=KEPT_CALLS)
        self.faults = FaultScript()
        self.bucket = Bucket()
        self.replay: Replay | None = None
        self.prompt_cache: dict[str, float] = {}
        self.lock = threading.RLock()
        self._seen: OrderedDict[str, int] = OrderedDict()
        self._traces: OrderedDict[int, Trace] = OrderedDict()
        self._trace_bytes = 0
        self._listeners: set[tuple[asyncio.AbstractEventLoop, asyncio.Queue[Call]]] = set()

    def repetition(self, endpoint: str, body: bytes) -> int:
        """How often this very request came before; counts it."""
        digest = hashlib.sha256(endpoint.encode() + b"\0" + body).hexdigest()
        with self.lock:
            before = self._seen.pop(digest, 0)
            self._seen[digest] = before + 1
            if len(self._seen) > KEPT_REQUESTS:
                self._seen.popitem(last=False)
        return before

    def add(self, call: Call, trace: Trace) -> None:
        """Note a finished call and tell those who listen."""
        with self.lock:
            self.calls.append(call)
            if call.id is not None:
                self._traces[call.id] = trace
                self._trace_bytes += trace.size
            while self._traces and (len(self._traces) > KEPT_TRACES or self._trace_bytes > KEPT_TRACE_BYTES):
                self._trace_bytes -= self._traces.popitem(last=False)[1].size
            listeners = list(self._listeners)
        for loop, queue in listeners:
            if not loop.is_closed():
                loop.call_soon_threadsafe(queue.put_nowait, call)

    def trace(self, call_id: int) -> Trace | None:
        """A call's trace, unless it is too old to be kept."""
        with self.lock:
            return self._traces.get(call_id)

    def listen(self) -> Listening:
        """A queue of the calls that finish from now on; for use on the running event loop."""
        return Listening(self._listeners)


class Listening:
    """A subscription, ended by leaving the ``with`` block."""

    def __init__(self, listeners: set[tuple[asyncio.AbstractEventLoop, asyncio.Queue[Call]]]) -> None:
        self._listeners = listeners
        self._entry = (asyncio.get_running_loop(), asyncio.Queue[Call]())

    def __enter__(self) -> asyncio.Queue[Call]:
        self._listeners.add(self._entry)
        return self._entry[1]

    def __exit__(self, *_: object) -> None:
        self._listeners.discard(self._entry)


class Sessions:
    """The sessions of a gateway by key id; made when first asked for, the least used forgotten."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._lock = threading.Lock()

    def __getitem__(self, key_id: str) -> Session:
        with self._lock:
            session = self._sessions.get(key_id)
            if session is None:
                session = self._sessions[key_id] = Session(key_id)
                if len(self._sessions) > KEPT_SESSIONS:
                    self._sessions.popitem(last=False)
            else:
                self._sessions.move_to_end(key_id)
            return session

    def __iter__(self) -> Iterator[Session]:
        with self._lock:
            return iter(list(self._sessions.values()))

    def drop(self, key_id: str) -> None:
        """Forget a key's session."""
        with self._lock:
            self._sessions.pop(key_id, None)
