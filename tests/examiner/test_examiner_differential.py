"""Hand-ins made by mutation, graded by stock nbgrader and by the examiner: the same points in every cell."""

from __future__ import annotations

import ast
import json
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from coreskills.examiner.grading import grade_many
from coreskills.examiner.pool import Pool
from coreskills.examiner.terms import Terms

# Where stock nbgrader 0.9.6 is wrong on honest work, and we differ on purpose:
#   stderr: any text there costs a whole check its points;
#   nan, numpy numbers and numbers below 0 as a trailing value: full marks instead of none;
#   a trailing value above the maximum: the whole hand-in is not graded.
# None of the mutants below prints to stderr or ends a check with a value of the learner's, so all scores must be equal.

SECTIONS = re.split(r"^# %% (.*)$", (Path(__file__).parent / "differential_lab.py").read_text(), flags=re.MULTILINE)[1:]
TEXTS = {name: text.strip() for name, text in zip(SECTIONS[::2], SECTIONS[1::2], strict=True)}
CELLS = [(name, text) for name, text in TEXTS.items() if not name.endswith("-check")]


class Mutant(ast.NodeTransformer):
    """Changes the n-th thing of a program that can be changed.

    Attributes:
        seen: How many such things there are; read after a visit.
    """

    def __init__(self, place: int) -> None:
        self.place, self.seen = place, 0

    def _is_it(self) -> bool:
        self.seen += 1
        return self.seen - 1 == self.place

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        swaps: dict[type[ast.operator], ast.operator] = {
            ast.Add: ast.Sub(),
            ast.Sub: ast.Add(),
            ast.Div: ast.Mult(),
            ast.Mult: ast.Div(),
        }
        if self._is_it():
            node.op = swaps.get(type(node.op), ast.Add())
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        if self._is_it():
            node.ops = [ast.NotEq() if isinstance(node.ops[0], ast.Eq) else ast.GtE()]
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if self._is_it():
            return ast.Constant(f"{node.value}x" if isinstance(node.value, str) else (node.value or 0) + 1)
        return node

    def visit_Return(self, node: ast.Return) -> ast.AST:
        self.generic_visit(node)
        return ast.Pass() if self._is_it() else node

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        self.generic_visit(node)
        return ast.Pass() if self._is_it() else node

    def visit_If(self, node: ast.If) -> ast.AST:
        self.generic_visit(node)
        if self._is_it():
            node.test = ast.UnaryOp(ast.Not(), node.test)
        return node


def mutants(source: str) -> list[str]:
    """Every program that differs from ``source`` in one place."""
    counting = Mutant(-1)
    counting.visit(ast.parse(source))
    return [ast.unparse(ast.fix_missing_locations(Mutant(n).visit(ast.parse(source)))) for n in range(counting.seen)]


def hand_ins() -> Iterator[tuple[str, dict[str, str]]]:
    """Name and answers: reference, empty, toy, broken, then mutants of one cell and of several, without end."""
    reference = dict(CELLS)
    yield "reference", reference
    yield "empty", dict.fromkeys(reference, "")
    yield (
        "toy",
        {
            **reference,
            "stats-code": "def mean(values):\n    return 2",
            "retry-code": "def retry(*a):\n    return 'done'",
        },
    )
    yield "syntax", {**reference, "text-code": "def count_words(:"}
    yield "deleted", {**reference, "class-code": "del mean"}
    singles = [(name, text) for name, source in CELLS for text in mutants(source)]
    for number, (name, text) in enumerate(singles):
        yield f"one-{number:03}", {**reference, name: text}
    rng, number = random.Random(20261122), 0
    while True:
        number += 1
        chosen = dict(rng.sample(singles, 3))
        yield f"many-{number:03}", {**reference, **chosen}


def chosen(count: int) -> dict[str, dict[str, str]]:
    """The fixed ones and a seeded sample of the rest."""
    source = hand_ins()
    fixed = [next(source) for _ in range(5)]
    rest = [next(source) for _ in range(600)]
    return dict(fixed + random.Random(7).sample(rest, count - 5))


def compare(course: Any, pool: Pool, answers: dict[str, dict[str, str]]) -> None:
    for name, texts in answers.items():
        course.hand_in(name, course.answers(**{cell.replace("-", "_"): text for cell, text in texts.items()}))
    grade_many(course.folders, course.lab, terms=Terms(cell_timeout_s=20), pool=pool)
    ours = course.scores()
    course.write_config(examined=False)
    course.nbgrader("autograde", course.lab, "--force", "--create")
    stock = course.scores()
    assert len(stock) == len(answers)
    different = {name: (ours[name], stock[name]) for name in stock if ours[name] != stock[name]}
    assert different == {}, json.dumps({name: answers[name] for name in list(different)[:2]}, indent=1)


@pytest.fixture
def course(new_course: Callable[..., Any], code_cell: Callable[..., dict[str, Any]]) -> Any:
    cells = [code_cell("setup", "import numpy as np")]
    for name, source in CELLS:
        marked = f"### BEGIN SOLUTION\n{source}\n### END SOLUTION"
        cells += [code_cell(name, marked, solution=True), code_cell(f"{name}-check", TEXTS[f"{name}-check"], points=1)]
    return new_course(cells)


@pytest.mark.slow
@pytest.mark.timeout(1500)  # nbgrader needs 2 s a hand-in on a quiet machine
def test_forty_hand_ins_score_as_in_stock_nbgrader(course: Any, pool: Pool) -> None:
    """A seeded sample of forty: equal in every cell."""
    compare(course, pool, chosen(40))


@pytest.mark.full
@pytest.mark.timeout(7200)
def test_three_hundred_hand_ins_score_as_in_stock_nbgrader(course: Any, pool: Pool) -> None:
    """Three hundred and twenty: equal in every cell."""
    compare(course, pool, chosen(320))
