"""The kernel's line to the gateway's own API: who am I, which cell runs, what did it cost."""

from __future__ import annotations

import http.client
import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from coreskills_widgets.kernel.environ import provider_variables

Row = dict[str, Any]
_TIMEOUT_S = 2.0
_PAUSES_S = (5.0, 15.0, 60.0)


class GatewayAway(Exception):
    """The gateway did not answer; try again later.

    Attributes:
        status: What it answered, 0 when it did not answer at all.
    """

    def __init__(self, text: str, *, status: int = 0) -> None:
        self.status = status
        super().__init__(text)


class GatewayClient:
    """One kept-open connection to the gateway with this kernel's key. Thread-safe.

    After a failure it stays quiet for a while, so that a gateway that is away delays one cell, not every cell.
    """

    def __init__(
        self, url: str, key: str, *, grant_file: Path | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.url, self.key, self._grant_file, self._clock = url.rstrip("/"), key, grant_file, clock
        self._connection: http.client.HTTPConnection | None = None
        self._lock = threading.Lock()
        self._failures, self._quiet_until = 0, 0.0
        self._grant_stamp = _stamp(grant_file)

    @classmethod
    def from_environment(cls) -> GatewayClient | None:
        """The gateway this kernel was given; ``None`` where there is none."""
        url, key = os.environ.get("CORESKILLS_GATEWAY_URL"), os.environ.get("ANTHROPIC_API_KEY", "")
        file = os.environ.get("CORESKILLS_GRANT_FILE")
        return cls(url, key, grant_file=Path(file) if file else None) if url else None

    def status(self) -> Row:
        """Lab, learner, backend, budget and what is spent."""
        return self._row("GET", "status")

    def budget(self) -> Row:
        """The same without counts and totals, in a time that does not grow with the calls."""
        return self._row("GET", "status?brief=1")

    def calls(self, *, after: int = 0) -> list[Row]:
        """The calls of this notebook with a row id above ``after``, oldest first."""
        rows: list[Row] = self._row("GET", f"calls?after={after}")["calls"]
        return rows

    def trace(self, call_id: int | str) -> Row:
        """One call with both bodies and the events of its stream."""
        return self._row("GET", f"calls/{call_id}")

    def mode(self, mode: str) -> Row:
        """Ask for ``offline`` or ``live`` answers from now on."""
        return self._row("POST", "mode", {"mode": mode})

    def cell(self, *, cell_id: str, label: str, order: int | None) -> None:
        """Say which cell runs; calls that follow belong to it."""
        self.ask("POST", "cell", {"cell_id": cell_id, "label": label, "order": order})

    @property
    def is_resting(self) -> bool:
        """The gateway failed a moment ago; what only displays should not ask yet."""
        return self._clock() < self._quiet_until

    def _row(self, method: str, path: str, body: Row | None = None) -> Row:
        answer = self.ask(method, path, body)
        if not isinstance(answer, dict):
            raise GatewayAway(f"{self.url} answered {str(answer)[:80]!r} to {path}")
        return answer

    def ask(self, method: str, path: str, body: Row | None = None) -> Any:
        """One request under ``/coreskills/``.

        Raises:
            GatewayAway: No answer, or an error; carries the status.
        """
        try:
            status, data = self._send(method, path, json.dumps(body).encode() if body is not None else None)
        except (OSError, http.client.HTTPException) as error:
            self._rest()
            raise GatewayAway(f"{self.url} does not answer: {error}") from error
        if status >= 500:
            self._rest()
        else:
            self._failures, self._quiet_until = 0, 0.0
        try:
            answer = json.loads(data) if data else None
        except ValueError as error:
            raise GatewayAway(f"{self.url} answered {status} with something that is not JSON", status=status) from error
        if status >= 400:
            raise GatewayAway(_message(answer) or f"{self.url} answered {status}", status=status)
        return answer

    def _send(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        with self._lock:
            self.reload()
            parts = urlsplit(self.url)
            for is_fresh in (False, True):
                if self._connection is None:
                    is_fresh = True
                    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
                    self._connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT_S)
                try:
                    return self._exchange(self._connection, method, f"{parts.path}/coreskills/{path}", body)
                except (OSError, http.client.HTTPException):
                    self._connection.close()
                    self._connection = None
                    if is_fresh:  # a kept-open connection may just have been closed: that is worth a second try
                        raise
            raise AssertionError("unreachable")

    def _exchange(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None
    ) -> tuple[int, bytes]:
        headers = {"x-api-key": self.key, "Content-Type": "application/json"}
        connection.request(method, path, body=body, headers=headers)
        response = connection.getresponse()
        return response.status, response.read()

    def _rest(self) -> None:
        self._quiet_until = self._clock() + _PAUSES_S[min(self._failures, len(_PAUSES_S) - 1)]
        self._failures += 1

    def reload(self) -> None:
        """Take over a key that came late or was replaced, unless the learner set one of their own."""
        stamp = _stamp(self._grant_file)
        if stamp is None or stamp == self._grant_stamp or self._grant_file is None:
            return
        try:
            grant = json.loads(self._grant_file.read_text())
            url, key = grant["gateway_url"].rstrip("/"), grant["key"]
        except (OSError, ValueError, KeyError):
            return
        before, after = provider_variables(self.url, key=self.key), provider_variables(url, key=key)
        os.environ.update({name: after[name] for name in after if os.environ.get(name) == before[name]})
        os.environ["CORESKILLS_GATEWAY_URL"] = url
        self.url, self.key, self._grant_stamp = url, key, stamp
        self._failures, self._quiet_until = 0, 0.0
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _stamp(file: Path | None) -> tuple[int, int] | None:
    try:
        seen = file.stat() if file else None
    except OSError:
        return None
    return (seen.st_mtime_ns, seen.st_ino) if seen else None


def _message(answer: Any) -> str:
    error = answer.get("error") if isinstance(answer, dict) else None
    text = error.get("message") if isinstance(error, dict) else error
    return str(text) if text else ""
