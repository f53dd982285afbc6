"""The calls this notebook made, as the gateway metered them: evidence that no variable can fake."""

from __future__ import annotations

import time
from typing import Any

from coreskills_widgets.labs import surroundings


def calls(*, after: int = 0, **matching: Any) -> list[dict[str, Any]]:
    """List the calls made with this notebook's key, oldest first.

    Args:
        after: Leave out this many of the oldest; ``len(calls())`` before an action shows what the action did.
        matching: Fields a call must have, such as ``model="claude-haiku-5-5"`` or ``status=200``.

    Returns:
        One dict a call: ``id, response_id, provider, endpoint, model, status, input_tokens, output_tokens, ...``.
    """
    rows = surroundings.current().calls()[after:]
    return [row for row in rows if all(row.get(name) == value for name, value in matching.items())]


def count() -> int:
    """How many calls there are so far."""
    return len(surroundings.current().calls())


def wait_for(calls_made: int, *, at_most_s: float = 5) -> None:
    """Wait until that many calls are listed: one that a client gave up is listed when its answer would have come."""
    end = time.monotonic() + at_most_s
    while count() < calls_made and time.monotonic() < end:
        time.sleep(0.05)


def request_body(call: dict[str, Any]) -> Any:
    """What was sent in one call, decoded."""
    return surroundings.current().trace(call["id"])["request"]["body"]
