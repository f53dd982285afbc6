"""Feedback pages of graded notebooks: what a learner is told, and what never leaves the grader."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coreskills.cassettes.files import write
from coreskills.cassettes.recording import Provenance, Recording
from coreskills.examiner.client import ExaminerProcess
from coreskills.examiner.job import GatewayTerms, Job
from coreskills.examiner.marks import marked
from coreskills.wire.http import WireRequest, WireResponse

ROOT = Path(__file__).parents[2]
PageOf = Callable[[dict[str, Any]], str]
SECRET = "XYZZY"
MODEL = "claude-haiku-4-5"
LEARNER = """\
import os, sys, tempfile, traceback
import anthropic, numpy as np

def wrong(text):
    return text

def quotes(text):
    raise ValueError(f"I was asked {text}")

def names(text):
    raise type(text, (LookupError,), {})()

def validates(text):
    import pydantic
    return pydantic.TypeAdapter(int).validate_python(text)

def zeros(n):
    return [0.0] * n

def ask(text):
    message = anthropic.Anthropic().messages.create(
        model="MODEL", max_tokens=50, messages=[{"role": "user", "content": text}])
    raise RuntimeError(message.content[0].text)

def embed(text):
    import openai
    return openai.OpenAI().embeddings.create(model="text-embedding-3-small", input=[text])

def where():
    try:
        np.zeros(3).reshape(2)
    except ValueError:
        print(traceback.format_exc())
    print(os.getcwd(), tempfile.mkdtemp(), np.__file__, os.__file__)
    return open(os.path.join(os.getcwd(), "nothing.txt")).read()

def hangs():
    while True:
        pass

def leaves():
    os._exit(3)
""".replace("MODEL", MODEL)
HIDDEN = {
    "wrong": 'assert wrong("XYZZY") == "xyzzy", "wrong(text) gives lower case"',
    "quotes": 'assert quotes("XYZZY")',
    "names": 'assert names("XYZZY")',
    "validates": 'assert validates("XYZZY")',
    "zeros": "np.testing.assert_allclose(zeros(2), [1.0, 271828.0])",
    "ask": 'assert ask("tell me")',
    "embed": 'assert embed("XYZZY")',
    "hangs": 'key = "XYZZY"\nassert hangs()',
    "leaves": 'key = "XYZZY"\nassert leaves()',
}
GIVEN = "import numpy as np\nimport os"


def recorded(folder: Path) -> str:
    """A hidden recording whose answer no page may show."""
    asked = {"model": MODEL, "max_tokens": 50, "messages": [{"role": "user", "content": "tell me"}]}
    answer = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": MODEL, "stop_reason": "end_turn",
        "stop_sequence": None, "content": [{"type": "text", "text": f"the {SECRET} answer"}],
        "usage": {"input_tokens": 3, "output_tokens": 3},
    }  # fmt: skip
    request = WireRequest("anthropic", "POST", "/v1/messages", "", {}, json.dumps(asked).encode())
    response = WireResponse(200, {"content-type": "application/json"}, json.dumps(answer).encode())
    path = folder / "lab.hidden.json"
    write(path, [Recording(request, response, cell="ask-hidden")], provenance=Provenance("offline", ""))
    return str(path)


@pytest.fixture(scope="module")
def graded(code_cell: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The graded notebook of a hand-in that does everything wrong; its answers would show what hidden checks hold."""
    hidden = [
        code_cell(f"{name}-hidden", f"### BEGIN HIDDEN TESTS\n{text}\n### END HIDDEN TESTS", points=1)
        for name, text in HIDDEN.items()
    ]
    cells = [
        code_cell("given", GIVEN), code_cell("code", LEARNER, solution=True),
        code_cell("where-check", 'assert where() == "x"', points=1), *hidden,
    ]  # fmt: skip
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    job = Job(
        "ann/lab", "ann", "lab", notebook, dict.fromkeys(["where-check", *(f"{name}-hidden" for name in HIDDEN)], 1.0),
        tools=(GIVEN,), gateway=GatewayTerms(cassettes=(recorded(tmp_path_factory.mktemp("cassettes")),)),
        own_timeouts_s={"hangs-hidden": 1.0},
    )  # fmt: skip
    with ExaminerProcess(workers=1) as examiner:
        return marked(examiner.examine(job))


def test_a_page_shows_nothing_of_hidden_checks(graded: dict[str, Any], feedback_page: PageOf) -> None:
    """Whatever learner code does with an input or a recorded answer, and however the check ends."""
    page = feedback_page(graded)
    assert SECRET not in page
    assert "271828" not in page, "what a comparison expected"
    assert "HIDDEN" not in page
    for place in ("/lab-", "-packages/", sys.prefix, sys.base_prefix, str(ROOT)):
        assert place not in page


def test_a_page_says_what_to_mend(graded: dict[str, Any], feedback_page: PageOf) -> None:
    """Each check has its own words: the instructor's, the error's class, the clock's, the missing recording's."""
    said = {
        cell["id"].removesuffix("-hidden"): (mark["status"], mark["message"])
        for cell in graded["cells"]
        if "grade_id" in (mark := cell["metadata"].get("coreskills", {}))
    }
    ended = "The program ended in the middle of this check (exit, crash, or out of memory)."
    assert {name: said[name] for name in HIDDEN if name != "embed"} == {
        "wrong": ("failed", "wrong(text) gives lower case"),
        "quotes": ("failed", "Your code raised ValueError in this check."),
        "names": ("failed", "Your code raised LookupError in this check."),
        "validates": ("failed", "Your code raised ValidationError in this check."),
        "zeros": ("failed", "A comparison in this check did not hold."),
        "ask": ("failed", "Your code raised RuntimeError in this check."),
        "hangs": ("timed_out", "The check ran out of time."),
        "leaves": ("crashed", ended),
    }
    assert said["embed"][0] == "no_recording"
    page = feedback_page(graded)
    assert "no vector is recorded for 1 of its texts" in page or "nothing was recorded for this endpoint" in page
    assert "Some cells ran out of time or memory; the other cells were graded all the same." in page
    assert "nothing.txt" in page, said["where-check"]
    assert "sandbox" not in page
