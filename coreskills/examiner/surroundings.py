"""What checks ask of their surroundings, answered by the examiner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from coreskills.examiner.door import Door
from coreskills.examiner.wall import Wall
from coreskills.gateway.own_api import public_trace, row
from coreskills.ledger.call import READ_ONLY_ENDPOINTS
from coreskills_widgets.labs.surroundings import Finished, Row

MAX_FILE_BYTES = 64 * 2**20


class ExaminerSurroundings:
    """The examination under way: its gateway, the candidate's folder (our working directory), its sandbox."""

    def __init__(self, wall: Wall, door: Door | None, notebook: Row) -> None:
        self._wall, self._door, self._notebook = wall, door, notebook

    def status(self) -> Row:
        door = self._open_door()
        grant = door.gateway.keys.lookup(door.key)
        assert grant is not None
        spent = door.gateway.budgets.spent_usd(grant.learner, grant.lab)
        return {"lab": grant.lab, "learner": grant.learner, "backend": grant.backend, "spent_usd": str(spent)}

    def calls(self) -> list[Row]:
        door = self._open_door()
        calls = door.gateway.ledger.calls(key_id=door.session.key_id)
        return [row(call) for call in calls if call.endpoint not in READ_ONLY_ENDPOINTS]

    def trace(self, call_id: str) -> Row:
        trace = self._open_door().session.trace(int(call_id))
        if trace is None:
            raise RuntimeError(f"There is no trace of call {call_id}: the gateway keeps the last 200.")
        found: Row = public_trace(trace)
        return found

    def read(self, path: str) -> bytes:
        with open(path, "rb") as file:  # noqa: PTH123 - relative to the candidate's folder; its mount follows no links
            data = file.read(MAX_FILE_BYTES + 1)
        if len(data) > MAX_FILE_BYTES:
            raise OSError(f"{path} is larger than {MAX_FILE_BYTES // 2**20} MB")
        return data

    def notebook(self) -> Row:
        return self._notebook

    def run(self, argv: Sequence[str], *, stdin: str, timeout_s: float, env: Mapping[str, str]) -> Finished:
        code, out, err = self._wall.ask("program", None, list(argv), stdin.encode(), timeout_s, dict(env))
        return Finished(code, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))

    def inject(self, faults: Sequence[Mapping[str, Any]]) -> None:
        self._open_door().session.faults.set([dict(fault) for fault in faults])

    def _open_door(self) -> Door:
        if self._door is None:
            raise RuntimeError("This course grades without a gateway, so there are no calls to look at.")
        return self._door
