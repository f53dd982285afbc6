"""CostMeter: what did this cost, and am I within budget?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from coreskills_widgets.format import money_column, tokens
from coreskills_widgets.widgets import static_copy
from coreskills_widgets.widgets.face import Face, front_end
from coreskills_widgets.widgets.following import follow
from coreskills_widgets.widgets.kernel_calls import GatewayAway, ask
from coreskills_widgets.widgets.spend import Row, call_row, spend_sentence, summarise

_RECENT = 20


class CostMeter(Face):
    """Spend against a budget, by cell, by model and call by call.

    With no calls given it follows this kernel's lab: while a cell runs, and after each cell.

    Args:
        calls: One mapping a call; ``cost_usd`` is exact (str or Decimal), ``None`` where no price is known.
        budget_usd: At list price; ``None`` draws no bar.
        lab: What the calls belong to, in words.

    Example:
        >>> CostMeter([{"model": "claude-haiku-5-5", "cost_usd": "0.0042"}], budget_usd="0.50")
    """

    _esm = front_end("cost_meter")

    def __init__(
        self,
        calls: Iterable[Mapping[str, Any]] | None = None,
        *,
        budget_usd: Decimal | str | None = None,
        lab: str = "",
    ) -> None:
        super().__init__()
        self._revision = 0
        self._budget_usd = None if budget_usd is None else Decimal(str(budget_usd))
        self._lab = lab
        self._following = follow(whole_lab=True) if calls is None else None
        if self._following is not None:
            self.refresh()
            self._following.join(self._follow)
        else:
            self.show(calls or ())

    def show(self, calls: Iterable[Mapping[str, Any]]) -> None:
        """Draw these calls instead of those drawn so far."""
        self._revision += 1
        self._draw(calls)

    def _draw(self, calls: Iterable[Mapping[str, Any]]) -> None:
        self._rows = [call_row(call, number=number) for number, call in enumerate(calls, start=1)]
        summary = summarise(self._rows, lab=self._lab, budget_usd=self._budget_usd)
        self.facts = {
            **summary,
            "state": "ok",
            "revision": self._revision,
            "trouble": "",
            "recent": self._rows[-_RECENT:],
        }

    def refresh(self) -> None:
        """Ask the gateway again; when it is away the last values stay, with their time."""
        if self._following is not None:
            self._following.calls.refresh()
            self._follow()

    def _follow(self) -> None:
        """Draw what is known of this kernel's lab."""
        assert self._following is not None
        known = self._following.calls
        if known.trouble:
            if not self.facts:
                self._draw(())
            self.facts = {**self.facts, "state": "away", "trouble": known.trouble}
            return
        if known.status.get("budget_usd") is not None:
            self._budget_usd = Decimal(str(known.status["budget_usd"]))
        self._lab = self._lab or str(known.status.get("lab") or "")
        self._draw(known.calls)

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
        """Say what was spent."""
        return spend_sentence(self.facts)

    def static_html(self) -> str:
        """Draw the sentence, then By model and By cell."""
        parts = [
            _part_table("By model", [part["model"] for part in self.facts["by_model"]], self.facts["by_model"]),
            _part_table("By cell", [part["label"] for part in self.facts["by_cell"]], self.facts["by_cell"]),
        ]
        return static_copy.page("Cost", self.sentence(), parts if self._rows else [], saved=datetime.now(UTC))


def _part_table(caption: str, names: list[str], parts: list[Row]) -> str:
    costs = money_column([part["cost_usd"] for part in parts])
    rows = [
        [
            static_copy.text(name),
            f"{part['n_calls']:,}",
            tokens(part["input_tokens"]),
            tokens(part["output_tokens"]),
            cost,
        ]
        for name, part, cost in zip(names, parts, costs, strict=True)
    ]
    return static_copy.table(
        caption, [caption.removeprefix("By ").capitalize(), "Calls", "In", "Out", "Cost"], rows, numbers=(1, 2, 3, 4)
    )
