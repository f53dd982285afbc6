"""Choosing a tool and filling its arguments, and telling what tools answered."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from coreskills.offline.forms import as_json
from coreskills.offline.prompt import Tool
from coreskills.offline.seeded import gauss
from coreskills.offline.skills import extract, values
from coreskills.offline.task import Answer, Task
from coreskills.offline.tiers import Tier
from coreskills.offline.vectors import Embedder

DECIMALS = 4
_LEAST = (0.10, 0.20, 0.22)  # a tool less near than this is not called, by tier
_CHEAP = re.compile(r"id|date|currency|city|location|place|mail|phone|amount|number|name", re.I)


def run(task: Task, embedder: Embedder, tier: Tier) -> Answer | None:
    """A call, a question for what is missing, or ``None`` when no tool fits."""
    tools, asked = task.prompt.tools, task.last[:4000]
    forced = task.prompt.tool_choice
    chosen = next((tool for tool in tools if tool.name == forced), None)
    if chosen is None:
        scores = _scores(tools, asked, embedder, tier)
        best = int(scores.argmax())
        if forced != "any" and scores[best] < _LEAST[tier.level - 1]:
            return None
        chosen = tools[best]
    arguments = _arguments(chosen, asked, task, tier)
    required = [str(key) for key in chosen.schema.get("required", [])]
    missing = [key for key in required if arguments.get(key) is None]
    is_forced = forced == "any" or forced == chosen.name
    if missing and not is_forced and tier.level >= 2:
        wanted = ", ".join(key.replace("_", " ") for key in missing)
        return Answer(
            f"To use {chosen.name} I need: {wanted}. Please tell me.", notes={"asked_back": True, "tool": chosen.name}
        )
    properties = chosen.schema.get("properties") or {}
    filled = {
        key: value if value is not None else _placeholder(properties.get(key, {}))
        for key, value in arguments.items()
        if value is not None or key in required
    }
    return Answer(calls=((chosen.name, filled),), notes={"tool": chosen.name})


def _scores(
    tools: tuple[Tool, ...], asked: str, embedder: Embedder, tier: Tier
) -> np.ndarray[Any, np.dtype[np.float64]]:
    described = [f"{re.sub(r'[_-]+', ' ', tool.name)}. {tool.description[:600]}" for tool in tools]
    near = (embedder(described) @ embedder.one(asked)).astype(float)
    low = asked.lower()
    for i, tool in enumerate(tools):
        properties, required = tool.schema.get("properties") or {}, tool.schema.get("required", [])
        telling = [
            k
            for k in required
            if k in properties and (_CHEAP.search(k) or properties[k].get("type") in ("number", "integer"))
        ]
        found = [k for k in telling if values.value_of(k, properties[k], asked, tier) is not None]
        near[i] += (0.0, 0.06, 0.10)[tier.level - 1] * len(found) / max(1, len(required))
        named = re.sub(r"[_-]+", " ", tool.name).lower()
        near[i] += 0.3 if tool.name.lower() in low or (len(named) > 5 and named in low) else 0.0
        near[i] += gauss("tool", asked, tool.name) * tier.label_noise * 0.5
    return np.asarray(np.round(near, DECIMALS))


def _arguments(tool: Tool, asked: str, task: Task, tier: Tier) -> dict[str, Any]:
    schema = tool.schema
    out: dict[str, Any] = {}
    text = asked
    said = [said for role, said in task.history if role == "user"]
    for key, spec in (schema.get("properties") or {}).items():
        spec = spec if isinstance(spec, Mapping) else {}
        if spec.get("type") == "object":
            out[key] = extract.fill(spec, text, tier)
            continue
        value = values.value_of(key, spec, text, tier)
        if value is None and re.search(r"(?i)expression|formula|calculation", key):
            value = text
        for earlier in reversed(said[-3:]):
            if value is None:
                value = values.value_of(key, spec, earlier, tier)
        out[key] = value
    return out


def _placeholder(spec: Mapping[str, Any]) -> Any:
    """What a forced call sends for a value nobody gave."""
    if isinstance(spec.get("enum"), list) and spec["enum"]:
        return spec["enum"][0]
    return {"number": 0, "integer": 0, "boolean": False, "array": [], "object": {}}.get(
        str(spec.get("type", "string")), "unknown"
    )


def report(task: Task, tier: Tier) -> Answer:
    """Tell what the tools answered, in the form the prompt asks for."""
    if task.schema is not None and task.schema.get("properties"):
        joined = "\n".join(text for text, _ in task.results)
        return Answer(
            as_json(extract.fill(task.schema, joined, tier), task, tier, seed=joined[:300]),
            notes={"results": len(task.results)},
        )
    told = []
    for text, failed in task.results:
        shown = _told(text)
        told.append(f"The tool failed: {shown}" if failed else f"The tool returned: {shown}")
    return Answer(
        " ".join(line if line.endswith((".", "!", "?")) else f"{line}." for line in told),
        notes={"results": len(task.results)},
    )


def _told(text: str) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text.strip()[:4000]
    if isinstance(value, dict):
        return "; ".join(f"{key.replace('_', ' ')}: {_short(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return "; ".join(_short(inner) for inner in value[:50])
    return str(value)


def _short(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
