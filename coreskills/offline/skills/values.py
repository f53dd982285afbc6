"""One value for a named field, read from a text: an e-mail address, a date, an amount, a name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from coreskills.offline.banks import words_of
from coreskills.offline.language import MONTHS, NUMBER_WORDS
from coreskills.offline.tiers import Tier

_MONTH = "|".join(MONTHS)
_CURRENCIES = {
    "usd": "USD", "dollar": "USD", "$": "USD", "eur": "EUR", "euro": "EUR", "€": "EUR",
    "gbp": "GBP", "pound": "GBP", "£": "GBP",
    "yen": "JPY", "jpy": "JPY", "chf": "CHF", "franc": "CHF",
}  # fmt: skip
_CURRENCY = r"usd|dollar|eur|euro|gbp|pound|yen|jpy|chf|franc"
_AMOUNT = r"\d{1,3}(?:[ ,.]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d{1,2})?"
_MONEY = re.compile(rf"[€$£]\s?(?P<a>{_AMOUNT})|(?P<b>{_AMOUNT})\s?(?:€|\$|£|(?:{_CURRENCY})s?\b)", re.I)
_NAME = re.compile(
    r"\b(?:[A-Z][a-z'\u2019-]+)(?: (?:[A-Z][a-z'\u2019-]+|[A-Z]\.|de|van|von))*(?: [A-Z][a-z'\u2019-]+)?"
)
_SIGNED = re.compile(
    r"(?i:\b(?:my name is|this is|i am|i'm|name:|signed,?|from:|regards,?|wishes,?|thanks,?|sincerely,?|cheers,?))\s+"
    r"([A-Z][\w'\u2019-]+(?: [A-Z][\w'\u2019-]+){0,2})"
)
# A single capitalised word at a sentence's start is a name where somebody does what people do.
_SUBJECT = re.compile(
    r"(?:^|[.!?:\n])\s*([A-Z][a-z'\u2019-]+)"
    r"(?:,? (?:aged )?\d{1,3}\b| (?:is (?:an? )?\d{1,3}\b|turned \d|lives|lived|works|worked|said|says|wrote)\b)"
)
_NO_NAME = words_of("no_name") | {month.title() for month in MONTHS}
_PLACE = re.compile(r"\b(?:in|from|to|at|near|for|of)\s+([A-Z][\w'\u2019-]+(?: [A-Z][\w'\u2019-]+){0,2})")


def value_of(key: str, spec: Mapping[str, Any], text: str, tier: Tier) -> Any:
    """The value of a field by its name, type and description; ``None`` when the text has none."""
    text = text[:20_000]
    hint = f"{key} {spec.get('description', '')}".lower().replace("_", " ").replace("-", " ")
    kind = spec.get("type")
    kind = next((k for k in kind if k != "null"), "string") if isinstance(kind, list) else kind
    if isinstance(spec.get("enum"), list):
        return _of_enum(spec["enum"], text)
    if kind == "array":
        return _many(hint, spec, text)
    if kind == "boolean":
        return _truth(hint, text)
    for pattern, reader in _READERS:
        if re.search(pattern, hint):
            found = reader(key, text, tier)
            return _typed(found, kind) if found is not None else None
    if kind in ("number", "integer"):
        return _typed(_number(hint, text), kind)
    if re.search(
        r"summary|problem|description|text|query|message|topic|subject|title|issue|question|"
        r"content|body|note|reason|request",
        hint,
    ):
        return _gist(text)
    return _after_name(key, text) or _proper(text)


def _of_enum(options: list[Any], text: str) -> Any:
    low = text.lower()
    hits = [
        (at.start(), option) for option in options if (at := re.search(rf"\b{re.escape(str(option).lower())}\b", low))
    ]
    return min(hits, key=lambda hit: hit[0])[1] if hits else None


def _many(hint: str, spec: Mapping[str, Any], text: str) -> list[Any] | None:
    inner = spec.get("items") if isinstance(spec.get("items"), Mapping) else {}
    if isinstance(inner, Mapping) and isinstance(inner.get("enum"), list):
        return [o for o in inner["enum"] if re.search(rf"\b{re.escape(str(o).lower())}\b", text.lower())]
    if re.search(r"mail", hint):
        return emails(text)
    if re.search(r"phone", hint):
        return phones(text)
    if re.search(r"date|day", hint):
        return dates(text)
    if re.search(r"price|amount|number|cost", hint):
        return [_parsed(m["a"] or m["b"]) for m in _MONEY.finditer(text)]
    return names(text)


def _truth(hint: str, text: str) -> bool:
    topic = [w for w in re.findall(r"[a-z]{4,}", hint) if w not in ("whether", "true", "false", "does", "this", "that")]
    low = text.lower()
    return any(re.search(rf"\b{re.escape(w[:6])}", low) for w in topic)


def emails(text: str) -> list[str]:
    """E-mail addresses, in order, each once."""
    return list(dict.fromkeys(re.findall(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+", text)))


def phones(text: str) -> list[str]:
    """Telephone numbers as written."""
    return list(
        dict.fromkeys(
            m.strip()
            for m in re.findall(r"(?<![\w-])\+?\d[\d ()/-]{6,18}\d\b", text)
            if len(re.sub(r"\D", "", m)) >= 7 and not re.fullmatch(r"\d{4}-\d\d-\d\d", m.strip())
        )
    )


def dates(text: str) -> list[str]:
    """Dates, as YYYY-MM-DD."""
    found: list[tuple[int, str]] = []
    for m in re.finditer(r"\b(\d{4})-(\d\d)-(\d\d)\b", text):
        found.append((m.start(), m[0]))
    for m in re.finditer(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\.? (?:of )?({_MONTH})(?:,? (\d{{4}}))?\b", text, re.I):
        found.append((m.start(), _iso(m[3], MONTHS[m[2].lower()], int(m[1]))))
    for m in re.finditer(rf"\b({_MONTH}) (\d{{1,2}})(?:st|nd|rd|th)?(?:,? (\d{{4}}))?\b", text, re.I):
        found.append((m.start(), _iso(m[3], MONTHS[m[1].lower()], int(m[2]))))
    for m in re.finditer(r"\b(\d{1,2})[/.](\d{1,2})[/.](\d{4})\b", text):
        found.append((m.start(), _iso(m[3], int(m[2]), int(m[1]))))
    return list(dict.fromkeys(value for _, value in sorted(found)))


def _iso(year: str | None, month: int, day: int) -> str:
    return f"{year or '----'}-{month:02}-{day:02}"


def names(text: str) -> list[str]:
    """Runs of capitalised words that are not at a sentence's start, unless they are two or more."""
    out = []
    for match in _NAME.finditer(text):
        name = match[0].strip()
        first = name.split()[0]
        starts = match.start() == 0 or text[: match.start()].rstrip()[-1:] in (".", "!", "?", "\n", ":", "")
        if first in _NO_NAME:
            name = " ".join(name.split()[1:])
            starts = False
        if name and name.split()[0] not in _NO_NAME and not (starts and " " not in name):
            out.append(name)
    return list(dict.fromkeys(out))


