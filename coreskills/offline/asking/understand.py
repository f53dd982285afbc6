"""From a prompt to a task: collect, find the parts, choose the skill."""

from __future__ import annotations

import re

from coreskills.offline.asking import routing
from coreskills.offline.asking.collect import collect
from coreskills.offline.asking.labels import find_labels, implied_labels
from coreskills.offline.asking.markup import Block, blocks, fences, fields, without
from coreskills.offline.asking.shots import find_examples, find_item
from coreskills.offline.asking.sources import (
    GROUP_TAGS,
    SOURCE_TAGS,
    find_question,
    find_sources,
    inline_sources,
    loose_sources,
    named_sources,
)
from coreskills.offline.asking.wishes import find_wishes
from coreskills.offline.prompt import Prompt
from coreskills.offline.task import Task
from coreskills.offline.vectors import Embedder

ORDER_CHARS = 8_000  # what patterns may read; orders are short, data is long
MAX_STRIPPED = 100  # sources taken out of the order; more only cost time
_POINTS_AT_TEXT = re.compile(
    r"(?i)\b(passage|the text|this text|context|article|following|below|above|based on|"
    r"according|notes|document|policy|paragraph|source|read this|report|page|handbook|manual|here (?:is|are))\b"
)
_DATA = re.compile(
    r"(?i)^(ticket|input|review|message|text|email|mail|tweet|comment|feedback|customer|"
    r"context|documents?|sources?|passage|article|transcript)$"
)


def understand(prompt: Prompt, embedder: Embedder) -> Task:
    """Read a prompt."""
    task = collect(prompt)
    marked, named = blocks(task.last), fields(task.last)
    above = blocks(task.system)
    task.question = find_question(task.last, marked, named)
    if not task.sources:
        task.sources = find_sources(task.last, marked, named) or find_sources(task.system, above, fields(task.system))
    task.order = _order(task, marked, above)
    for field in reversed(named):
        task.fields[field.name] = task.fields.get(field.name) or field.value
    for block in marked:
        task.fields[block.name] = block.body
    find_wishes(task)
    task.labels = find_labels(task.order, [*above, *marked], task.schema)
    task.examples = find_examples(task, [*above, *marked], [*fields(task.system), *named])
    if (
        not task.labels
        and task.examples
        and all(len(e.label.split()) <= 4 for e in task.examples)
        and len({e.label for e in task.examples}) >= 2
    ):
        task.labels = dict.fromkeys((e.label for e in task.examples), "")
    task.labels = task.labels or implied_labels(task.order)
    if not task.sources and task.question.endswith("?"):
        task.sources = inline_sources(task.last) or inline_sources(task.system) or named_sources(task.system)
    if not task.sources and task.question.endswith("?"):
        task.sources = loose_sources(task.last, mentions_text=bool(_POINTS_AT_TEXT.search(task.order)))
    task.item = find_item(task, marked, named)
    routing.choose(task, embedder)
    return task


def _order(task: Task, marked: list[Block], above: list[Block]) -> str:
    """What is left when the data is taken out: beginning and end of it, if it is long."""
    data = SOURCE_TAGS | GROUP_TAGS | {"example", "examples", "shot", "sample"}
    last = without(task.last, [b for b in marked if b.name in data or _DATA.match(b.name)])
    last = without(last, fences(last))
    system = without(task.system, [b for b in above if b.name in data])
    for source in task.sources[:MAX_STRIPPED]:
        if source.is_marked and source.text:
            last, system = last.replace(source.text, " "), system.replace(source.text, " ")
            if source.title:
                last = last.replace(f"({source.title})", " ")
    text = f"{_ends(system)}\n{_ends(last)}".strip()
    return text


def _ends(text: str) -> str:
    half = ORDER_CHARS // 4
    return text if len(text) <= 2 * half else f"{text[:half]}\n{text[-half:]}"
