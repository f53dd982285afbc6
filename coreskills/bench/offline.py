"""What the offline models can do, measured on sets that nobody tuned on: `coreskills bench offline`."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from coreskills.bench import Figure
from coreskills.bench.offline_sets import Domain, Question, Which, domains, reading, sentiments, wordings
from coreskills.offline.models import OfflineModels
from coreskills.offline.prompt import Completion, Prompt, Text, Turn

TIERS = {"small": "claude-haiku-5-5", "medium": "claude-sonnet-5-5", "large": "claude-opus-5-5"}


def measure(which: Which = "final") -> list[Figure]:
    """All figures; about a minute.

    Args:
        which: ``tuning`` prints the same figures on the sets that were looked at; they flatter.
    """
    with tempfile.TemporaryDirectory() as folder:
        models = OfflineModels(Path(folder))
        try:
            figures = [*label_figures(models, which), *reading_figures(models, which), *routing_figures(models, which)]
            return [*figures, sentiment_figure(models, which), *speed_figures(models)]
        finally:
            models.close()


def say(models: OfflineModels, tier: str, user: str, system: str = "") -> Completion:
    """One call."""
    turns = (Turn("user", (Text(user),)),)
    return models.complete(Prompt(model=TIERS[tier], turns=turns, system=system, max_tokens=512))


def text_of(completion: Completion) -> str:
    """The text of an answer."""
    return "".join(block.text for block in completion.blocks if isinstance(block, Text))


def label_prompt(domain: Domain, text: str, *, described: bool, examples: int = 0) -> str:
    """A classification prompt, bare or with descriptions, with some of the domain's examples."""
    head = f"Classify the {domain.item.lower()} into one of these labels"
    if described:
        head += ":\n" + "\n".join(f"- {name}: {words}" for name, words in domain.labels.items())
    else:
        head += f": {', '.join(domain.labels)}."
    shown = "".join(f"\n\n{domain.item}: {shot}\nLabel: {label}" for label, shot in domain.examples[:examples])
    return f"{head}\nAnswer with the label only.{shown}\n\n{domain.item}: {text}\nLabel:"


def label_share(models: OfflineModels, tier: str, which: Which, *, described: bool) -> float:
    """Percent of texts whose label is the only label named in the answer."""
    hits = []
    for domain in domains(which):
        for label, text in domain.texts:
            answer = text_of(say(models, tier, label_prompt(domain, text, described=described))).lower()
            hits.append([name for name in domain.labels if name.lower() in answer] == [label])
    return 100 * sum(hits) / len(hits)


def label_figures(models: OfflineModels, which: Which) -> list[Figure]:
    """What describing the labels gains, and what a larger model gains."""
    bare = {tier: label_share(models, tier, which, described=False) for tier in TIERS}
    out = []
    for tier in ("small", "medium", "large"):
        described = label_share(models, tier, which, described=True)
        enough = tier == "large" or described >= bare[tier] + 10
        reach = "reported" if tier == "large" else ">= bare + 10 points"
        out.append(_against(f"labels described, {tier} tier", described, bare[tier], reach, enough))
    large_enough = bare["large"] >= bare["small"] + 10
    out.append(
        _against(
            "bare labels, large tier against small", bare["large"], bare["small"], ">= small + 10 points", large_enough
        )
    )
    return out


def reading_figures(models: OfflineModels, which: Which) -> list[Figure]:
    """Answers with the right document, a wrong one, and none; the worst tier counts."""
    out = []
    for context, reach, wants in (("right", ">= 85 %", 85.0), ("wrong", "0 %", 0.0), ("no", "0 %", 0.0)):
        shares = {tier: _answered(models, tier, which, context) for tier in TIERS}
        worst = min(shares.values()) if context == "right" else max(shares.values())
        ok = worst >= wants if context == "right" else worst <= wants
        out.append(
            Figure(
                f"right answers with the {context} document" if context != "no" else "right answers with no document",
                round(worst, 1),
                "%",
                None,
                None,
                reach,
                ok,
            )
        )
    refused = {tier: _refused(models, tier, which) for tier in TIERS}
    out.append(
        Figure(
            "unanswerable questions refused when told to, large tier",
            round(refused["large"], 1),
            "%",
            None,
            None,
            "reported",
            True,
        )
    )
    return out


def _answered(models: OfflineModels, tier: str, which: Which, context: str) -> float:
    documents, questions = reading(which)
    asked = [question for question in questions if question.gold]
    hits = 0
    for number, question in enumerate(asked):
        shown = _shown(documents, question, context, number)
        answer = say(
            models, tier, f"{shown}\n\nQuestion: {question.ask}".strip(), "Answer the question from the documents."
        )
        hits += _is_right(text_of(answer), question) and not answer.notes.get("abstained")
    return 100 * hits / len(asked)


def _shown(documents: dict[str, str], question: Question, context: str, number: int) -> str:
    right = [name for name, text in documents.items() if name in question.documents or _holds(text, question)]
    if context == "no":
        return ""
    if context == "right":
        return "\n".join(
            f'<document id="{name}">{documents[name]}</document>' for name in question.documents if name in documents
        ) or "\n".join(f'<document id="{name}">{documents[name]}</document>' for name in right)
    wrong = [name for name in documents if name not in right]
    name = wrong[number % len(wrong)]
    return f'<document id="{name}">{documents[name]}</document>'


