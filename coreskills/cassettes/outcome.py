"""What a request finds: a recorded answer, or a miss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from coreskills.cassettes.entry import Entry
from coreskills.cassettes.recording import Fault
from coreskills.wire.http import WireRequest, WireResponse

Tier = Literal["exact", "same prompt", "cause", "anchor", "composed"]


@dataclass(frozen=True)
class Hit:
    """A recorded answer that fits.

    Attributes:
        tier: How request and recording agree.
        interaction: Its place in ``cassette``; ``None`` when composed from several.
        notes: What differs, for the instructor.
        fault: The answer must fail to arrive: hold it (``timeout``), or break off after the body (``drop``).
    """

    response: WireResponse
    tier: Tier
    interaction: int | None
    cassette: str
    notes: tuple[str, ...] = ()
    fault: Fault | None = None


@dataclass(frozen=True)
class Miss:
    """No recorded answer fits.

    Attributes:
        reason: One clause, for learner and instructor.
        nearest: The recording most like the request.
        learner_message: Says what to change; quotes nothing recorded.
        instructor_view: Names the nearest recording, with a diff.
        response: What the client gets: 418 in the provider's shape, not to be retried.
        cause: The test call that was running.
    """

    request: WireRequest
    reason: str
    nearest: Entry | None
    learner_message: str
    instructor_view: str
    response: WireResponse
    cause: str | None = None
