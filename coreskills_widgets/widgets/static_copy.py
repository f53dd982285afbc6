"""The script-free HTML that every widget leaves in the notebook: plain tables that inherit their colours."""

from __future__ import annotations

import html
from collections.abc import Sequence
from datetime import datetime

from coreskills_widgets.format import visible

MAX_BYTES = 50_000
MAX_ROWS = 20
_TABLE = "border-collapse:collapse;margin:4px 0;font-size:0.92em"
_LEFT = "text-align:left;padding:1px 12px 1px 0;vertical-align:top;overflow-wrap:anywhere"
_PRE = "white-space:pre-wrap;overflow-wrap:anywhere;margin:4px 0"
_RIGHT = (
    "text-align:right;padding:1px 12px 1px 0;vertical-align:top;font-variant-numeric:tabular-nums;white-space:nowrap"
)


def text(raw: object, *, limit: int | None = None) -> str:
    """Make outside text safe to stand in HTML; says how much was cut."""
    shown = visible(str(raw))
    if limit is not None and len(shown) > limit:
        cut = len(shown) - limit
        return f"{html.escape(shown[:limit])} <em>({cut:,} more characters)</em>"
    return html.escape(shown)


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[int] = ()) -> str:
    """Build a table from cells that are already safe.

    Args:
        numbers: Columns that stand to the right.
    """
    style = [_RIGHT if column in numbers else _LEFT for column in range(len(head))]
    header = "".join(f'<th scope="col" style="{style[n]}">{name}</th>' for n, name in enumerate(head))
    body = "".join(
        "<tr>" + "".join(f'<td style="{style[n]}">{cell}</td>' for n, cell in enumerate(row)) + "</tr>"
        for row in rows[:MAX_ROWS]
    )
    more = len(rows) - MAX_ROWS
    note = f"<p><em>{more:,} more: run the cell</em></p>" if more > 0 else ""
    title = f'<caption style="text-align:left;font-weight:600">{caption}</caption>'
    return f'<table style="{_TABLE}">{title}<thead><tr>{header}</tr></thead><tbody>{body}</tbody></table>{note}'


def details(summary: str, content: str) -> str:
    """Fold content that is already safe."""
    return f"<details><summary>{summary}</summary>{content}</details>"


def block(raw: object, *, limit: int) -> str:
    """Outside text with its line ends."""
    return f'<pre dir="auto" style="{_PRE}">{text(raw, limit=limit)}</pre>'


def page(title: str, sentence: str, parts: Sequence[str], *, saved: datetime) -> str:
    """Put a copy together; parts that would make it too large are left out, and it says so."""
    local = saved.astimezone()
    mark = f"saved copy, {local.day} {local:%b %H:%M}"
    head = f"<p><strong>{text(title)}</strong>: {text(sentence)} <em>({mark})</em></p>"
    size, kept = len(head.encode()), [head]
    for part in parts:
        size += len(part.encode())
        if size > MAX_BYTES:
            kept.append("<p><em>more: run the cell</em></p>")
            break
        kept.append(part)
    return f'<div class="jp-coreskills-copy">{"".join(kept)}</div>'