def _holds(text: str, question: Question) -> bool:
    return any(
        option.lower() in text.lower() for gold in question.gold or [] for option in gold.split("|") if option != "no"
    )


def _is_right(answer: str, question: Question) -> bool:
    low = answer.lower()
    return all(
        any(
            low.startswith("no.") or low.startswith("no,") if option == "no" else option.lower() in low
            for option in gold.split("|")
        )
        for gold in question.gold or []
    )


def _refused(models: OfflineModels, tier: str, which: Which) -> float:
    documents, questions = reading(which)
    open_ended = [question for question in questions if not question.gold]
    shown = "\n".join(f'<document id="{name}">{text}</document>' for name, text in documents.items())
    told = 'Answer from the documents. If they do not contain the answer, say "I don\'t know".'
    refused = [
        say(models, tier, f"{shown}\n\nQuestion: {q.ask}", told).notes.get("abstained", False) for q in open_ended
    ]
    return 100 * sum(map(bool, refused)) / len(refused)


def routing_figures(models: OfflineModels, which: Which) -> list[Figure]:
    """Skills chosen right for free wordings, and answers that are neither right nor a question back."""
    rows = wordings(which)
    right = absurd = 0
    for row in rows:
        answer = say(models, "large", row.user, row.system)
        is_right = answer.skill in row.want
        asks_back = answer.skill == "ask_back" or answer.notes.get("asked_back") or answer.notes.get("abstained")
        right += is_right
        absurd += not is_right and not asks_back
    share = 100 * right / len(rows)
    return [
        Figure(f"free wordings understood, of {len(rows)}", round(share, 1), "%", None, None, ">= 85 %", share >= 85),
        Figure("free wordings answered absurdly", absurd, "wordings", None, None, "0", absurd == 0),
    ]


def sentiment_figure(models: OfflineModels, which: Which) -> Figure:
    """Sentiment of short texts, large tier beside small."""
    rows = sentiments(which)

    def share(tier: str) -> float:
        asked = "Is the sentiment of this review positive, negative or neutral? Answer with one word.\n\nReview: "
        return 100 * sum(text_of(say(models, tier, asked + text)).lower() == label for label, text in rows) / len(rows)

    return _against("sentiment, large tier against small", share("large"), share("small"), "reported", True)


def speed_figures(models: OfflineModels) -> list[Figure]:
    """Latency with known and with new texts, and how time grows with the input."""
    domain = domains("final")[0]
    prompts = [label_prompt(domain, text, described=True) for _, text in domain.texts]
    for prompt in prompts:
        say(models, "medium", prompt)
    known = _median_ms([partial(say, models, "medium", prompt) for prompt in prompts])
    fresh = [
        label_prompt(domain, f"{text} It is number {i}.", described=True) for i, (_, text) in enumerate(domain.texts)
    ]
    new = _median_ms([partial(say, models, "medium", prompt) for prompt in fresh])
    small, large = (_long_ms(models, n) for n in (10_000, 100_000))
    return [
        Figure("a call with known vectors", round(known, 2), "ms", None, None, "<= 20 ms", known <= 20),
        Figure("a call with a new short text", round(new, 2), "ms", None, None, "<= 120 ms", new <= 120),
        Figure(
            "100,000 characters, slowest kind",
            round(large, 1),
            "ms",
            round(small, 1),
            round(large / small, 1),
            "<= 15x the time of 10,000",
            large <= 15 * max(small, 5),
        ),
    ]


def _median_ms(calls: list[Callable[[], object]]) -> float:
    times = []
    for call in calls:
        start = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def long_inputs(n: int) -> dict[str, str]:
    """Inputs of about ``n`` characters that parsers stumble over, by name."""
    base = "The ferry leaves at nine. A ticket costs 46 euros and 20 cents, or less. "
    shapes = {
        "prose": base,
        "one word": "a",
        "spaces": " ",
        "open tags": "<document>",
        "half tags": "<a ",
        "quotes": '"',
        "fields": "Ticket: x\n",
        "numbers": "1. ",
        "bullets": "- a: b\n",
        "commas": "a, ",
        "or": "a or ",
        "arrows": "a -> b\n",
        "questions": "why? ",
        "brackets": "[1] (",
        "digits": "12,345.67 ",
        "capitals": "Ann Bell ",
        "json": '{"a": ',
        "fences": "```\n",
    }
    return {name: (shape * (n // len(shape) + 1))[:n] for name, shape in shapes.items()}


def _long_ms(models: OfflineModels, n: int) -> float:
    """Time of the slowest shape and task; each is asked once before, so vectors are known."""
    worst = 0.0
    for text in long_inputs(n).values():
        for order in (
            "Summarise this.\n\n",
            "Classify as good or bad.\n\nText: ",
            "Extract name and date as JSON.\n\n",
            "",
        ):
            for _ in range(2):
                start = time.perf_counter()
                say(models, "medium", order + text)
                spent = 1000 * (time.perf_counter() - start)
            worst = max(worst, spent)
    return worst


def _against(name: str, value: float, reference: float, reach: str, ok: bool) -> Figure:
    return Figure(
        name, round(value, 1), "%", round(reference, 1), round(value / reference, 2) if reference else None, reach, ok
    )


if __name__ == "__main__":
    import sys

    for figure in measure("tuning" if "tuning" in sys.argv[1:] else "final"):
        sys.stdout.write(json.dumps(figure.__dict__) + "\n")
