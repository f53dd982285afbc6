"""What form the prompt asks for: JSON or a bare label, keys, length, scale, citations, a phrase for "not found"."""

from __future__ import annotations

import re

from coreskills.offline.language import NUMBER_WORDS, number_in
from coreskills.offline.task import Limit, Task

_ONLY = re.compile(
    r"\b((?:only|just)(?! (?:from|use|using|on|if|when|in|by|the (?:numbered |given |provided )?(?:sources?|context|"
    r"documents?|information|facts|text|passages?))\b)|nothing else|one word|"
    r"single word|exactly one|no (other|extra|explanation|"
    r"prose|markdown|additional)|"
    r"without (any )?(explanation|other)|no explanation|single label|label name|and nothing more)\b"
)
_STRICT_JSON = re.compile(
    r"\b(only|nothing else|no (prose|markdown|fences?|explanation|other)|valid json|raw json|strict)\b"
)
HINTS = {
    "sarcasm": r"sarcas|irony|ironic",
    "negation": r"negat(ion|ed)|\bnot good\b|\bnegating\b",
    "contrast": r"overall|after .?but\b|with .?but\b|mixed|main point|final verdict",
    "numbers": r"(check|compare|look at|verify) (the |all |every )?(numbers|facts|figures)|\bfacts\b|"
    r"factual|contradict|correctness|accura",
    "length": r"(do not|don't|never) (reward|prefer|count|favou?r) (length|long)|ignore (the )?length|"
    r"regardless of length|length (does not|doesn't)",
    "position": r"ignore (the )?(order|position)|order (does not|doesn't) matter|regardless of (the )?order",
}
_ABSTAIN_QUOTED = re.compile(
    r"\b(?:say|answer|reply|respond|write|output|return|state|print)(?:ing)?(?: with|"
    r" exactly| only| just| back| the words?| the phrase| this)*\s*:?\s*"
    r"[\"“'`]((?:i (?:do not|don['\u2019]t|can|am|could)|not |no |unknown|n/a|none|unanswer|"
    r"insufficient|sorry|cannot|the (?:sources?|documents?|context)|"
    r"there is|information|abstain|idk)[^\"”\n`]{0,120}?)[.]?[\"”'`](?=\W|$)",
    re.I,
)
_ABSTAIN_BARE = re.compile(
    r"\b(?:say|answer|reply|respond|write|output|return)(?: with| exactly| only)*:?\s+(I (?:do not|"
    r"don['\u2019]t) know|NOT[_ ]FOUND|UNKNOWN|NO[_ ]ANSWER|N/A|ABSTAIN)\b")  # fmt: skip
_ABSTAIN_FREE = re.compile(
    r"if (?:the |none of the |no |you |it |there )[^.\n]{0,80}(?:not|n['\u2019]t|cannot|"
    r"no |lack|absent|missing|unclear)[^.\n]{0,80}(?:say so|say that|admit|tell|refuse|"
    r"decline|abstain)"
    r"|only (?:use|from|answer (?:from|using)|on) (?:the |these )?(?:given |provided |"
    r"numbered )?(?:context|sources?|documents?|passages?|information)"
    r"|(?:use|using|answer from|based on|from) only (?:the |these )?(?:given |provided |"
    r"numbered )?(?:context|sources?|documents?|passages?|information|facts)"
    r"|(?:do not|don['\u2019]t|never) (?:make (?:things|anything) up|invent|guess|"
    r"use (?:outside|other|your own) knowledge)",
    re.I,
)
_COUNT = r"(\d{1,3}|" + "|".join(NUMBER_WORDS) + r"|a single|single|a|few)"
_LIMIT = re.compile(
    rf"\b{_COUNT}(?:[ -](?:short|concise|brief|clear|main|key|full|to \w+|or \w+)){{0,2}}[ -](sentence|"
    rf"bullet|word|point|takeaway|line)s?\b",
    re.I,
)
_WORDS_AT_MOST = re.compile(
    r"\b(?:in|under|within|at most|maximum|max|no more than|fewer than|up to|about|around)\s+(?:of\s+)?(\d{1,3}) words",
    re.I,
)
_SCALE = re.compile(
    r"\b(?:from|scale of|scale from|scale|between|rating|score|rate)\s*(?:it |this |of )?(?:from |"
    r"between )?\(?(\d{1,2})\s*(?:to|-|\u2013|and|\.\.)\s*(\d{1,3})"
    r"|\b(\d)\s*(?:-|\u2013|to)\s*(\d{1,3})\b|out of (\d{1,3})\b|/\s?(5|10|100)\b",
    re.I,
)
_QUOTED_KEY = re.compile(r"[\"`']([A-Za-z_]\w{0,40})[\"`']\s*:")
_BRACE_KEYS = re.compile(r"\{([^{}\n]{1,200})\}")
_KEY_LIST = re.compile(
    r"\b(?:keys?|fields?|properties|attributes|columns|key names?)\b(?: named| called|"
    r" are| must be|,)*\s*:?\s*[\[({]?\s*"
    r"((?:[\"'`]?\w+[\"'`]?(?:\s*\([^()\n]{0,60}\))?(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s*&\s*)?){1,20})",
    re.I,
)


