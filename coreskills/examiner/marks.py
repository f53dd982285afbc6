"""Writing an examination into its notebook: outputs that nbgrader scores as we did, and what feedback will say."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from coreskills.examiner.job import CellScore, Examination

MARK = "coreskills"
UNSAFE = (
    "**Graded without a sandbox** (`--unsafe-no-sandbox`): the hand-in's code had all rights of the grader, and could "
    "have read the tests or changed scores. Grade it again on a machine that can isolate learner code."
)


def marked(examination: Examination) -> dict[str, Any]:
    """Mark each test cell with its score; the notebook's own metadata of that name, a learner's, is dropped."""
    scores = {cell.grade_id: cell for cell in examination.cells}
    notebook = examination.notebook
    for cell in notebook["cells"]:
        grade_id = cell.get("metadata", {}).get("nbgrader", {}).get("grade_id")
        cell["metadata"].pop(MARK, None)
        if grade_id in scores and cell["cell_type"] == "code":
            cell["metadata"][MARK] = asdict(scores[grade_id])
            cell["outputs"] = scored_outputs(cell["outputs"], scores[grade_id])
    notebook.setdefault("metadata", {})[MARK] = {
        "seconds": round(examination.seconds, 3),
        "restored": list(examination.restored),
        "misses": [row["learner_message"] for row in examination.misses],
        "sandboxed": examination.sandboxed,
    }
    if not examination.sandboxed:
        notebook["cells"].insert(0, _unsafe_notice(has_ids=notebook.get("nbformat_minor", 0) >= 5))
    return notebook


def _unsafe_notice(*, has_ids: bool) -> dict[str, Any]:
    """The first cell of a notebook that was graded without a sandbox: formgrader shows it."""
    cell = {"cell_type": "markdown", "metadata": {MARK: {"sandboxed": False}}, "source": UNSAFE}
    return {**cell, "id": "coreskills-unsafe"} if has_ids else cell


def scored_outputs(outputs: list[dict[str, Any]], score: CellScore) -> list[dict[str, Any]]:
    """Rewrite a test cell's outputs so that nbgrader 0.9's own reading of them gives ``score.points``.

    nbgrader gives 0 for anything on stderr and full marks for ``nan``: stderr goes to stdout here, and a value that was
    not accepted becomes an error.
    """
    rows = []
    for output in outputs:
        if output["output_type"] == "stream" and output["name"] == "stderr":
            output = {**output, "name": "stdout"}
        rows.append(output)
    if score.points >= score.max:
        return [row for row in rows if row["output_type"] not in ("error", "execute_result")]
    if score.points > 0:
        return [row for row in rows if row["output_type"] != "error"]
    if any(row["output_type"] == "error" for row in rows):
        return rows
    text = score.note or "This check earned no points."
    return [*rows, {"output_type": "error", "ename": "NoScore", "evalue": text, "traceback": [f"NoScore: {text}"]}]
