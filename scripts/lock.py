"""Write constraints.txt: the exact versions in this environment, without index addresses."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

HEADER = "# Exact versions for every install here: pip install -c constraints.txt. Made by `make lock`.\n"
LOCAL = re.compile(r"^(coreskills|pip|setuptools|wheel)\b|@ ")


def main() -> None:
    """Freeze, drop what has an address, write."""
    frozen = subprocess.run(
        [sys.executable, "-m", "pip", "freeze", "--exclude-editable"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    lines = [line for line in frozen if "==" in line and not LOCAL.search(line)]
    path = Path(__file__).resolve().parent.parent / "constraints.txt"
    path.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines)} versions in {path.name}")


if __name__ == "__main__":
    main()
