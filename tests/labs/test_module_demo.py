"""The program that an instructor types before module 4 does what the notes say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from replay_harness import serving

NOTES = Path(__file__).resolve().parents[2] / "docs" / "instructor" / "module-4.md"


@pytest.mark.slow
def test_rag_in_ten_minutes_answers_and_refuses(tmp_path: Path) -> None:
    """The first question is answered with its source, the second refused."""
    found = re.search(r"```python\n(.*?)```", NOTES.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    with serving(tmp_path) as served:
        ended = subprocess.run(
            [sys.executable, "-c", found[1]],
            env={**served.environment, "PATH": "/usr/bin", "HOME": str(tmp_path), "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    answer, refusal = ended.stdout.splitlines() or ["", ended.stderr]
    assert "30 days" in answer
    assert re.search(r"\[[12]\]", answer)
    assert refusal.rstrip(".") == "I cannot find this in our documents"
