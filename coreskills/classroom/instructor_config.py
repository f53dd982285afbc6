"""The Jupyter configuration of instructors' servers."""

from __future__ import annotations

import json
from pathlib import Path

# The Nbgrader menu shows formgrader in a frame of JupyterLab; JupyterHub forbids all frames unless told otherwise.
_SERVER = {"ServerApp": {"tornado_settings": {"headers": {"Content-Security-Policy": "frame-ancestors 'self'"}}}}
_PAGE = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}


def write_instructor_config(folder: Path) -> None:
    """Write what every instructor's server reads beside the course's own nbgrader_config.py."""
    (folder / "labconfig").mkdir(parents=True, exist_ok=True)
    (folder / "jupyter_server_config.json").write_text(json.dumps(_SERVER, indent=1), encoding="utf-8")
    (folder / "labconfig" / "page_config.json").write_text(json.dumps(_PAGE, indent=1), encoding="utf-8")