def _email(key: str, text: str, tier: Tier) -> str | None:
    return next(iter(emails(text)), None)


def _phone(key: str, text: str, tier: Tier) -> str | None:
    return next(iter(phones(text)), None)


def _currency(key: str, text: str, tier: Tier) -> str | None:
    found = [_CURRENCIES[m.lower()] for m in re.findall(rf"(?i)\b({_CURRENCY})s?\b|([€$£])", text) for m in m if m]
    if re.search(r"target|^to\b|^to_|into|dest", key):
        into = re.search(rf"(?i)(?:how many|to|into|in)\s+({_CURRENCY})s?\b", text)
        return _CURRENCIES[into[1].lower()] if into and tier.level >= 2 else (found[1] if len(found) > 1 else None)
    near = _MONEY.search(text)
    if near and tier.level >= 2:
        mark = re.search(rf"(?i){_CURRENCY}|[€$£]", near[0])
        return _CURRENCIES[mark[0].lower()] if mark else None
    return found[0] if found else None


def _date(key: str, text: str, tier: Tier) -> str | None:
    found = dates(text)
    if found:
        return found[0]
    loose = re.search(
        r"(?i)\b(today|tomorrow|yesterday|tonight|next \w+day|(?:mon|tues|wednes|thurs|fri|"
        r"satur|sun)day)\b",
        text,
    )
    return loose[0] if loose else None


def _code(key: str, text: str, tier: Tier) -> str | None:
    word = re.sub(r"[_-]", " ", key).split()[0]
    after = re.search(
        rf"(?i)\b{re.escape(word)}\w*\s*(?:number|id|no\.?|nr\.?|code)?\s*(?:is|:|#|=)?\s*#?([A-Z]{{0,5}}-?\d[\w-]{{1,20}})",
        text,
    )
    found = after[1] if after else next(iter(re.findall(r"\b[A-Z]{1,5}-?\d[\d-]{1,20}\b", text)), None)
    found = found or next(iter(re.findall(r"#(\w{2,20})", text)), None)
    return found or next(iter(re.findall(r"\b\d{5,12}\b", text)), None)


