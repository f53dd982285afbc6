"""Asking learners' web services over HTTP, and looking at their pages, as check cells do."""

from __future__ import annotations

from pathlib import Path

import pytest

from coreskills_widgets.labs import web

SERVICE = """
import json, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

together = threading.Barrier(3)

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(200, "<p>hello</p>")
    def do_POST(self):
        sent = json.loads(self.rfile.read(int(self.headers["content-length"])))
        together.wait(20)
        self.answer(201, json.dumps({"got": sent}))
    def answer(self, status, text):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

ThreadingHTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Handler).serve_forever()
"""


@pytest.mark.slow
def test_steps_in_a_list_are_asked_at_once(tmp_path: Path) -> None:
    """Three requests that wait for each other are all answered; values come back in order."""
    (tmp_path / "service.py").write_text(SERVICE)
    at_once = [("POST", "/", n) for n in range(3)]
    first, three = web.visit([str(tmp_path / "service.py")], [("GET", "/"), at_once])
    assert first == {"status": 200, "text": "<p>hello</p>", "json": None}
    assert [(answer["status"], answer["json"]) for answer in three] == [(201, {"got": n}) for n in range(3)]


@pytest.mark.slow
def test_a_service_that_cannot_start_says_why(tmp_path: Path) -> None:
    """The learner reads the program's own traceback."""
    (tmp_path / "service.py").write_text("raise ValueError('no log')")
    with pytest.raises(AssertionError, match="ValueError: no log"):
        web.visit([str(tmp_path / "service.py")], [("GET", "/")])


def test_a_page_is_read_as_people_see_it() -> None:
    """Escaped names are text, tags are not; styles are not read; rows keep their cells."""
    html = (
        "<style>p {}</style><p>5 &lt;b&gt;x&lt;/b&gt;<br>calls</p>"
        "<table><tr><th>day<th>cost</tr><tr><td>Mon</td><td> $1 </td></tr></table>"
        "<svg role=img><title>Mon</title><rect data-day='Mon' height='3'/></svg>"
    )
    seen = web.look(html)
    assert seen.text == "5 <b>x</b> calls day cost Mon $1 Mon"
    assert seen.rows == [["day", "cost"], ["Mon", "$1"]]
    assert seen.with_attribute("data-day") == [("rect", {"data-day": "Mon", "height": "3"}, "")]
    assert ("title", {}, "Mon") in seen.elements
    assert "b" not in {tag for tag, _attributes, _text in seen.elements}
