"""The walls of the house: which package may import which."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parent.parent

# From the bottom up: a room may import its own row and every row above it, never one below.
ROWS = (
    ("errors", "course"),
    ("wire", "database"),
    ("offline", "ledger", "cassettes"),
    ("gateway",),
    ("examiner",),
    ("progress", "checking"),
    ("classroom",),
    ("bench",),
    ("cli",),
)
ROW_OF = {room: row for row, rooms in enumerate(ROWS) for room in rooms}
# These three stand side by side, on wire alone.
APART = {
    ("offline", "cassettes"),
    ("cassettes", "offline"),
    ("ledger", "cassettes"),
    ("ledger", "offline"),
    ("offline", "ledger"),
}


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Every dotted name that a file imports, also inside functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def room(dotted: str) -> str | None:
    parts = dotted.split(".")
    return parts[1] if parts[0] == "coreskills" and len(parts) > 1 and parts[1] in ROW_OF else None


@pytest.mark.parametrize("path", modules("coreskills_widgets"), ids=lambda p: str(p.relative_to(ROOT)))
def test_learner_side_never_imports_course_side(path: Path) -> None:
    """No arrow runs from coreskills_widgets to coreskills: what runs beside learner code cannot reach the rest."""
    assert not {name for name in imported(path) if name.split(".")[0] == "coreskills"}


@pytest.mark.parametrize("path", modules("coreskills"), ids=lambda p: str(p.relative_to(ROOT)))
def test_arrows_run_one_way(path: Path) -> None:
    """cli -> classroom, progress -> examiner -> gateway -> cassettes, offline, ledger -> wire, course, errors."""
    parts = path.relative_to(ROOT / "coreskills").parts
    here = parts[0].removesuffix(".py")
    if here not in ROW_OF:
        assert here in {"__init__", "__main__"}, f"{path}: a room that tests/test_walls.py does not know"
        return
    for there in {r for name in imported(path) if (r := room(name))} - {here}:
        assert ROW_OF[there] <= ROW_OF[here], f"{here} imports {there}"
        assert (here, there) not in APART, f"{here} imports {there}"


@pytest.mark.parametrize(
    "code",
    ["import coreskills_widgets", "import coreskills_widgets.widgets"],
    ids=["package", "widgets"],
)
def test_learner_side_is_light(code: str) -> None:
    """Importing the learner's side loads no nbgrader, vcr, LLM SDK, and nothing of the course side."""
    heavy = "{'nbgrader', 'vcr', 'anthropic', 'openai', 'coreskills', 'faiss', 'pandas'}"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(sorted({heavy} & set(sys.modules)))"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert done.stdout.strip() == "[]"


def test_no_committed_file_names_a_registry_or_machine() -> None:
    """Lock files and configuration carry no index addresses and no path of one machine."""
    found = subprocess.run(
        [
            "git",
            "grep",
            "-nIE",
            r"https?://[a-z0-9.-]*(pypi|npmjs|registry)[a-z0-9.-]*/|[\"' =:]/(root|work)/[a-z]",
        ],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    lines = [line for line in found.stdout.splitlines() if not line.startswith("tests/")]
    assert not lines


def test_every_pinned_package_runs_on_the_lowest_python() -> None:
    """Debian 12 has Python 3.11.2: a package that wants 3.11.5 ends its `make up` in pip's resolver."""
    wants = {each.name: str(each.metadata.json.get("requires_python", "")) for each in distributions()}
    assert {name: wanted for name, wanted in wants.items() if not SpecifierSet(wanted).contains("3.11.0")} == {}
