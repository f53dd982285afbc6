"""Which lab a kernel belongs to: the name of the folder its notebook lies in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath

SCRATCH = "scratch"
_LAB_ID = re.compile(r"[a-z0-9][a-z0-9-]*")


def lab_of(env: Mapping[str, str], cwd: str | None) -> str:
    """The lab's id, or ``scratch`` where the folder's name cannot be one.

    Args:
        env: Jupyter Server names the notebook in ``JPY_SESSION_NAME``; other clients do not.
        cwd: The kernel's folder, used when the notebook is not named.
    """
    notebook = env.get("JPY_SESSION_NAME", "")
    # Posix paths on purpose; a client that gives no name leaves the folder with a slash at its end.
    folder = PurePath(notebook.rpartition("/")[0] if "/" in notebook else cwd or "").name
    return folder if _LAB_ID.fullmatch(folder) else SCRATCH
