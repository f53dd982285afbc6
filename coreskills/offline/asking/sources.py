"""Documents in the prompt, and the question about them."""

from __future__ import annotations

import re
from itertools import islice

from coreskills.offline.asking.markup import Block, Field, blocks, without
from coreskills.offline.banks import words_of
from coreskills.offline.language import questions
from coreskills.offline.task import Source

MOST_HEADS = 20  # each is looked for in what stands before it
SOURCE_TAGS = words_of("source_tags")
GROUP_TAGS = words_of("group_tags")
_NUMBERED = re.compile(
    r"^[ \t]*(?:[-*][ \t]+)?(?:\[(?:(?:source|document|doc|chunk|passage)[ \t#]*)?(?P<a>[\w.-]{1,40})\]"
    r"|\((?P<d>\d{1,3})\)"
    r"|(?:#{1,4}[ \t]*)?(?:source|document|doc|passage|chunk|excerpt|context)[ \t]*\#?(?P<b>\w{1,12})[ \t]*"
    r"(?:\((?P<t>[^()\n]{1,80})\)[ \t]*)?[:.)\-]"
    r"|(?P<c>\d{1,3})[.)])[ \t]*(?P<rest>.*)$",
    re.I,
)
_STOPS = re.compile(
    r"^[ \t]*(?:#{1,4}[ \t]*|\*\*)?(?:question|q|task|user question|customer question|"
    r"instructions?|answer)\b[ \t]*(?:\*\*)?[:\n]?",
    re.I,
)
_ASKS = re.compile(r"(?i)^(who|what|when|where|which|how|why|whose|is|are|does|do|did|can|could|may|will)\b")
_ORIGIN = re.compile(
    r"[(\[]([^()\[\]\n]{1,80})[)\]][:,]?\s+|([\w -]{1,60}\.(?:pdf|md|txt|html?|docx?)[^:\n]{0,30}):\s+", re.I
)
_INLINE = re.compile(r"[.!?] +(?:context|notes|faq|policy|facts|manual|handbook|knowledge)[ \t]*:[ \t]+", re.I)
_HEADED = re.compile(r"^[ \t]*([A-Za-z]{3,20})[ \t]*:[ \t]*(?=\S+[ \t]\S+[ \t]\S)", re.M)
_NEXT_NAME = re.compile(r"(?<=[.!?]) +[A-Z][a-z]{1,20}:[ \t]")
_INTRODUCED = re.compile(r"^(?:text|passage|article|notes|(?:here (?:is|are)|this is)\b[^\n.:!?]{0,60})\s*:\s*", re.I)
_TITLE = re.compile(r"^(?:title|source|file|name)\s*[:=]\s*(.{1,80})\n", re.I)


def find_sources(text: str, marked: list[Block], named: list[Field]) -> list[Source]:
    """The documents of a message: tags first, then numbered blocks, then a part called ``Context:``."""
    return _tagged(marked) or _numbered(text) or _contexts(named)


def _tagged(marked: list[Block]) -> list[Source]:
    inner = [block for block in marked if block.name in SOURCE_TAGS]
    # A document whose <source> is only a file name is one document, not two.
    outer = [b for b in inner if not any(o.start < b.start and b.end < o.end and o.name in SOURCE_TAGS for o in inner)]
    outer.sort(key=lambda block: block.start)
    out: list[Source] = []
    for block in outer or [block for block in marked if block.name in GROUP_TAGS]:
        is_group = not outer or (len(outer) == 1 and block.name in ("context", "knowledge", "data", "background"))
        if is_group and (several := _numbered(block.body)):
            out.extend(several)
            continue
        out.append(_one(block, len(out) + 1))
    return out


def _one(block: Block, number: int) -> Source:
    body, title = block.body, block.attributes.get("title", "")
    parts = blocks(body)
    held = next((p for p in parts if p.name in ("document_content", "content", "text", "body")), None)
    named = next((p for p in parts if p.name in ("title", "source", "name")), None)
    if named and len(named.body) < 120:
        title = title or named.body
    if held:
        body = held.body
    elif parts:
        body = without(body, [p for p in parts if p.name in ("title", "source", "name", "page", "score", "id")]).strip()
    identity = next(
        (
            block.attributes[key]
            for key in ("id", "index", "n", "number", "doc", "name", "source")
            if key in block.attributes
        ),
        "",
    )
    if match := _TITLE.match(body):
        title, body = title or match[1].strip(), body[match.end() :]
    return Source(identity or str(number), title, body)


