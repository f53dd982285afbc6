"""Filling fields from a text; what the text does not say stays null, except that the weak tier invents some."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from coreskills.offline.forms import as_json
from coreskills.offline.seeded import uniform
from coreskills.offline.skills import values
from coreskills.offline.task import Answer, Task
from coreskills.offline.tiers import Tier

_KINDS = (
    (r"e-?mail", "email"), (r"phone", "phone"), (r"order (number|id|no)", "order_number"),
    (r"\bdates?\b", "date"), (r"amounts?|prices?|costs?|totals?", "amount"),
    (r"\b(people|persons?|names?)\b", "names"), (r"places?|cities|city|locations?", "city"),
    (r"compan(y|ies)|organi[sz]ations?", "company"), (r"products?", "product"),
)  # fmt: skip
MAX_DEPTH = 4


def run(task: Task, tier: Tier) -> Answer:
    """Fill the schema's or the prompt's fields; without any, name the kinds of things asked for."""
    text = task.item or task.last
    properties = (task.schema or {}).get("properties")
    if isinstance(properties, Mapping) and properties:
        filled = fill(task.schema or {}, text, tier)
        return Answer(as_json(filled, task, tier, seed=text[:500]), notes={"fields": list(properties)})
    keys = task.keys or [name for pattern, name in _KINDS if re.search(pattern, task.order.lower())]
    if not keys:
        if task.schema is not None:
            return Answer(as_json({"text": text[:500]}, task, tier, seed=text[:500]), notes={"fields": ["text"]})
        return Answer(
            "Which fields shall I fill? Name them, for instance: JSON with the keys name, date, amount.",
            notes={"asked_back": True},
        )
    out = {key: _value(key, {"type": "array"} if _wants_many(task, key) else {}, text, tier) for key in keys}
    if task.form == "json" or task.keys:
        single = len(keys) == 1 and _wants_many(task, keys[0]) and re.search(r"(?i)json (array|list)", task.order)
        return Answer(as_json(out[keys[0]] if single else out, task, tier, seed=text[:500]), notes={"fields": keys})
    return Answer(_plain(out), notes={"fields": keys})


def fill(schema: Mapping[str, Any], text: str, tier: Tier, depth: int = 0) -> dict[str, Any]:
    """An object that obeys the schema as far as the text allows; what is required and missing is empty of its type."""
    out: dict[str, Any] = {}
    required = set(schema.get("required", []))
    for key, spec in (schema.get("properties") or {}).items():
        spec = _resolved(spec if isinstance(spec, Mapping) else {}, schema)
        if spec.get("type") == "object" and depth < MAX_DEPTH:
            out[key] = fill({**spec, "$defs": schema.get("$defs", {})}, text, tier, depth + 1)
            continue
        value = _value(key, spec, text, tier)
        out[key] = value if value is not None else _empty(spec, required=key in required)
        if value is None and key not in required and not _nullable(spec):
            del out[key]
    return out


def _value(key: str, spec: Mapping[str, Any], text: str, tier: Tier) -> Any:
    value = values.value_of(key, spec, text, tier)
    invents = tier.level == 1 and value is None and spec.get("type", "string") == "string" and not spec.get("enum")
    return "unknown" if invents and uniform("invent", key, text[:500]) < 0.5 else value


def _resolved(spec: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow ``$ref`` into ``$defs`` and take the first real member of ``anyOf``."""
    reference = spec.get("$ref")
    if isinstance(reference, str):
        found = (schema.get("$defs") or schema.get("definitions") or {}).get(reference.rsplit("/", 1)[-1])
        return found if isinstance(found, Mapping) else {}
    options = spec.get("anyOf") or spec.get("oneOf")
    if isinstance(options, list):
        real = [option for option in options if isinstance(option, Mapping) and option.get("type") != "null"]
        merged = dict(_resolved(real[0], schema)) if real else {}
        if len(real) < len(options):
            merged["nullable"] = True
        return {**merged, "description": spec.get("description", merged.get("description", ""))}
    return spec


def _nullable(spec: Mapping[str, Any]) -> bool:
    kind = spec.get("type")
    return bool(spec.get("nullable")) or (isinstance(kind, list) and "null" in kind)


def _empty(spec: Mapping[str, Any], *, required: bool) -> Any:
    if _nullable(spec) or not required:
        return None
    if isinstance(spec.get("enum"), list) and spec["enum"]:
        return spec["enum"][-1]
    return {"number": 0, "integer": 0, "boolean": False, "array": [], "object": {}}.get(
        str(spec.get("type", "string")), ""
    )


def _wants_many(task: Task, key: str) -> bool:
    low = task.order.lower()
    return key == "names" or (len(task.keys) <= 1 and bool(re.search(r"\b(all|every|each|list)\b", low)))


def _plain(out: dict[str, Any]) -> str:
    lines = []
    for key, value in out.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else value
        lines.append((key, "not in the text" if shown in (None, "") else str(shown)))
    if len(lines) == 1:
        return lines[0][1]
    return "\n".join(f"{key.replace('_', ' ')}: {shown}" for key, shown in lines)
