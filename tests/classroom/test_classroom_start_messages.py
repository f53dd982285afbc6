"""What `make up` says on a machine that lacks something: the reason and the way out, no traceback."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from coreskills.classroom.preflight import free_ports

ROOT = Path(__file__).parents[2]
COMMAND = str(Path(sys.executable).with_name("coreskills"))


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder with what `make up` needs of the system, but neither Node nor npm; the only one on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("make", "sh", "tail"):
        found = shutil.which(name)
        assert found, f"{name} is not installed"
        (folder / name).symlink_to(found)
    return folder


def program(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.write_text("\n".join(["#!/bin/sh", *lines]))
    path.chmod(0o755)
    return path


def run(bare: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PATH": str(bare), "CORESKILLS_STATE": str(bare / "state")}
    env.pop("MAKEFLAGS", None)
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=ROOT, env=env)


def test_make_up_without_node(bare: Path) -> None:
    said = run(bare, "make", f"PYTHON={sys.executable}", "up")
    assert said.returncode
    assert "Node.js (node and npm) was not found.\nFix: install Node 20 or newer" in said.stderr


@pytest.mark.parametrize(
    ("line", "found"), [("echo v18.19.0", "this is Node v18.19.0"), ("exit 1", "node does not run")]
)
def test_make_up_with_a_node_that_will_not_do(bare: Path, line: str, found: str) -> None:
    for name in ("node", "npm"):
        program(bare, name, line)
    said = run(bare, "make", f"PYTHON={sys.executable}", "up")
    assert said.returncode
    assert f"{found}; Node 20 or newer is needed.\nFix: install Node 20 or newer" in said.stderr


def test_coreskills_up_without_node_or_with_an_old_one(bare: Path) -> None:
    port = str(free_ports(1)[0])
    said = run(bare, COMMAND, "up", "--port", port)
    assert (said.returncode, said.stderr) == (
        1,
        "coreskills: Node.js is missing; the hub's proxy needs it.\nFix: install Node.js >= 20\n",
    )
    node = program(bare, "node", "echo v18.19.0")
    said = run(bare, COMMAND, "up", "--port", port)
    assert said.returncode == 1
    assert f"{node} is Node.js v18.19.0; the hub's proxy needs 20 or newer." in said.stderr
    assert not (bare / "state").exists()


def test_make_up_with_an_old_python(bare: Path) -> None:
    old = program(bare, "python3.8", '[ "$1" = --version ] && echo Python 3.8.18', "exit 1")
    said = run(bare, "make", f"PYTHON={old}", "up")
    assert said.returncode
    assert f"Python 3.11 or newer is needed; '{old}' says: Python 3.8.18\nFix: " in said.stderr
    assert "make PYTHON=python3.12 up" in said.stderr
    said = run(bare, "make", "PYTHON=python9", "up")
    assert "python9: not found" in said.stderr
