"""This course's own labs, graded by stock nbgrader and by the examiner from the same recordings: the same points."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from coreskills.checking.variants import apply, blank, read_source, read_variants
from coreskills.course import Lab, load_course
from coreskills.examiner.grading import grade_many
from coreskills.examiner.pool import Pool
from coreskills.examiner.terms import Terms, terms_of
from coreskills.gateway.app import Gateway, create_app
from coreskills.gateway.keys import KeyStore
from coreskills.gateway.serve import GatewayServer
from coreskills.ledger import Ledger
from coreskills.offline.models import OfflineModels

ROOT = Path(__file__).parents[2]
COURSE = load_course(ROOT)
PYTHON = {"display_name": "Python 3", "language": "python", "name": "python3"}  # stock nbgrader starts stock kernels
LABS = ["0-1-start-here", "b1-1-first-call"]


def hand_ins(lab: Lab) -> dict[str, Any]:
    """The reference, the empty one, the toy, and every bad and other good solution that the lab is proved with."""
    source = read_source(COURSE, lab)
    rows = {"reference": source, "empty": blank(source)}
    rows |= {variant.name.replace("_", "-"): apply(variant, source) for variant in read_variants(COURSE, lab)}
    for notebook in rows.values():
        notebook.metadata["kernelspec"] = PYTHON
    return rows


@contextmanager
def replaying(terms: Terms, lab: Lab) -> Iterator[dict[str, str]]:
    """A gateway of one hand-in's own, and the environment that points a kernel to it."""
    assert terms.gateway is not None
    keys, ledger = KeyStore("sqlite://"), Ledger("sqlite://")
    gateway = Gateway(keys=keys, ledger=ledger, models=OfflineModels(None))
    cassettes = [Path(path) for path in terms.gateway.cassettes]
    key = keys.mint(learner="stock", lab=lab.id, backend="replay", cassettes=cassettes, free_form=lab.free_form)
    with GatewayServer(create_app(gateway)) as server:
        yield {
            "ANTHROPIC_BASE_URL": server.url, "ANTHROPIC_API_KEY": key, "OPENAI_BASE_URL": f"{server.url}/v1",
            "OPENAI_API_KEY": key, "CORESKILLS_GATEWAY_URL": server.url, "CORESKILLS_LAB": lab.id,
        }  # fmt: skip
    gateway.close()


@pytest.mark.full
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", LABS)
def test_a_lab_of_ours_scores_as_in_stock_nbgrader(
    name: str, course_at: Callable[..., Any], tmp_path: Path, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cell by cell, for every hand-in that the lab is proved with; hidden checks and their recordings included."""
    lab = COURSE.lab(name)
    course = course_at(tmp_path, lab=name)
    notebooks = hand_ins(lab)
    shutil.copytree(COURSE.source(name).parent, tmp_path / "source" / name)
    (tmp_path / "source" / name / f"{name}.ipynb").write_text(json.dumps(notebooks["reference"]))
    course.write_config(examined=False)
    course.nbgrader("generate_assignment", name)
    for learner, notebook in notebooks.items():
        course.hand_in(learner, json.loads(json.dumps(notebook)))
    terms = terms_of(COURSE, lab)
    rows = grade_many(course.folders, name, terms=terms, pool=pool)
    assert [row.error for row in rows] == [None] * len(notebooks)
    ours = course.scores()
    for learner in notebooks:
        with replaying(terms, lab) as environment:
            for variable, value in environment.items():
                monkeypatch.setenv(variable, value)
            course.nbgrader("autograde", name, "--force", "--student", learner)
    stock = course.scores()
    print({learner: (_sum(ours[learner]), _sum(stock[learner])) for learner in stock})
    assert {learner: (ours[learner], stock[learner]) for learner in stock if ours[learner] != stock[learner]} == {}
    assert len(stock) == len(notebooks)


def _sum(cells: dict[str, tuple[float | None, bool]]) -> float:
    return sum(score or 0.0 for score, _ in cells.values())
