"""CostMeter: what did this cost, and am I within budget?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from coreskills_widgets.format import tokens
from coreskills_widgets.widgets import static_copy
from coreskills_widgets.widgets.calls_face import CallsFace
from coreskills_widgets.widgets.face import front_end
from coreskills_widgets.widgets.spend import Row, call_row, cost_column, spend_sentence, summarise

_RECENT = 20


class CostMeter(CallsFace):
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
        self._budget_usd = None if budget_usd is None else Decimal(str(budget_usd))
        self._lab = lab
        super().__init__(calls, whole_lab=True)

    def _heed(self, status: Mapping[str, Any]) -> None:
        if status.get("budget_usd") is not None:
            self._budget_usd = Decimal(str(status["budget_usd"]))
        self._lab = self._lab or str(status.get("lab") or "")

    def _draw(self, calls: Sequence[Mapping[str, Any]]) -> None:
        self._rows = [call_row(call, number=number) for number, call in enumerate(calls, start=1)]
        summary = summarise(self._rows, lab=self._lab, budget_usd=self._budget_usd)
        self.facts = {**summary, **self._facts(self._rows[-_RECENT:])}

    def _finding(self) -> str:
        return spend_sentence(self.facts)

    def static_html(self) -> str:
        """Draw the sentence, then By model and By cell."""
        parts = [
            _part_table("By model", [part["model"] for part in self.facts["by_model"]], self.facts["by_model"]),
            _part_table("By cell", [part["label"] for part in self.facts["by_cell"]], self.facts["by_cell"]),
        ]
        return static_copy.page("Cost", self.sentence(), parts if self._rows else [], saved=datetime.now(UTC))


def _part_table(caption: str, names: list[str], parts: list[Row]) -> str:
    rows = [
        [
            static_copy.text(name),
            f"{part['n_calls']:,}",
            tokens(part["input_tokens"]),
            tokens(part["output_tokens"]),
            cost,
        ]
        for name, part, cost in zip(names, parts, cost_column(parts), strict=True)
    ]
    return static_copy.table(
        caption, [caption.removeprefix("By ").capitalize(), "Calls", "In", "Out", "Cost"], rows, numbers=(1, 2, 3, 4)
    )