def _money(key: str, text: str, tier: Tier) -> float | int | None:
    match = _MONEY.search(text)
    if match is None:
        return _number(key, text) if tier.level == 1 else None
    if "total" in key and tier.level >= 2:
        total = re.search(rf"(?i)total[^\d€$£]{{0,30}}[€$£]?\s?({_AMOUNT})", text)
        if total:
            return _parsed(total[1])
    return _parsed(match["a"] or match["b"])


def _person(key: str, text: str, tier: Tier) -> str | None:
    if tier.level >= 2 and (match := _SIGNED.search(text)) and match[1].split()[0] not in _NO_NAME:
        return match[1]
    found = names(text)
    if whole := next((name for name in found if " " in name), None):
        return whole
    if (subject := _SUBJECT.search(text)) and subject[1] not in _NO_NAME:
        return subject[1]
    return found[0] if found else None


def _place(key: str, text: str, tier: Tier) -> str | None:
    match = next((m for m in _PLACE.finditer(text) if m[1].split()[0] not in _NO_NAME), None)
    if match:
        return match[1]
    return next((name for name in names(text)), None)


def _time(key: str, text: str, tier: Tier) -> str | None:
    match = re.search(r"\b\d{1,2}[:.]\d\d(?: ?[ap]m)?\b|\b\d{1,2} ?[ap]m\b", text, re.I)
    return match[0] if match else None


def _number(hint: str, text: str) -> float | int | None:
    """The number that stands next to a word of the field's name, else the first one."""
    for word in re.findall(r"[a-z]{3,}", hint):
        near = re.search(
            rf"(?i)\b(\d+(?:[.,]\d+)?)\s*(?:\w+\s+){{0,2}}{re.escape(word[:5])}|{re.escape(word[:5])}\w*\D{{0,15}}?(\d+(?:[.,]\d+)?)",
            text,
        )
        if near:
            return _parsed(near[1] or near[2])
    match = re.search(r"(?<![\w-])\d+(?:[.,]\d+)?(?![\w-])", text)
    if match:
        return _parsed(match[0])
    word = re.search(rf"(?i)\b({'|'.join(w for w in NUMBER_WORDS if w != 'one')})\b", text)
    return NUMBER_WORDS[word[1].lower()] if word else None


def _parsed(raw: str) -> float | int:
    """1,234.50 and 1.234,50 alike; whole numbers stay whole."""
    raw = raw.replace(" ", "")
    tail = re.search(r"[.,](\d{1,2})$", raw)
    whole = re.sub(r"[.,]", "", raw[: tail.start()] if tail else raw)
    value = float(f"{whole}.{tail[1]}" if tail else whole)
    return int(value) if value == int(value) and not tail else value


def _gist(text: str) -> str | None:
    short = re.sub(
        r"(?i)^(please )?(can you |could you )?(open|file|log|create|send|search|look up|"
        r"find|make)\b.{0,40}?\b(ticket|issue|for|about|message|note)\b[:,]?\s*(about |for )?",
        "",
        text.strip(),
    )
    return short.strip()[:2000] or None


def _after_name(key: str, text: str) -> str | None:
    """``key: value`` in the text, or "key is value"."""
    name = re.escape(re.sub(r"[_-]+", " ", key).lower())
    match = re.search(rf"(?i)\b{name}\s*(?:is|was|:|=)\s*([^\n.,;]{{1,80}})", text)
    return match[1].strip(" \"'") if match else None


def _proper(text: str) -> str | None:
    quoted = re.search(r"[\"“]([^\"”\n]{2,80})[\"”]", text)
    return quoted[1] if quoted else next(iter(names(text)), None)


def _typed(value: Any, kind: str | None) -> Any:
    if kind == "integer" and isinstance(value, float):
        return int(value)
    if kind == "string" and isinstance(value, int | float):
        return str(value)
    if kind in ("number", "integer") and isinstance(value, str):
        digits = re.sub(r"[^\d.,]", "", value)
        return _parsed(digits.strip(".,")) if digits.strip(".,") else None
    return value


_READERS = (
    (r"e ?mail", _email),
    (r"phone|\btel\b|mobile", _phone),
    (r"currency", _currency),
    (r"\bdate\b|\bday\b|\bwhen\b|deadline|\bdue\b|birthday|\bon\b$", _date),
    (r"\btime\b|\bhour\b", _time),
    (r"amount|price|total|cost|\bfee\b|\bsum\b|budget|salary|refund", _money),
    (r"\b(id|number|reference|code|sku|ref)\b|order no", _code),
    (r"city|place|location|country|town|destination|origin|address|where", _place),
    (r"person|customer|\bname\b|sender|author|who\b|contact|employee|user", _person),
)
