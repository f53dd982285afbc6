"""An instructor's written recommendation for Track 3."""

from __future__ import annotations

from datetime import UTC, datetime

from coreskills.classroom.store.tables import RecommendationRow, reading, writing
from coreskills.errors import ClassroomError


class Recommendations:
    """Who was recommended, by whom and why."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url

    def write(self, learner: str, *, by: str, reason: str) -> None:
        """Recommend a learner.

        Raises:
            ClassroomError: No reason: it is what opens the door, so it must be written.
        """
        if not reason.strip():
            raise ClassroomError(f"The recommendation of {learner!r} has no reason.", fix="write why, in a sentence")
        with writing(self._url) as session:
            row = session.get(RecommendationRow, learner)
            if row is None:
                row = RecommendationRow(learner=learner)
                session.add(row)
            row.written_by, row.reason, row.written_utc = by, reason.strip(), datetime.now(UTC)

    def reason(self, learner: str) -> str:
        """Why a learner was recommended; empty for one who was not."""
        with reading(self._url) as session:
            row = session.get(RecommendationRow, learner)
            return "" if row is None else row.reason
