"""Worked examples in the prompt, and the item that is left to do."""

from __future__ import annotations

import json
import re
from itertools import pairwise

from coreskills.offline.asking.markup import ITEM_NAMES, LABEL_NAMES, Block, Field, blocks, fences, fields, without
from coreskills.offline.task import Example, Task

_SEPARATED = re.compile(
    r"^(?:[-*•][ \t]+|\d{1,2}[.)][ \t]+)?(.{2,400}?)[ \t]*(->|=>|→|//|::|\|\||\|)[ \t]*(\S.{0,60})$"
)
_PAIRED = re.compile(
    r"^(?:[-*•][ \t]+)?[\"“'](.{2,400}?)[\"”'][ \t]*"
    r"(?:[:=\u2013-]|is|means)[ \t]*[\"'`]?([\w][\w -]{0,40}?)[\"'`]?[.]?$"
)
_QUOTED = re.compile(r"[\"“]([^\"“”\n]{4,2000})[\"”]")
_NUMBERED_ITEM = re.compile(r"^[ \t]*(?:\[?(\d{1,3})[\].):]|[-*•])[ \t]*(\S.*)$")
_OUT = LABEL_NAMES | {"answer"}
_IN = ITEM_NAMES | {"question"}


def find_examples(task: Task, marked: list[Block], named: list[Field]) -> list[Example]:
    """Pairs from ``<example>`` blocks, ``Ticket: / Label:`` or ``text -> label`` lines and earlier turns, in order."""
    out = [pair for block in marked if block.name in ("example", "shot", "sample") if (pair := _from_block(block.body))]
    out += _from_fields(named)
    if not out:
        out = _from_lines(task.system) + _from_lines(task.last)
    return out + _from_turns(task.history)


def _from_block(body: str) -> Example | None:
    inner = blocks(body)
    if len(inner) >= 2:
        first, last = inner[0], inner[-1]
        return Example(first.body, last.body)
    pairs = _from_fields(fields(body))
    return next(iter(pairs or _from_lines(body)), None)


def _from_fields(named: list[Field]) -> list[Example]:
    out = []
    for a, b in pairwise(named):
        if a.name in _IN and b.name in _OUT and a.value and b.value and a.name != "question":
            label = re.split(r"\n\s*\n|\n", b.value)[0].strip()
            if len(label) < 200:
                out.append(Example(a.value.strip(" \"'"), _label_of(label)))
    return out


def _from_lines(text: str) -> list[Example]:
    out = []
    for line in text.splitlines():
        line = line.strip()
        if not 4 < len(line) < 500:
            continue
        match = _SEPARATED.match(line)
        if match and len(match[3].split()) <= 5:
            out.append(Example(match[1].strip(" \"'"), _label_of(match[3])))
        elif (pair := _PAIRED.match(line)) and len(pair[2].split()) <= 4:
            out.append(Example(pair[1].strip(), pair[2].strip()))
    return (
        out if len(out) >= 2 or any("->" in line or "=>" in line or "→" in line for line in text.splitlines()) else []
    )


def _from_turns(history: list[tuple[str, str]]) -> list[Example]:
    out = []
    for (role, text), (next_role, reply) in pairwise(history):
        if role == "user" and next_role == "assistant" and len(reply) < 200 and len(_label_of(reply).split()) <= 4:
            out.append(Example(_bare_item(text), _label_of(reply)))
    return out


def _bare_item(text: str) -> str:
    named = [field for field in fields(text) if field.name in _IN and field.value]
    tagged = [block for block in blocks(text) if block.name in _IN]
    return tagged[-1].body if tagged else named[-1].value if named else text


def _label_of(text: str) -> str:
    """The label in a reply: of JSON the first short string."""
    text = text.strip()
    if text.startswith("{"):
        try:
            values = [value for value in json.loads(text).values() if isinstance(value, str)]
        except (ValueError, AttributeError, RecursionError):
            return text
        return values[0] if values else text
    return text.strip(" \"'`.*")


