"""What learners write differently from the reference: served rightly, or missed clearly, never answered wrongly."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from replay_harness import save

from coreskills.cassettes import Hit, Library, Miss, Recording, load
from coreskills.cassettes.cause import describe
from coreskills.wire.convert import to_plain
from coreskills.wire.http import WireRequest, WireResponse

INPUTS = (
    "I love this tent. It kept us dry through two storms, and I would buy it again.",
    "Zip broke on day one.",
    "Great!",
    "Not great",
    "The soup was cold, the waiter was rude; never again!",
    "The delivery was two weeks late and nobody answered my mails",
    "The delivery was two weeks late and nobody answered my mails, but the jacket is lovely",
    "Überraschend leicht & warm, «genau richtig» für den Herbst",
    "5/5 <b>would</b> recommend to friends & family",
    "Fine for the price.\nThe pegs are thin.\nThe bag is good.",
    "It is what it is, I suppose",
    "Meh",
)
LONG = [text for text in INPUTS if len(text.split()) >= 4]
LABELS = {text: f"label-{number}" for number, text in enumerate(INPUTS)}
SYSTEM = "You classify reviews of outdoor gear. Answer with one word: positive or negative."
MODEL = "claude-haiku-5-5"
JSON = {"content-type": "application/json"}

Body = dict[str, Any]


def ask(content: Any, *, system: Any = SYSTEM, before: list[Body] | None = None, **more: Any) -> Body:
    messages = [*(before or []), {"role": "user", "content": content}]
    body = {"model": MODEL, "max_tokens": 64, "messages": messages, **more}
    return {**body, "system": system} if system else body


def reference(text: str) -> Body:
    return ask(f"Classify this review.\n\nReview: {text}")


def turns(text: str, answer: str) -> list[Body]:
    return [{"role": "user", "content": f"Review: {text}"}, {"role": "assistant", "content": answer}]


def other(text: str) -> str:
    """Another of the test's inputs, which neither holds this one nor lies in it."""
    return INPUTS[0] if text != INPUTS[0] else INPUTS[4]


@dataclass(frozen=True)
class Variant:
    """One way to write it.

    Attributes:
        served: How many of the 12 inputs are answered inside the test call.
        by_anchor: How many are answered where no test call is known.
        asks: The input whose answer is right; ``None`` where no recorded answer is.
    """

    body: Callable[[str], Body]
    served: int = 12
    by_anchor: int = len(LONG) - 1  # short ones, and one that lies inside another, cannot be told apart
    asks: Callable[[str], str | None] = str
    path: str = "/v1/messages"


def nobody(text: str) -> None:
    """No recorded answer is right."""


TOOL = {"name": "label", "description": "Give the label.", "input_schema": {"type": "object", "properties": {}}}
FORMAT = {"format": {"type": "json_schema", "schema": {"type": "object", "properties": {"label": {"type": "string"}}}}}
OWN = turns("The stove works well", "positive") + turns("It leaks", "negative")


VARIANTS = {
    "the reference itself": Variant(reference, by_anchor=12),
    "other white space": Variant(lambda t: ask(f"  Classify   this review.\n\n\n\nReview:  {t}\n"), by_anchor=12),
    "blocks, not a string": Variant(
        lambda t: ask(
            [
                {"type": "text", "text": "Classify this review."},
                {"type": "text", "text": f"Review: {t}", "cache_control": {"type": "ephemeral"}},
            ],
            system=[{"type": "text", "text": SYSTEM}],
        ),
        by_anchor=12,
    ),
    "more room": Variant(lambda t: {**reference(t), "max_tokens": 1024}, by_anchor=12),
    "too little room": Variant(lambda t: {**reference(t), "max_tokens": 2}, 0, 0, nobody),
    "streamed": Variant(lambda t: {**reference(t), "stream": True}, by_anchor=12),
    "streamed and reworded": Variant(lambda t: {**ask(f"Judge this: {t}"), "stream": True}),
    "dated model name": Variant(lambda t: {**reference(t), "model": f"{MODEL}-20261021"}, by_anchor=12),
    "reworded": Variant(lambda t: ask(f"Is this customer happy or not? One word.\n---\n{t}\n---")),
    "reworded around it": Variant(lambda t: ask(f"Text:\n{t}\nAnswer positive or negative.", system="Be brief.")),
    "no system prompt": Variant(lambda t: ask(f"Classify this review.\n\nReview: {t}", system=None)),
    "system prompt moved": Variant(lambda t: ask(f"{SYSTEM}\n\nReview: {t}", system=None)),
    "own few-shot turns": Variant(lambda t: ask(f"Review: {t}", before=OWN)),
    "own few-shot in one": Variant(
        lambda t: ask(f"'The stove works well' -> positive\n'It leaks' -> negative\n'{t}' ->")
    ),
    "test input as example": Variant(lambda t: ask(f"Review: {t}", before=turns(other(t), "positive"))),
    # Might as well ask for both.
    "examples in one message": Variant(lambda t: ask(f"Example: {other(t)} -> positive\nNow: {t} ->"), 0, 0),
    "state leaked in": Variant(
        lambda t: ask(f"Review: {t}", before=[m for each in INPUTS[:2] if each != t for m in turns(each, "x")])
    ),
    "tags around it": Variant(lambda t: ask(f"<review>{html.escape(t)}</review>\nClassify the review.")),
    "as JSON": Variant(lambda t: ask(json.dumps({"task": "classify", "review": t}))),
    "upper case": Variant(lambda t: ask(f"CLASSIFY: {t.upper()}")),
    "no punctuation": Variant(lambda t: ask("Label it: " + "".join(c if c.isalnum() else " " for c in t)), by_anchor=8),
    "warmer": Variant(lambda t: {**reference(t), "temperature": 0.7}),
    "another model": Variant(lambda t: {**reference(t), "model": "claude-opus-5-5"}, 0, 0, nobody),
    "several in one call": Variant(lambda t: ask("Classify each:\n" + "\n".join(INPUTS)), 0, 0, nobody),
    "all but this one": Variant(lambda t: ask("Classify each:\n" + "\n".join(set(LONG) - {t})), 0, 0, nobody),
    "input cut short": Variant(lambda t: ask(f"Review: {t[: len(t) // 2]}"), 0, 0, nobody),
    "last word cut": Variant(lambda t: ask(f"Review: {' '.join(t.split()[:-1])}"), 0, 0, nobody),
    "input paraphrased": Variant(lambda t: ask(f"The customer says something of {len(t)} letters."), 0, 0, nobody),
    "input forgotten": Variant(lambda t: ask("Classify this review."), 0, 0, nobody),
    "wrong input sent": Variant(lambda t: ask(f"Judge: {other(t)}"), 12, 12, other),
    "a tool forced": Variant(lambda t: {**reference(t), "tools": [TOOL], "tool_choice": {"type": "any"}}, 0, 0, nobody),
    "a JSON schema": Variant(lambda t: {**reference(t), "output_config": FORMAT}, 0, 0, nobody),
    "prefilled answer": Variant(
        lambda t: {**reference(t), "messages": [*reference(t)["messages"], {"role": "assistant", "content": "It is"}]},
        0,
        0,
        nobody,
    ),
    "a turn after it": Variant(
        lambda t: ask("Why?", before=[*reference(t)["messages"], {"role": "assistant", "content": "positive"}]),
        0,
        0,
        nobody,
    ),
    "stop sequences": Variant(lambda t: {**reference(t), "stop_sequences": ["ive"]}, 0, 0, nobody),
    "input as system prompt": Variant(lambda t: ask("Classify.", system=t), 0, 0, nobody),
    "an image added": Variant(
        lambda t: ask(
            [
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}},
                {"type": "text", "text": f"Review: {t}"},
            ]
        ),
        0,
        0,
        nobody,
    ),
    "another provider": Variant(
        lambda t: {"model": "gpt-5.4-mini", "messages": [{"role": "user", "content": t}]},
        0,
        0,
        nobody,
        path="/v1/chat/completions",
    ),
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    path: Path = tmp_path_factory.mktemp("variants") / "lab.json"
    return load([save(path, [recorded(text) for text in INPUTS])])


