"""The cell note: one quiet line under a cell that made calls. Says what it cost, and how much is left."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from coreskills_widgets.format import badge_words, counted, duration, money, tokens
from coreskills_widgets.kernel.client import Row
from coreskills_widgets.widgets.spend import cost_words, total_words
from coreskills_widgets.widgets.tries import is_failed, tries_by_call

# Requests that make no model work: they are listed, but not what a learner means by a call.
_NO_MODEL = ("models", "messages/count_tokens", "messages/batches/read", "messages/batches/results", "responses/read")
_MOST_ROWS = 50


@dataclass
class Attempted:
    """One call as the learner made it: the tries of an SDK that tried again belong together."""

    tries: list[Row]

    @property
    def last(self) -> Row:
        return self.tries[-1]

    @property
    def has_failed(self) -> bool:
        return is_failed(self.last)

    @property
    def story(self) -> str:
        """``429, tried again, worked``; empty when there is nothing to tell."""
        told = [_outcome(row) for row in self.tries if is_failed(row)]
        if not told:
            return ""
        if not self.has_failed:
            return f"{', '.join(dict.fromkeys(told))}, tried again, worked"
        return told[-1] if len(self.tries) == 1 else f"{told[-1]} after {len(self.tries)} tries"


def _outcome(row: Row) -> str:
    status = int(row.get("status") or 0)
    if status == 418:
        return "no recording"
    return str(status) if status >= 400 else "the answer broke off"


@dataclass
class Note:
    """What one cell's calls came to.

    Attributes:
        left_usd: ``None`` where there is no budget.
    """

    calls: list[Attempted]
    n_free: int
    left_usd: Decimal | None
    rows: list[Row]

    @classmethod
    def of(cls, rows: Sequence[Row], status: Row) -> Note:
        """Sum up the rows of one cell."""
        worked = [row for row in rows if row.get("endpoint") not in _NO_MODEL]
        budget = status.get("budget_usd")
        left = None if budget is None else Decimal(budget) - Decimal(status.get("spent_usd") or "0")
        return cls([Attempted(tries) for tries in tries_by_call(worked)], len(rows) - len(worked), left, list(rows))

    def parts(self) -> list[str]:
        """The line's parts, in order."""
        found = (self._counts(), self._tokens(), self._cost(), self._left(), self._source(), self.trouble())
        return [part for part in found if part]

    def text(self) -> str:
        """The line as plain text."""
        return "  ".join(self.parts())

    def trouble(self) -> str:
        """``1 of 2 calls failed: 429, tried again, worked``; empty when all went well at once."""
        stories = Counter(call.story for call in self.calls if call.story)
        if not stories:
            return ""
        words = [story if times == 1 else f"{story} ({times} times)" for story, times in stories.items()]
        return f"{stories.total()} of {counted(len(self.calls), 'call')} failed: {'; '.join(words)}"

    def _counts(self) -> str:
        if not self.calls:
            return f"{counted(self.n_free, 'request')} that cost nothing"
        retries = sum(len(call.tries) - 1 for call in self.calls)
        again = f" ({retries} tried again)" if retries else ""
        return counted(len(self.calls), "call") + again

    def _tokens(self) -> str:
        read, written = (
            sum(int(row.get(name) or 0) for row in self.rows) for name in ("input_tokens", "output_tokens")
        )
        return f"{tokens(read)} in, {tokens(written)} out" if read or written else ""

    def _cost(self) -> str:
        rows = [row for call in self.calls for row in call.tries]
        return total_words(rows) if rows else ""

    def _left(self) -> str:
        if self.left_usd is None:
            return ""
        if self.left_usd <= 0:
            return "budget spent: calls are refused (429) from now on"
        return f"{money(str(self.left_usd))} left"

    def _source(self) -> str:
        sources = Counter(str(row.get("source")) for row in self.rows if row.get("source"))
        words = badge_words(sources)
        return f"{words} (nothing charged)" if words and not sources.get("live") else words

    def html(self) -> str:
        """The line with a fold-out table; no script, colours of the theme, wraps at any width."""
        line = " &ensp; ".join(_unbroken(part) for part in self.parts())
        return (
            f"<div class='jp-coreskills-note' style='{_LINE}'><details><summary style='cursor:pointer'>{line}</summary>"
            f"{self._table()}</details></div>"
        )

    def _table(self) -> str:
        head = "".join(f"<th scope='col' style='{_CELL}'>{name}</th>" for name in _COLUMNS)
        shown = self.rows[-_MOST_ROWS:]
        body = "".join(f"<tr>{''.join(_table_cell(text) for text in _table_row(row))}</tr>" for row in shown)
        cut = (
            f"<div>{len(self.rows) - len(shown)} earlier ones are not shown.</div>"
            if len(shown) < len(self.rows)
            else ""
        )
        hint = f"<div>To read one: <code>%coreskills trace {shown[-1].get('id')}</code></div>" if shown else ""
        return f"<table style='{_TABLE}'><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{cut}{hint}"


_SHORT = 32


def _unbroken(part: str) -> str:
    """A part of the line; a number stays with its word, a sentence may go on below."""
    style = " style='white-space:nowrap'" if len(part) <= _SHORT else ""
    return f"<span{style}>{html.escape(part)}</span>"


_COLUMNS = ("Call", "Model", "Status", "Tokens", "Cost", "Time", "Source")
_LINE = (
    "border-left:2px solid var(--jp-border-color1,#bdbdbd);padding-left:8px;font-size:var(--jp-ui-font-size1,12px);"
    "color:var(--jp-ui-font-color2,#616161);background:var(--jp-layout-color0,transparent);line-height:1.5"
)
_TABLE = "font-size:inherit;color:inherit;border-collapse:collapse;margin:4px 0"
_CELL = "text-align:left;padding:2px 12px 2px 0;font-variant-numeric:tabular-nums;vertical-align:top"


def _table_row(row: Row) -> tuple[str, ...]:
    return (
        str(row.get("id", "")),
        str(row.get("model") or row.get("endpoint") or ""),
        _outcome(row) if is_failed(row) else "worked",
        f"{tokens(int(row.get('input_tokens') or 0))} in, {tokens(int(row.get('output_tokens') or 0))} out",
        cost_words(row),
        duration(row.get("latency_ms")) + (" (recorded)" if row.get("source") == "recorded" else ""),
        str(row.get("source") or ""),
    )


def _table_cell(text: str) -> str:
    return f"<td style='{_CELL}'>{html.escape(text)}</td>"
