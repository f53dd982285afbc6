"""Programs that learners write, run as programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from coreskills_widgets.labs import surroundings
from coreskills_widgets.labs.surroundings import Finished


def run(
    argv: Sequence[str], *, stdin: str = "", timeout_s: float = 30, env: Mapping[str, str] | None = None
) -> Finished:
    """Run a program in the notebook's folder; ``"python"`` as first word is this very Python.

    Args:
        env: Added to the environment; the gateway's address and key are in it already.
    """
    return surroundings.current().run(list(argv), stdin=stdin, timeout_s=timeout_s, env=dict(env or {}))
