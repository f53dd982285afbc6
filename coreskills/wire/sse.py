"""Server-sent events: the bytes of a stream and the events in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

CONTENT_TYPE = "text/event-stream; charset=utf-8"


@dataclass(frozen=True)
class Event:
    """One event.

    Attributes:
        name: The ``event:`` field; ``None`` where the stream names none (OpenAI's chat completions).
        data: The ``data:`` lines, joined by line feeds.
    """

    data: str
    name: str | None = None

    @property
    def json(self) -> Any:
        """The decoded data; raises ``ValueError`` when it is not JSON (``[DONE]`` is not)."""
        return json.loads(self.data)


def parse_events(body: bytes) -> Iterator[Event]:
    """Read the whole events of a stream; one that the end of the stream cuts off is dropped, as the SDKs do.

    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html, "Interpreting an event stream".
    """
    name: str | None = None
    data: list[str] = []
    for raw in body.removeprefix(b"\xef\xbb\xbf").splitlines():
        line = raw.decode("utf-8", errors="replace")
        if not line:
            if data:
                yield Event("\n".join(data), name)
            name, data = None, []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data.append(value)
        elif field == "event":
            name = value


def split_events(body: bytes) -> list[bytes]:
    """The events of a stream as they are, each with the empty line that ends it."""
    return [event + b"\n\n" for event in body.split(b"\n\n") if event]


def format_event(data: Any, *, name: str | None = None) -> bytes:
    """Write one event; ``data`` is JSON unless it is text already."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    lines = "".join(f"data: {line}\n" for line in text.split("\n"))
    return f"{f'event: {name}' + chr(10) if name else ''}{lines}\n".encode()


def format_events(events: Iterable[tuple[str | None, Any]]) -> bytes:
    """Write a whole stream from names and data."""
    return b"".join(format_event(data, name=name) for name, data in events)