def find_wishes(task: Task) -> None:
    """Fill the task's form, keys, hints, abstention, citation, limit and scale from its order."""
    order = task.order
    low = order.lower()
    if task.schema is not None:
        task.form, task.strict_form = "json", True
    elif re.search(r"\bjson\b", low):
        task.form, task.strict_form = "json", bool(_STRICT_JSON.search(low))
    elif _ONLY.search(low):
        task.form = "label"
    if task.prefill.lstrip().startswith(("{", "[")):
        task.form, task.strict_form = "json", True
    task.keys = _keys(task, order)
    task.hints = {hint for hint, pattern in HINTS.items() if re.search(pattern, low)}
    task.abstain = _abstain(order)
    task.cite = bool(
        re.search(
            r"\bcit(e|es|ation|ations|ing)\b|source (id|number|name)|\bin (square )?brackets|"
            r"(like|as|with|use|using|format|e\.g\.) \[\d\]|\[n\]|\[id\]|name (the|your) sources?|with sources\b|"
            r"say which source|document id",
            low,
        )
    )
    task.limit = _limit(low)
    task.scale = _scale(low)


def _keys(task: Task, order: str) -> list[str]:
    properties = (task.schema or {}).get("properties")
    if isinstance(properties, dict) and properties:
        return list(properties)
    if task.form != "json" and not re.search(r"(?i)\b(extract|fields?|keys?)\b", order):
        return []
    quoted = list(dict.fromkeys(_QUOTED_KEY.findall(order)))
    if quoted:
        return quoted
    for match in _BRACE_KEYS.finditer(order):
        names = [part.split(":")[0].strip(" \"'`") for part in match[1].split(",")]
        if all(re.fullmatch(r"[A-Za-z_]\w*", name) for name in names):
            return names
    if listed := _KEY_LIST.search(order):
        names = [re.sub(r"\(.*?\)", "", part).strip(" \"'`.") for part in re.split(r",|\band\b|&", listed[1])]
        return [
            name
            for name in names
            if re.fullmatch(r"[A-Za-z_]\w{0,40}", name)
            and name.lower() not in ("the", "of", "as", "only", "in", "json")
        ]
    return []


def _abstain(order: str) -> str | None:
    if match := _ABSTAIN_QUOTED.search(order) or _ABSTAIN_BARE.search(order):
        return match[1].strip()
    return "" if _ABSTAIN_FREE.search(order) else None


def _limit(low: str) -> Limit | None:
    if match := _WORDS_AT_MOST.search(low):
        return Limit("words", int(match[1]))
    if match := _LIMIT.search(low):
        n = {"a single": 1, "single": 1, "a": 1, "few": 3}.get(match[1]) or number_in(match[1]) or 1
        unit = match[2]
        if unit == "word":
            return Limit("words", n) if n > 4 else None
        return Limit("sentences" if unit == "sentence" else "bullets", n)
    if re.search(r"\bbullet(s| points?| list)\b", low):
        return Limit("bullets", 3)
    return None


def _scale(low: str) -> tuple[int, int] | None:
    for match in _SCALE.finditer(low):
        a, b = (match[1] or match[3] or "1"), (match[2] or match[4] or match[5] or match[6])
        if int(a) < int(b) <= 100:
            return int(a), int(b)
    return None
