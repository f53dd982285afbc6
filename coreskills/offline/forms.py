"""Putting a value into JSON the way a model of some tier would."""

from __future__ import annotations

import json

from coreskills.offline.seeded import uniform
from coreskills.offline.task import Task
from coreskills.offline.tiers import Tier


def as_json(value: object, task: Task, tier: Tier, *, seed: str) -> str:
    """The value as JSON; asked for loosely, weaker tiers wrap it in prose and a fence.

    With a schema or a prefilled ``{`` every tier answers bare JSON: the providers enforce it too.
    """
    text = json.dumps(value, ensure_ascii=False)
    if task.schema is not None or task.prefill:
        return text
    share = (0.92, 0.99, 1.0)[tier.level - 1] if task.strict_form else (0.45, 0.75, 0.95)[tier.level - 1]
    if uniform("json", seed) < share:
        return text
    return f"Here is the JSON:\n```json\n{text}\n```"
