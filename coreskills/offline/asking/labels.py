"""Which labels the prompt offers, and how it describes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from coreskills.offline.asking.markup import Block
from coreskills.offline.banks import words_of

MAX_LABELS, MAX_NAME = 40, 40
_BULLET = re.compile(r"^[ \t]*(?:[-*•+]|\d{1,2}[.)])[ \t]+(\S.*)$")
_DESCRIBED = re.compile(
    r"^[\"'`*]*(\w[\w /&+.-]{0,39}?)[\"'`*]*[ \t]*(?::|[ \t][-\u2013\u2014=][ \t]|[ \t]?\()[ \t]*(.+)$"
)
_PLAIN_DESCRIBED = re.compile(
    r"^[\"'`*]*([A-Za-z][\w-]{0,30}(?: [\w-]{1,20}){0,2})[\"'`*]*[ \t]*(?::|[ \t][-\u2013\u2014=][ \t])[ \t]*(\S.{5,})$"
)
_INSTRUCTION = re.compile(
    r"(?i)^(answer|use|be|do|don't|reply|respond|return|give|write|keep|only|never|always|"
    r"output|if|when|no|please|ignore|cite|say|"
    r"start|end|read|think|make|avoid|include|question|text|ticket|review|message|label|answer with|json|context)\b"
)
_RULES_HEAD = re.compile(
    r"(?i)\b(rules?|instructions?|guidelines?|format|requirements?|constraints?|steps|"
    r"notes?|fields|keys|examples?)\b[^\n]{0,40}:?\s*$"
)
_NAMED = re.compile(
    r"\b(?:labels?|categor(?:y|ies)|classes|options|intents?|topics?|sentiments?|choices)\b"
    r"[^:\n.?]{0,40}:[ \t]*\[?([^\n\]]+)",
    re.I,
)
_CUED = re.compile(
    r"\b(?:labels?|categor(?:y|ies)|class(?:es)?|options|intents?|topics?|choices|values|"
    r"tags|departments?|teams?|queues?|folders?|buckets?|boxes|"
    r"one of|either|following|possible|allowed|sentiments?|into|as|these|between|among|"
    r"choose|pick|decide|from|classify|sort|label|route|tag|assign)\b[^:\n.?]{0,60}:[ \t]*\[?([^\n\]]+)",
    re.I,
)
_BRACKETED = re.compile(r"[\[({]([^\[\](){}\n]{3,240})[\])}]")
_TERM = r"[\"'`*“]*\w[\w&+'-]*(?:[ ][\w&+'-]+){0,3}[\"'`*”]*"
_CHAIN = re.compile(
    rf"({_TERM}(?:[ ]*[,/|][ ]*{_TERM}){{0,20}}[ ]*,?[ ]*(?:\bor\b|\bversus\b|\bvs\.?|/|\|)[ ]*{_TERM})"
    rf"|\b(?:between|into|labels|classes|categories|options|choices|among|as)[ ]+(?:are[ ]+)?"
    rf"({_TERM}(?:[ ]*,[ ]*{_TERM}){{0,20}}[ ]*,?[ ]*\band\b[ ]*{_TERM})",
    re.I,
)
_SPLIT = re.compile(r"\s*(?:,|\||/|;|\bor\b|\band\b|\bversus\b|\bvs\b\.?)\s*")
_LEAD = words_of("lead")
IMPLIED: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"\bsentiment|\b(positive|negative) (review|feedback|opinion)", ("positive", "negative", "neutral")),
    (
        r"\b(is|as|detect|check for|filter|contains?) (this |it |a )?(\w+ )?spam\b|\bspam (or|filter|detect|check)",
        ("spam", "not spam"),
    ),
    (r"\btoxic|\bhate speech|\boffensive\b", ("toxic", "not toxic")),
    (r"\burgen(t|cy)\b|\bpriority\b", ("high", "medium", "low")),
)


def find_labels(order: str, marked: list[Block], schema: Mapping[str, Any] | None) -> dict[str, str]:
    """Label names to descriptions ("" where none) from schema, tags, lists or running text; ``{}`` when none."""
    return _enum(schema) or _tagged(marked) or _named(order) or _listed(order) or _inline(order)


def implied_labels(order: str) -> dict[str, str]:
    """The usual labels of a task that needs no list ("What is the sentiment?")."""
    low = order.lower()
    return next((dict.fromkeys(names, "") for pattern, names in IMPLIED if re.search(pattern, low)), {})


def _enum(schema: Mapping[str, Any] | None) -> dict[str, str]:
    properties = (schema or {}).get("properties")
    for spec in properties.values() if isinstance(properties, Mapping) else ():
        if isinstance(spec, Mapping):
            inner = spec.get("items") if isinstance(spec.get("items"), Mapping) else spec
            values = inner.get("enum") if isinstance(inner, Mapping) else None
            if isinstance(values, list) and len(values) >= 2:
                return dict.fromkeys(map(str, values), "")
    return {}


def _tagged(marked: list[Block]) -> dict[str, str]:
    for block in marked:
        if block.name in ("labels", "categories", "classes", "intents", "topics", "options"):
            lines = [line.strip().lstrip("-*• ") for line in block.body.splitlines() if line.strip()]
            if len(lines) > 1:
                pairs = [_pair(line) for line in lines]
                return {name: text for name, text in pairs if name}
            return dict.fromkeys(split_list(lines[0]), "") if lines else {}
    return {}


def _pair(line: str) -> tuple[str, str]:
    match = _DESCRIBED.match(line)
    if match:
        return match[1].strip(), match[2].strip().rstrip(")").strip()
    return line.strip("\"'`*. "), ""


def _listed(order: str) -> dict[str, str]:
    """The best block of list lines whose heads are names; of several blocks the longest."""
    best: dict[str, str] = {}
    for head, lines in _list_blocks(order):
        if _RULES_HEAD.search(head) and not re.search(r"(?i)label|categor|class|intent|topic", head):
            continue
        pairs = [_pair(line) for line in lines]
        found = {name: text for name, text in pairs if name and len(name.split()) <= 4 and len(name) <= MAX_NAME}
        orders = sum(bool(_INSTRUCTION.match(line)) and not text for line, (_, text) in zip(lines, pairs, strict=True))
        arrows = any(re.search(r"->|=>|→", line) for line in lines)
        if (
            len(found) == len(lines)
            and not arrows
            and orders <= len(lines) // 3
            and len(best) < len(found) <= MAX_LABELS
        ):
            best = found
    return best


def _list_blocks(order: str) -> list[tuple[str, list[str]]]:
    """Runs of at least two bullet lines, or of ``name: description`` lines, each with the line above it."""
    out: list[tuple[str, list[str]]] = []
    run: list[str] = []
    head, kind = "", ""
    for line in [*order.splitlines(), ""]:
        bullet = _BULLET.match(line)
        plain = None if bullet else _PLAIN_DESCRIBED.match(line.strip())
        if plain and (_INSTRUCTION.match(plain[1]) or len(plain[1].split()) > 2):
            plain = None
        now = "bullet" if bullet else "plain" if plain else ""
        if run and now != kind:
            if len(run) >= (2 if kind == "bullet" else 3):
                out.append((head, run))
            run = []
        if now:
            run.append(bullet[1].strip() if bullet else line.strip())
        elif line.strip():
            head = line.strip()
        kind = now
    return out


def _named(order: str) -> dict[str, str]:
    """``Labels: a, b, c`` on one line; it wins over any list of lines, which may be items."""
    for match in _NAMED.finditer(order):
        if names := split_list(re.split(r"\.(?:\s|$)|\n|\?", match[1])[0]):
            return dict.fromkeys(names, "")
    return {}


def _inline(order: str) -> dict[str, str]:
    for match in _CUED.finditer(order):
        if names := split_list(re.split(r"\.(?:\s|$)|\n|\?", match[1])[0]):
            return dict.fromkeys(names, "")
    for match in _BRACKETED.finditer(order):
        is_aside = re.match(r"(?i)e\.?g|i\.e|for example|such as|max|about", match[1]) or '":' in match[1]
        if not is_aside and (names := split_list(match[1])):
            return dict.fromkeys(names, "")
    for sentence in re.split(r"(?<=[.?!:\n])\s+", order):
        for match in _CHAIN.finditer(sentence[:400]):
            if names := _trimmed(match[1] or match[2]):
                return dict.fromkeys(names, "")
    return {}


def split_list(text: str) -> list[str]:
    """A list of short names, or ``[]`` when it is not one."""
    text = re.sub(r"[\[\]\"`*“”]|(?<!\w)'|'(?!\w)", "", text.strip().rstrip(".?!: "))
    parts = [part.strip() for part in _SPLIT.split(text) if part.strip()]
    fits = 2 <= len(parts) <= MAX_LABELS and all(len(part) <= MAX_NAME and len(part.split()) <= 4 for part in parts)
    if fits and not any(
        _INSTRUCTION.match(part) and len(part.split()) > 1 and not part.lower().startswith("no") for part in parts
    ):
        return list(dict.fromkeys(parts))
    return []


def _trimmed(chain: str) -> list[str]:
    """The names of a chain like "is this text positive or negative for us": the words around it fall off."""
    quoted = re.findall(r"[\"'`*“](\w[\w &+-]{0,39})[\"'`*”]", chain)
    if len(quoted) >= 2:
        return quoted
    parts = [part.split() for part in _SPLIT.split(chain) if part.strip()]
    if len(parts) < 2:
        return []
    while len(parts[0]) > 1 and parts[0][0].lower() in _LEAD:
        parts[0] = parts[0][1:]
    middle = max((len(part) for part in parts[1:-1]), default=1)
    parts[0] = parts[0][-middle:]
    last = parts[-1]
    negated = last[0].lower() in ("not", "non", "no") and len(last) > 1
    parts[-1] = last[: max(middle, 2 if negated else 1)]
    names = [" ".join(part).strip("\"'`*“”") for part in parts]
    if any(name.lower() in _LEAD or len(name) > MAX_NAME for name in names) or len(set(names)) < 2:
        return []
    is_quotient = "/" in chain and len(names) == 2 and all(name.isdecimal() for name in names)
    return [] if is_quotient and set(names) != {"0", "1"} else names  # "144 / 12" offers no choice, "0/1" does
