"""Learner side: what runs beside learner code. Light to import: no nbgrader, vcr or LLM SDK at the top."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coreskills_widgets.widgets.cost_meter import CostMeter
    from coreskills_widgets.widgets.retrieval_viewer import RetrievalViewer
    from coreskills_widgets.widgets.trace_viewer import TraceViewer

__all__ = ["CostMeter", "RetrievalViewer", "TraceViewer"]

_WIDGETS = {"CostMeter": "cost_meter", "RetrievalViewer": "retrieval_viewer", "TraceViewer": "trace_viewer"}


def __getattr__(name: str) -> Any:
    """Import a widget when it is asked for: anywidget alone takes longer than this package may."""
    if name not in _WIDGETS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"coreskills_widgets.widgets.{_WIDGETS[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "@coreskills/lab"}]
