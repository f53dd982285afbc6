"""Validate: run the lab from its first cell in a fresh kernel, and see which visible checks pass."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_CELL_TIMEOUT_S = 120
_HEADING = re.compile(r"^##? (.+)$", re.MULTILINE)
_POINTS = re.compile(r" \(\d+ points?\)")
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_ERROR_CHARS = 600


async def validate(notebook: Path, *, kernels: Any) -> dict[str, Any]:
    """Run a notebook and look at its checks; the notebook on disk is not changed.

    Args:
        kernels: The server's kernel manager, so that the kernel is warm and has a key.

    Returns:
        ``checks_ok``, ``checks_n``, ``failed`` (each with title and message), ``changed`` (checks that were edited).
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    content: Any = nbformat.reads(notebook.read_text(encoding="utf-8"), as_version=4)  # type: ignore[no-untyped-call]  # nbformat has no annotations
    name = content.metadata.get("kernelspec", {}).get("name", "python3")
    kernel_id = await kernels.start_kernel(kernel_name=name, path=_relative(notebook, kernels))
    trouble = ""
    try:
        manager = kernels.get_kernel(kernel_id)
        client = NotebookClient(content, km=manager, timeout=_CELL_TIMEOUT_S, allow_errors=True)
        await client.async_execute(cleanup_kc=True)
    except CellTimeoutError:
        trouble = f"A cell ran longer than {_CELL_TIMEOUT_S} s, so the checks after it did not run."
    except DeadKernelError:
        trouble = "The kernel died while it ran a cell, so the checks after it did not run."
    finally:
        await kernels.shutdown_kernel(kernel_id, now=True)
    return {**judge(content), "trouble": trouble, "time_utc": datetime.now(UTC).isoformat()}


def judge(content: Any) -> dict[str, Any]:
    """Read the outcome of each visible check out of an executed notebook."""
    from nbgrader import utils

    checks = [cell for cell in content.cells if cell.cell_type == "code" and utils.is_grade(cell) and _has_code(cell)]
    failed = [cell for cell in checks if not _passed(cell, utils)]
    titles = _titles(content)
    changed = [cell for cell in checks if utils.is_locked(cell) and _is_changed(cell, utils)]
    return {
        "checks_n": len(checks),
        "checks_ok": len(checks) - len(failed),
        "failed": [
            {"title": titles[cell.get("id", "")], "cell_id": cell.get("id", ""), "message": _message(cell)}
            for cell in failed
        ],
        "changed": [titles[cell.get("id", "")] for cell in changed],
    }


def _passed(cell: Any, utils: Any) -> bool:
    if cell.get("execution_count") is None and cell.source.strip():
        return False
    score, top = utils.determine_grade(cell)
    return bool(score is not None and score >= top and not utils.has_failed(cell))


def _is_changed(cell: Any, utils: Any) -> bool:
    known = cell.metadata.nbgrader.get("checksum")
    return bool(known) and known != utils.compute_checksum(cell)


def _has_code(cell: Any) -> bool:
    """Hidden checks leave an empty cell, or a comment, in a released notebook: there is nothing to run."""
    return any(line.strip() and not line.strip().startswith("#") for line in cell.source.splitlines())


def _titles(content: Any) -> dict[str, str]:
    """Name each cell after the heading it stands under: ``Task 2: from tokens to money``."""
    heading, titles = "", {}
    for cell in content.cells:
        if cell.cell_type == "markdown":
            found = _HEADING.findall(cell.source)
            heading = _POINTS.sub("", found[-1]) if found else heading
        grade_id = str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))
        titles[cell.get("id", "")] = f"{heading} ({grade_id})" if heading and grade_id else heading or grade_id
    return titles


def _message(cell: Any) -> str:
    for output in cell.outputs:
        if output.output_type == "error":
            if output.ename == "NotImplementedError" and not output.evalue:
                return "A function that it calls is not written yet."
            said = f"{output.ename}: {output.evalue}" if output.ename != "AssertionError" else output.evalue
            return _COLOURS.sub("", said or output.ename)[:_ERROR_CHARS]
        if output.output_type == "stream" and output.name == "stderr":
            return _COLOURS.sub("", output.text)[:_ERROR_CHARS]
    return "It did not run." if cell.get("execution_count") is None else "Only a part of it passes."


def _relative(notebook: Path, kernels: Any) -> str:
    root = Path(kernels.root_dir).resolve()
    return notebook.resolve().parent.relative_to(root).as_posix()
