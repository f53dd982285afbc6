"""What answers learners' calls in this classroom."""

from __future__ import annotations

import os
from collections.abc import Mapping

from coreskills.errors import CourseError
from coreskills.gateway.keys import BackendName

PROVIDER_KEY = "_API_KEY"  # how the variables with providers' keys end: the course service alone gets them


def backend(environment: Mapping[str, str] = os.environ) -> BackendName:
    """The offline models, unless ``CORESKILLS_BACKEND`` says ``live``.

    Raises:
        CourseError: It says anything else, or there is no provider's key to work live with.
    """
    told = environment.get("CORESKILLS_BACKEND") or "offline"
    if told == "offline":
        return "offline"
    if told != "live":
        raise CourseError(f"CORESKILLS_BACKEND is {told!r}.", fix="set it to offline or live")
    if not any(environment.get(f"CORESKILLS_{name}{PROVIDER_KEY}") for name in ("ANTHROPIC", "OPENAI", "COHERE")):
        raise CourseError(
            "CORESKILLS_BACKEND is live, but there is no provider's key, so nothing could answer.",
            fix="set CORESKILLS_ANTHROPIC_API_KEY or CORESKILLS_OPENAI_API_KEY, or leave CORESKILLS_BACKEND away",
        )
    return "live"


def without_provider_keys(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of processes that call no provider."""
    return {name: value for name, value in environment.items() if not name.endswith(PROVIDER_KEY)}
