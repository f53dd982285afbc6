"""Driving a Streamlit app as check cells do, in a program of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from coreskills_widgets.labs import app, program

PAGE = """
import anthropic
import streamlit as st

state = st.session_state
state.setdefault("asked", [])
files = st.file_uploader("Documents", accept_multiple_files=True)
question = st.text_input("Question")
if st.button("Ask"):
    state.asked.append(question)
    if question == "Raise?":
        raise ValueError("as asked")
st.write(f"{[(file.name, len(file.getvalue())) for file in files]} {state.asked}")
"""


@pytest.mark.slow
def test_steps_share_a_session_and_sessions_share_nothing(tmp_path: Path) -> None:
    """Uploads and questions stay; another visitor starts empty; an error is told, not raised."""
    (tmp_path / "page.py").write_text(PAGE)
    steps = [
        ("upload", ("a.txt", b"abc")),
        ("ask", "Why?"),
        ("rerun",),
        ("session", 1),
        ("session", 0),
        ("ask", "Raise?"),
    ]
    pages = app.drive(str(tmp_path / "page.py"), steps)
    assert pages[0]["labels"] == ["Documents", "Question", "Ask"]
    assert "[('a.txt', 3)] ['Why?']" in pages[1]["text"]
    assert pages[2] == pages[1]
    assert "[] []" in pages[3]["text"]
    assert "as asked" in pages[5]["error"]


@pytest.mark.slow
def test_an_app_that_ends_by_itself_is_named(tmp_path: Path) -> None:
    """The message leads to the program and to what it said last."""
    (tmp_path / "page.py").write_text("import os, sys\nsys.stderr.write('no more')\nsys.stderr.flush()\nos._exit(3)\n")
    with pytest.raises(AssertionError, match=r"(?s)page\.py could not be driven \(exit code 3\).*no more"):
        app.drive(str(tmp_path / "page.py"), [("open",)])


def test_a_page_that_was_never_written_costs_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says which file is missing, and starts nothing."""
    monkeypatch.setattr(program, "run", lambda *_args, **_options: pytest.fail("a program was started"))
    with pytest.raises(AssertionError, match=r"no file .*page\.py\. Run the cell"):
        app.drive(str(tmp_path / "page.py"), [("open",)])
