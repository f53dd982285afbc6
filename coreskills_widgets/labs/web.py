"""Web services that learners write: started as programs and asked over HTTP; pages looked at as readers see them.

``visit`` starts a program of its own, which is this module; it runs the service on a free port and asks it.
"""

from __future__ import annotations

import http.client
import json
import runpy
import socket
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from coreskills_widgets.labs import program

Step = tuple[Any, ...] | list[Any]
Answer = dict[str, Any]
_Element = tuple[str, dict[str, str], list[str]]
MARK = "coreskills-answers "
_START_S = 30.0
_ANSWER_S = 20.0
_NEVER_CLOSED = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
_ENDED_BY = {"td": {"td", "th"}, "th": {"td", "th"}, "tr": {"td", "th", "tr"}}  # end tags that may be left out
_INSIDE_A_LINE = {"a", "abbr", "b", "code", "em", "i", "small", "span", "strong", "tspan"}
_NOT_READ = {"script", "style", "template"}


def visit(argv: Sequence[str], steps: Sequence[Step], *, timeout_s: float = 60) -> list[Any]:
    """Start a service, ask it step by step, stop it.

    Args:
        argv: ``["out/service.py", "--log", "log.jsonl"]``; ``--port N`` is added.
        steps: ``("GET", "/path")`` or ``("POST", "/path", json value)``; a list of such steps is asked all at once.

    Returns:
        For each step ``{"status": code, "text": body, "json": its value or None}``, for a list of steps a list.

    Raises:
        AssertionError: The service did not start, or did not answer; holds the end of what it wrote to stderr.
    """
    order = json.dumps({"argv": list(argv), "steps": list(steps)})
    ended = program.run(["python", "-m", "coreskills_widgets.labs.web"], stdin=order, timeout_s=timeout_s)
    answers = next((line for line in ended.out.splitlines() if line.startswith(MARK)), None)
    if answers is None:
        raise AssertionError(f"{argv[0]} could not be asked (exit code {ended.code}): {ended.err.strip()[-400:]}")
    found: list[Any] = json.loads(answers.removeprefix(MARK))
    return found


@dataclass
class Look:
    """What a page holds.

    Attributes:
        text: Everything a person reads, in order; white space is one blank.
        rows: Each table row, as the texts of its cells.
        elements: Each element as ``(tag, attributes, text inside)``, in order of appearance.
    """

    text: str = ""
    rows: list[list[str]] = field(default_factory=list)
    elements: list[tuple[str, dict[str, str], str]] = field(default_factory=list)

    def with_attribute(self, name: str) -> list[tuple[str, dict[str, str], str]]:
        """The elements that have an attribute."""
        return [element for element in self.elements if name in element[1]]


def look(html: str) -> Look:
    """Read a page as a browser would, without running it."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.found()


class _Reader(HTMLParser):
    """Collects elements and the text inside each; forgives what browsers forgive."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._all: list[_Element] = []
        self._open: list[_Element] = []
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._part(tag)
        while self._open and self._open[-1][0] in _ENDED_BY.get(tag, ()):
            self._open.pop()
        element: _Element = (tag, {name: value or "" for name, value in attrs}, [])
        self._all.append(element)
        if tag not in _NEVER_CLOSED:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._all.append((tag, {name: value or "" for name, value in attrs}, []))

    def handle_endtag(self, tag: str) -> None:
        self._part(tag)
        places = [place for place, element in enumerate(self._open) if element[0] == tag]
        if places:
            del self._open[places[-1] :]

    def _part(self, tag: str) -> None:
        if tag not in _INSIDE_A_LINE:
            self._add(" ")

    def handle_data(self, data: str) -> None:
        if any(tag in _NOT_READ for tag, _attributes, _text in self._open):
            return
        self._add(data)

    def _add(self, data: str) -> None:
        self._text.append(data)
        for _tag, _attributes, text in self._open:
            text.append(data)

    def found(self) -> Look:
        elements = [(tag, attributes, _one_line("".join(text))) for tag, attributes, text in self._all]
        rows: list[list[str]] = []
        for tag, _attributes, text in elements:
            if tag == "tr":
                rows.append([])
            elif tag in ("td", "th") and rows:
                rows[-1].append(text)
        return Look(_one_line("".join(self._text)), rows, elements)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _serve(argv: list[str], port: int, trouble: list[str]) -> None:
    sys.argv = [*argv, "--port", str(port)]
    try:
        runpy.run_path(argv[0], run_name="__main__")
        trouble.append("the program ended by itself; it must go on serving")
    except (Exception, SystemExit):  # noqa: BLE001 - a service may fail in any way: whatever it was is told
        trouble.append(traceback.format_exc())


def _wait_until_open(port: int, trouble: list[str]) -> None:
    deadline = time.monotonic() + _START_S
    while not trouble and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise SystemExit(trouble[0] if trouble else f"nothing listened on port {port} within {_START_S:.0f} seconds")


def _ask(port: int, step: Step) -> Answer:
    method, path, *content = step
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_S)
    body = json.dumps(content[0]) if content else None
    connection.request(method, path, body=body, headers={"Content-Type": "application/json"} if content else {})
    answer = connection.getresponse()
    text = answer.read().decode("utf-8", errors="replace")
    connection.close()
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    return {"status": answer.status, "text": text, "json": value}


def _main() -> None:
    order = json.load(sys.stdin)
    # Dozens of requests at once are dozens of threads on both sides; 8 MB of stack each would not fit in the sandbox.
    threading.stack_size(2**20)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    trouble: list[str] = []
    threading.Thread(target=_serve, args=(order["argv"], port, trouble), daemon=True).start()
    _wait_until_open(port, trouble)
    answers: list[Any] = []
    for step in order["steps"]:
        if isinstance(step[0], str):
            answers.append(_ask(port, step))
        else:
            with ThreadPoolExecutor(max_workers=len(step)) as pool:
                answers.append(list(pool.map(lambda one: _ask(port, one), step)))
    sys.stdout.write(f"\n{MARK}{json.dumps(answers)}\n")


if __name__ == "__main__":
    _main()
