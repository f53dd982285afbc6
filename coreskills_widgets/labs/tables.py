"""Tables of pandas that screen readers can follow."""

from __future__ import annotations

from typing import Any


def name_no_empty_heads() -> None:
    """Have notebooks show the corner of a DataFrame as an empty cell; pandas makes it a head without a name."""
    import IPython

    shell = IPython.get_ipython()
    if shell is not None:
        html = shell.display_formatter.formatters["text/html"]
        for module in ("pandas", "pandas.core.frame"):  # from pandas 3 on, and before
            html.for_type_by_name(module, "DataFrame", _as_html)


def _as_html(table: Any) -> str | None:
    made: str | None = table._repr_html_()
    return None if made is None else made.replace("<th></th>", "<td></td>")
