"""A disk that is full: said plainly, nothing lost, and all is well once there is room."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from coreskills.classroom.preflight import free_ports

ROOT = Path(__file__).parents[2]
COMMAND = str(Path(sys.executable).with_name("coreskills"))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed"),
]


def in_small_disk(folder: Path, *command: str, size_mb: int, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command that sees a file system of a few megabytes at ``folder``."""
    wall = ["bwrap", "--bind", "/", "/", "--dev-bind", "/dev", "/dev", "--size", str(size_mb * 2**20)]
    return subprocess.run(
        [*wall, "--tmpfs", str(folder), "--die-with-parent", "--", *command],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **env},
    )


def test_a_full_disk_loses_nothing_and_says_so(tmp_path: Path) -> None:
    """What cannot be kept is refused whole, with the reason; the same submission is taken when there is room."""
    script = str(Path(__file__).with_name("full_disk_room.py"))
    said = in_small_disk(tmp_path, sys.executable, script, str(tmp_path), size_mb=16)
    told = json.loads(said.stdout or said.stderr)
    assert told["before"]["status"] == told["after"]["status"] == 201
    assert told["submit"]["status"] >= 500
    assert "No space left on device" in told["submit"]["error"]
    assert "your files are safe" in told["submit"]["fix"]
    assert told["key"]["status"] == 507
    assert "disk is full" in told["key"]["error"]
    assert [row["attempt"] for row in told["kept"]["submissions"]] == [1, 2]


def test_up_does_not_start_on_a_full_disk(tmp_path: Path) -> None:
    """Before anything is written: how much is left, how much is needed, and two ways out."""
    (port,) = free_ports(1)
    state = str(tmp_path / "state")
    said = in_small_disk(tmp_path, COMMAND, "up", "--port", str(port), size_mb=16, CORESKILLS_STATE=state)
    assert said.returncode == 1
    assert "The disk is full: 16 MB left" in said.stderr
    assert "CORESKILLS_STATE" in said.stderr
    assert "Traceback" not in said.stderr
