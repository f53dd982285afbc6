"""What CostMeter and TraceViewer share: they draw the calls they are given, or follow those of this kernel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from coreskills_widgets.widgets.face import Face
from coreskills_widgets.widgets.following import follow
from coreskills_widgets.widgets.kernel_calls import GatewayAway, ask
from coreskills_widgets.widgets.spend import Row


class CallsFace(Face):
    """A widget about calls.

    Args:
        calls: One mapping a call; ``None`` follows this kernel: while a cell runs, and after each cell.
        whole_lab: Follow the calls of the learner's other kernels in this lab, too.
    """

    def __init__(self, calls: Iterable[Mapping[str, Any]] | None, *, whole_lab: bool) -> None:
        super().__init__()
        self._revision = 0
        self._following = follow(whole_lab=whole_lab) if calls is None else None
        if self._following is None:
            self.show(calls or ())
        else:
            self.refresh()
            self._following.join(self._follow)

    def show(self, calls: Iterable[Mapping[str, Any]]) -> None:
        """Draw these calls instead of those drawn so far."""
        self._revision += 1
        self._draw(list(calls))

    def refresh(self) -> None:
        """Ask the gateway again; when it is away the last values stay, with their time."""
        if self._following is not None:
            self._following.calls.refresh()
            self._follow()

    def row_detail(self, row_id: str) -> Row | None:
        """One call's request and answer, while the gateway remembers them."""
        if self._following is None:
            return None
        try:
            detail: Row = ask(f"calls/{row_id}")
        except GatewayAway:
            return None
        return detail

    def sentence(self) -> str:
        """Say the finding, or that nothing is known because the gateway is away."""
        if self.facts["state"] == "away" and not self._rows:
            return f"Not known: {self.facts['trouble']}."
        return self._finding()

    def _follow(self) -> None:
        """Draw what is known of this kernel's calls."""
        assert self._following is not None
        known = self._following.calls
        if not known.trouble or not self.facts:
            self._heed(known.status)
            self._draw(known.calls)
        if known.trouble:
            self.facts = {**self.facts, "state": "away", "trouble": known.trouble}

    def _facts(self, recent: Sequence[Row]) -> Row:
        """What the front end of each of them reads."""
        return {"state": "ok", "trouble": "", "revision": self._revision, "recent": list(recent)}

    def _heed(self, status: Mapping[str, Any]) -> None:
        """Take over what the gateway says of lab and budget; nothing, unless a widget shows them."""

    def _draw(self, calls: Sequence[Mapping[str, Any]]) -> None:
        """Set ``_rows`` and ``facts``."""
        raise NotImplementedError

    def _finding(self) -> str:
        """Say in one line what the calls came to."""
        raise NotImplementedError
