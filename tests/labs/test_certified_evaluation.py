"""What A1.1 and its notes say about the stand-ins: 18, 16 and 11 of 20 right, before calls are made to fail."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from coreskills.checking.variants import read_source
from coreskills.course import load_course
from coreskills.gateway.shapes import openai_chat
from coreskills.offline.models import OfflineModels
from coreskills.offline.prompt import Text

ROOT = Path(__file__).resolve().parents[2]
COURSE = load_course(ROOT)
FOLDER = ROOT / "source" / "a1-1-model-evaluation"


@pytest.mark.slow
def test_the_three_stand_ins_answer_as_the_notes_say() -> None:
    """By the lab's own grader and prompt; a change of the offline models that moves this needs new words in the lab."""
    cells = {cell["id"]: cell.source for cell in read_source(COURSE, COURSE.lab(FOLDER.name)).cells}
    names: dict[str, Any] = {"re": re}
    exec(cells["a11-t1-code"], names)
    exec(cells["a11-clients-code"].partition("claude =")[0], names)
    names["PAGES"] = json.loads((FOLDER / "handbook.json").read_text(encoding="utf-8"))
    exec("def prompt_for" + cells["a11-clients-code"].partition("def prompt_for")[2].partition("def seconds")[0], names)
    items = [json.loads(line) for line in (FOLDER / "questions_20.jsonl").read_text(encoding="utf-8").splitlines()]
    models = OfflineModels(None)

    def answer(model: str, item: dict[str, Any]) -> str:
        messages = [
            {"role": "system", "content": names["SYSTEM"]},
            {"role": "user", "content": names["prompt_for"](item)},
        ]
        body = {"model": model, "max_completion_tokens": 300, "messages": messages}
        prompt = openai_chat.to_prompt(openai_chat.ChatBody.model_validate(body), repetition=0)
        return "".join(block.text for block in models.complete(prompt).blocks if isinstance(block, Text))

    right = {
        model: sum(names["grade"](answer(model, item), item) for item in items)
        for model in ("gpt-5.4", "gpt-5.4-mini", "gpt-oss-20b")
    }
    assert right == {"gpt-5.4": 18, "gpt-5.4-mini": 16, "gpt-oss-20b": 11}
