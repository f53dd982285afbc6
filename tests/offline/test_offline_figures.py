"""The figures that the labs may promise, on sets that nobody tuned on."""

from __future__ import annotations

import pytest

from coreskills.bench import Figure
from coreskills.bench.offline import label_figures, reading_figures, routing_figures
from coreskills.offline.models import OfflineModels


def by_name(figures: list[Figure]) -> dict[str, Figure]:
    """Figures by their name."""
    return {figure.name: figure for figure in figures}


@pytest.mark.slow
def test_described_labels_beat_bare_ones(models: OfflineModels) -> None:
    """Writing what a label means gains accuracy, and a larger model is better."""
    figures = by_name(label_figures(models, "final"))
    for tier in ("small", "medium", "large"):
        figure = figures[f"labels described, {tier} tier"]
        assert figure.reference is not None
        assert figure.value > figure.reference
    ordered = figures["bare labels, large tier against small"]
    assert ordered.value > (ordered.reference or 0)


@pytest.mark.slow
def test_only_the_right_document_gives_the_right_answer(models: OfflineModels) -> None:
    """At least 85 % with it, nothing without."""
    assert all(figure.ok for figure in reading_figures(models, "final"))


@pytest.mark.slow
def test_fresh_wordings_are_understood(models: OfflineModels) -> None:
    """At least 85 % of wordings never seen before."""
    assert routing_figures(models, "final")[0].ok
