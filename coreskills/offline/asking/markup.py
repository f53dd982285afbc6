"""Where a prompt marks its parts: tags, fences, and lines like ``Question: ...``. Every scan is linear in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from coreskills.offline.banks import words_of

ITEM_NAMES = words_of("item_names")
LABEL_NAMES = words_of("label_names")
OTHER_NAMES = words_of("other_names")
SAME = {
    "q": "question",
    "a": "answer",
    "response": "answer",
    "reply": "answer",
    "candidate": "answer",
    "completion": "answer",
    "prediction": "answer",
    "expected": "reference",
    "gold": "reference",
    "ground_truth": "reference",
    "ctx": "context",
    "knowledge": "context",
    "knowledge_base": "context",
    "kb": "context",
    "manual": "context",
    "handbook": "context",
    "information": "context",
    "info": "context",
    "background": "context",
    "faq": "context",
    "snippets": "context",
    "excerpt": "context",
    "excerpts": "context",
    "rules": "context",
}
_OPEN_DEPTH = 24  # how far back a closing tag looks for its opening: keeps garbage input linear
_TAG = re.compile(r"<(/?)([A-Za-z][\w-]{0,30})((?:\s[^<>]{0,200})?)>")
_ATTRIBUTE = re.compile(r"([\w-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_FENCE = re.compile(r"^[ \t]*(```|\"\"\"|''')[^\n]*$", re.M)
_INLINE_FENCE = re.compile(r"\"\"\"([^\"]+)\"\"\"|```([^`]+)```|'''([^']+)'''")
_NAME = r"(?P<name>[A-Za-z][A-Za-z _-]{0,30}?)[ \t]*(?P<n>\d{1,2})?"
_LINE = re.compile(
    rf"^[ \t]*(?:#{{1,5}}[ \t]*|[-*>][ \t]+)?(?:\*\*|__|\[)?{_NAME}(?:\*\*|__|\])?"
    r"[ \t]*:(?:\*\*|__)?[ \t]*(?P<rest>.*)$"
)
_HEADING = re.compile(
    r"^[ \t]*(?:#{1,5}[ \t]*(?P<name>[A-Za-z][A-Za-z _-]{0,30}?)[ \t]*(?P<n>\d{1,2})?"
    r"|\[(?P<b>[A-Za-z][A-Za-z _-]{0,30}?)[ \t]*\d{0,2}\]"
    r"|\*\*(?P<c>[A-Za-z][A-Za-z _-]{0,30}?)[ \t]*\d{0,2}\*\*)[ \t]*(?P<rest>)$"
)


@dataclass(frozen=True)
class Block:
    """One ``<name attributes>body</name>``; ``start`` and ``end`` include its tags."""

    name: str
    raw_attributes: str
    body: str
    start: int
    end: int

    @cached_property
    def attributes(self) -> dict[str, str]:
        """Attribute values by lower-case name."""
        return {name.lower(): a or b or c for name, a, b, c in _ATTRIBUTE.findall(self.raw_attributes)}


@dataclass(frozen=True)
class Field:
    """One named part: ``Name: value``, or a heading with the value under it."""

    name: str
    number: str
    value: str
    start: int
    end: int


def blocks(text: str) -> list[Block]:
    """Closed tag pairs by position of their end; inner ones come before the ones around them."""
    stack: list[re.Match[str]] = []
    out: list[Block] = []
    for match in _TAG.finditer(text):
        name = match[2].lower()
        if not match[1]:
            if not match[3].endswith("/"):
                stack.append(match)
            continue
        for i in range(len(stack) - 1, max(-1, len(stack) - 1 - _OPEN_DEPTH), -1):
            if stack[i][2].lower() == name:
                opening = stack[i]
                body = text[opening.end() : match.start()].strip()
                out.append(Block(name, opening[3], body, opening.start(), match.end()))
                del stack[i:]
                break
    return out


def fences(text: str) -> list[Block]:
    """Blocks between lines of three backticks or quotes, and such quotes within a line."""
    out = []
    opening: re.Match[str] | None = None
    for mark in _FENCE.finditer(text):
        if opening is None:
            opening = mark
        elif mark[1] == opening[1]:
            out.append(Block("fence", "", text[opening.end() : mark.start()].strip(), opening.start(), mark.end()))
            opening = None
    if not out:
        for match in _INLINE_FENCE.finditer(text):
            body = next(group for group in match.groups() if group is not None).strip()
            out.append(Block("fence", "", body, match.start(), match.end()))
    return out


def without(text: str, parts: list[Block]) -> str:
    """The text with the blocks cut out, a line break in each one's place."""
    out, at = [], 0
    for part in sorted(parts, key=lambda part: (part.start, -part.end)):
        if part.start >= at:
            out.append(text[at : part.start])
            at = part.end
    return "\n".join([*out, text[at:]])


def fields(text: str) -> list[Field]:
    """Named parts in order; a value runs until the next named part.

    A name we do not know counts as ``text`` where a label follows it ("Letter: ...", then "Label: ...").
    """
    heads: list[tuple[str, str, int, int]] = []
    at = 0
    for line in text.splitlines(keepends=True):
        match = _LINE.match(line.rstrip("\r\n")) or _HEADING.match(line.rstrip("\r\n"))
        if match:
            shown = next(group for group in match.groups() if group)
            name = _field_name(shown) or ("?" if len(shown.split()) <= 2 else None)
            if name:
                heads.append((name, match["n"] or "", at, at + match.start("rest")))
        at += len(line)
    after = [*[head[0] for head in heads[1:]], ""][: len(heads)]
    kept = [
        ("text" if head[0] == "?" else head[0], *head[1:])
        for head, following in zip(heads, after, strict=True)
        if head[0] != "?" or following in LABEL_NAMES
    ]
    ends = [*[start for _, _, start, _ in kept[1:]], len(text)][: len(kept)]
    return [
        Field(name, number, text[value:end].strip(), start, end)
        for (name, number, start, value), end in zip(kept, ends, strict=True)
    ]


def _field_name(shown: str) -> str | None:
    """The canonical name of a line's field, if it is one we know."""
    name = re.sub(r"[\s_-]+", "_", shown.strip().lower())
    words = name.split("_")
    if name in SAME:
        return SAME[name]
    if name in ITEM_NAMES | LABEL_NAMES | OTHER_NAMES:
        return name
    if words[-1] in {"a", "b"} and words[0] in {"answer", "response", "assistant", "candidate", "output"}:
        return f"answer_{words[-1]}"
    if words[-1] in {"answer", "response"}:
        gold = {"reference", "expected", "gold", "correct", "ideal", "golden", "true"}
        return "reference" if gold & set(words) else "answer"
    owners = {"the", "customer", "user", "this", "new", "support", "product", "final", "my"}
    if words[-1] in ITEM_NAMES and words[0] in owners:
        return words[-1]
    if words[-1] in {"question", "context", "answer", "label", "category"} and len(words) <= 2:
        return words[-1]
    return None