def recorded(text: str) -> Recording:
    answer = {
        "id": f"msg_{LABELS[text]}",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": [{"type": "text", "text": LABELS[text]}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 50, "output_tokens": 4},
    }
    cause = describe("classify", [object(), text], {"labels": ["positive", "negative"]})
    return Recording(wire(reference(text)), WireResponse(200, JSON, json.dumps(answer).encode()), (cause,))


def wire(body: Body, path: str = "/v1/messages") -> WireRequest:
    provider = "anthropic" if path == "/v1/messages" else "openai"
    return WireRequest(provider, "POST", path, body=json.dumps(body).encode())


def said(request: WireRequest, hit: Hit) -> str:
    assert hit.response.is_stream == request.wants_stream, "the form that was asked"
    return str(to_plain(request, hit.response).json["content"][0]["text"])


def outcomes(library: Library, variant: Variant, *, in_test_call: bool) -> dict[str, int]:
    """How many of the 12 were served, missed, and served wrongly."""
    counts = {"served": 0, "missed": 0, "wrong": 0}
    for text in INPUTS:
        request = wire(variant.body(text), variant.path)
        cause = describe("classify", [object(), text], {"labels": ["positive", "negative"]}) if in_test_call else None
        found = library.session().find(request, cause=cause)
        if isinstance(found, Miss):
            counts["missed"] += 1
            assert found.response.status == 418
            assert found.learner_message.startswith("No recorded answer fits this call")
            assert "label-" not in found.learner_message, "a miss tells no recorded answer"
        elif (right := variant.asks(text)) is not None and said(request, found) == LABELS[right]:
            counts["served"] += 1
        else:
            counts["wrong"] += 1
    return counts


@pytest.fixture(scope="module")
def table(library: Library) -> dict[str, tuple[dict[str, int], dict[str, int]]]:
    rows = {
        name: (outcomes(library, variant, in_test_call=True), outcomes(library, variant, in_test_call=False))
        for name, variant in VARIANTS.items()
    }
    print(f"\n{'variant':26} {'in the test call':>24} {'no test call known':>24}")
    print(f"{'':26} {'served missed wrong':>24} {'served missed wrong':>24}")
    for name, pair in rows.items():
        print(f"{name:26}", *(f"{c['served']:>11}{c['missed']:>7}{c['wrong']:>6}" for c in pair))
    return rows


@pytest.mark.parametrize("name", VARIANTS)
def test_never_wrong_and_served_where_it_can_be(
    table: dict[str, tuple[dict[str, int], dict[str, int]]], name: str
) -> None:
    """Each variant is answered for as many inputs as it can be, and no answer is another input's."""
    in_call, without = table[name]
    variant = VARIANTS[name]
    assert (in_call["wrong"], without["wrong"]) == (0, 0)
    assert (in_call["served"], without["served"]) == (variant.served, variant.by_anchor)


def test_swallowing_the_error_hides_no_miss(library: Library) -> None:
    """The session keeps what was missed, whatever the learner's code does with the 418."""
    session = library.session()
    session.find(wire(ask("Tell me a story.")), cause="classify('x')")
    session.find(wire(reference(INPUTS[0])))
    assert [(miss.cause, miss.response.status) for miss in session.misses] == [("classify('x')", 418)]