def find_item(task: Task, marked: list[Block], named: list[Field]) -> str:
    """The text to work on: a marked one, else a quoted one, else what follows the order."""
    text = task.last
    tagged = [b for b in marked if b.name in _IN | {"article", "document", "content", "transcript", "report", "data"}]
    inside = {
        id(b)
        for b in tagged
        for o in marked
        if o.name in ("example", "shot", "sample", "examples") and o.start < b.start < o.end
    }
    tagged = [b for b in tagged if id(b) not in inside]
    if tagged:
        return tagged[-1].body
    rest = without(
        text, [b for b in marked if b.name in ("example", "examples", "shot", "sample", "labels", "categories")]
    )
    if fenced := fences(rest):
        return fenced[-1].body
    held = [f for f in named if f.name in _IN | {"article", "passage", "document", "transcript"} and f.value]
    if held:
        return _cut_at_label(held[-1].value).strip(' "\n')
    return _unmarked(rest)


def _unmarked(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if not _SEPARATED.match(line.strip()) or len(line) > 500]
    text = "\n".join(lines).strip()
    head = text[:6000]
    quoted: list[str] = _QUOTED.findall(head)
    if quoted and len(quoted[-1].split()) >= 2:
        return max(quoted[-3:], key=len) if len(text) > 6000 else quoted[-1]
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]
    if len(paragraphs) > 1:
        return _body_paragraphs(paragraphs)
    if "\n" in text:
        first, rest = text.split("\n", 1)
        return rest.strip() if re.search(r"[:?.]\s*$", first) or len(first) < 120 else text
    if ": " in head:
        before, after = head.split(": ", 1)
        if len(before) < 300 and len(after.split()) >= 2:
            return (after + text[6000:]).strip()
    return text


def _body_paragraphs(paragraphs: list[str]) -> str:
    """All paragraphs but the ones that give the order (the first, or the last when it is the shorter)."""
    asks = re.compile(
        r"(?i)^(please|can you|could you|classify|summar|extract|what|which|sort|label|rate|"
        r"shorten|translate|is |in which|now|give|tell|the text above|answer|condense|list|"
        r"pull|find)\b"
    )
    first, last = paragraphs[0], paragraphs[-1]
    if (
        asks.match(last)
        and len(last) < 400
        and len(last) < len(" ".join(paragraphs[:-1]))
        and not (asks.match(first) and len(first) < 200 and len(paragraphs) > 2)
    ):
        kept = paragraphs[:-1]
        return "\n\n".join(kept[1:] if len(kept) > 1 and asks.match(kept[0]) and len(kept[0]) < 200 else kept)
    return "\n\n".join(paragraphs[1:])


def _cut_at_label(value: str) -> str:
    lines = value.splitlines()
    for i, line in enumerate(lines):
        if i and re.match(rf"(?i)^\s*(?:{'|'.join(sorted(LABEL_NAMES))}|answer)\s*:\s*$", line):
            return "\n".join(lines[:i])
    return value


def find_items(task: Task, marked: list[Block]) -> list[tuple[str, str]]:
    """Several items packed into one message: repeated tags or numbered lines; ``[]`` for a single item."""
    repeated = [b for b in marked if b.name in ITEM_NAMES]
    numbers = [b.attributes.get("id") or b.attributes.get("index") for b in repeated]
    if len(repeated) >= 2 and len({b.name for b in repeated}) == 1 and all(numbers):
        return [(str(number), b.body) for number, b in zip(numbers, repeated, strict=True)]
    matches = [_NUMBERED_ITEM.match(line) for line in task.last.splitlines() if line.strip()]
    rows = [(match[1], match[2].strip()) for match in matches if match and match[1]]
    is_list = len(rows) >= 2 and [number for number, _ in rows] == [str(i) for i in range(1, len(rows) + 1)]
    offered = {name.lower() for name in task.labels}
    is_offer = any(text.lower().startswith(tuple(offered)) and len(text.split()) <= 4 for _, text in rows)
    return rows if is_list and not is_offer else []
