"""How much memory a candidate and all its processes use."""

from __future__ import annotations

import contextlib
from pathlib import Path


def used_mb(pid: int) -> int:
    """Add up a process and its descendants, shared pages by share; those that ended meanwhile count nothing."""
    return sum(_proportional_kb(one) for one in family(pid)) // 1024


def family(pid: int) -> list[int]:
    """List a process and all its descendants."""
    waiting, seen = [pid], dict[int, None]()
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen[one] = None
            waiting += _children(one)
    return list(seen)


def is_large(pid: int, *, at_least_mb: int) -> bool:
    """Say whether a closer look is due: one process alone is large, or there are several."""
    with contextlib.suppress(OSError, ValueError):
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * 4 // 1024 >= at_least_mb or bool(_children(pid))
    return False


def _proportional_kb(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                found += [int(word) for word in (task / "children").read_text(encoding="ascii").split()]
    return found