def _numbered(text: str) -> list[Source]:
    """``[1] ...``, ``Source 2: ...`` or ``1. ...`` lines, each with what follows it; ``[]`` for a mere list."""
    found: list[tuple[str, str, list[str]]] = []
    bare_numbers = 0
    for line in text.splitlines():
        match = _NUMBERED.match(line)
        if match:
            bare_numbers += match["c"] is not None
            found.append((match["a"] or match["b"] or match["c"] or match["d"], match["t"] or "", [match["rest"]]))
        elif found and _STOPS.match(line):
            break
        elif found:
            found[-1][2].append(line)
    out: list[Source] = []
    for identity, title, lines in found:
        body = "\n".join(lines).strip()
        head, _, rest = body.partition("\n")
        if rest.strip() and len(head) < 90 and not re.search(r"[.!?]$", head.strip()):
            title, body = title or head.strip(" ()*:-"), rest.strip()
        if len(out) == len(found) - 1:
            body = _drop_question(body)
        if not title and (origin := _ORIGIN.match(body)):
            title, body = (origin[1] or origin[2]).strip(), body[origin.end() :]
        out.append(Source(identity, title, body, is_marked=bare_numbers < len(found)))
    if not found or (bare_numbers == len(found) and (len(found) < 2 or sum(len(s.text.split()) >= 5 for s in out) < 2)):
        return []
    return [source for source in out if len(source.text.split()) >= 2]


def _drop_question(body: str) -> str:
    """The last block of a message often ends with the question itself."""
    paragraphs = re.split(r"\n\s*\n", body)
    while len(paragraphs) > 1 and (
        questions(paragraphs[-1]) or re.match(r"(?i)\s*(answer|please|using|reply|give|use)\b", paragraphs[-1])
    ):
        paragraphs.pop()
    return "\n\n".join(paragraphs).strip()


def _contexts(named: list[Field]) -> list[Source]:
    for field in named:
        if (
            field.name
            in (
                "context",
                "documents",
                "document",
                "source",
                "sources",
                "passage",
                "policy",
                "article",
                "facts",
                "notes",
            )
            and field.value
        ):
            if several := _numbered(field.value):
                return several
            body = _drop_question(field.value)
            parts = [part.strip() for part in re.split(r"\n\s*\n", body) if part.strip()]
            return [Source(str(i), "", part) for i, part in enumerate(parts, 1)]
    return []


def inline_sources(text: str) -> list[Source]:
    """What follows ``Notes:`` or ``FAQ:`` in the middle of a line, up to the next such name."""
    match = _INLINE.search(text)
    if match is None:
        return []
    body = _NEXT_NAME.split(text[match.end() :].split("\n", 1)[0], maxsplit=1)[0].strip()
    return [Source("1", "", body, is_marked=False)] if len(body.split()) >= 3 else []


def named_sources(text: str) -> list[Source]:
    """``Leaflet: ...``, where the text says elsewhere that this leaflet is what it is about."""
    for match in islice(_HEADED.finditer(text), MOST_HEADS):
        if re.search(rf"(?i)\b(?:this|the|our|a) {match[1]}\b", text[: min(match.start(), 4000)]):
            return [Source("1", "", _drop_question(text[match.end() :]).strip(), is_marked=False)]
    return []


def loose_sources(text: str, *, mentions_text: bool) -> list[Source]:
    """Plain paragraphs beside a question, when the wording points at a text ("according to the passage below")."""
    if not mentions_text:
        return []
    asked = questions(text)
    rest = text
    for question in asked[:3]:
        rest = rest.replace(question, "\n\n")
    paragraphs = [p.strip() for p in re.split(r"\n\s*\n", rest) if len(p.split()) >= 6]
    pointed = re.compile(
        r"(?i)^(?:please )?(?:read|use|answer|based on|according|using|here is|given|with|"
        r"look at)\b[^\n.!?]{0,80}[:.]?$"
    )
    kept = [p for p in paragraphs if not pointed.match(p)]
    out = []
    for number, paragraph in enumerate(kept, 1):
        text = _INTRODUCED.sub("", paragraph, count=1)
        out.append(Source(str(number), "", text, is_marked=False))
    return out


def find_question(text: str, marked: list[Block], named: list[Field]) -> str:
    """What is asked: a marked question, else the last sentence with a question mark, else the end of the message."""
    tagged = [b for b in marked if b.name in ("question", "query", "user_question", "q", "user_query")]
    if tagged:
        return tagged[-1].body
    held = [f for f in named if f.name in ("question", "query") and f.value]
    if held:
        value = held[-1].value
        return re.split(r"\n\s*\n", value)[0].strip()
    plain = without(text, [b for b in marked if b.name in SOURCE_TAGS | GROUP_TAGS])
    asked = questions(plain)
    if asked:
        return re.sub(r"(?is)^.{0,80}?\b(?:question|answer this|tell me)\s*:\s*", "", asked[-1]).strip()
    last = plain.strip().rsplit("\n", 1)[-1].strip()
    if _ASKS.match(last) and len(last.split()) <= 25 and last[-1:] not in ".:!":
        return f"{last}?"  # learners often leave the mark out
    return plain.strip()[-300:].strip()
