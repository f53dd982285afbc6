"""The Jupyter configuration of learners' servers."""

from __future__ import annotations

import json
from pathlib import Path

_NBGRADER = '''"""nbgrader in a learner's server: the exchange, nothing else."""

from coreskills_widgets.exchange import configure

configure(get_config())  # noqa: F821  nbgrader gives it to this file
'''
# Instructors' tools have no place in a learner's server.
_SERVER = {
    "ServerApp": {
        "jpserver_extensions": {
            "nbgrader.server_extensions.formgrader": False,
            "nbgrader.server_extensions.course_list": False,
        }
    },
    # The plain kernel has no key, so every call in it would fail for no reason a learner could see.
    "KernelSpecManager": {"allowed_kernelspecs": ["coreskills"], "ensure_native_kernel": False},
    "MultiKernelManager": {"default_kernel_name": "coreskills"},
}
_PAGE = {
    "disabledExtensions": {
        "@jupyter/nbgrader:formgrader": True,
        "@jupyter/nbgrader:course-list": True,
        "@jupyter/nbgrader:create-assignment": True,
        "@jupyterlab/apputils-extension:announcements": True,
    }
}


def write_learner_config(folder: Path) -> None:
    """Write what every learner's server reads; it holds no secret."""
    (folder / "labconfig").mkdir(parents=True, exist_ok=True)
    (folder / "nbgrader_config.py").write_text(_NBGRADER, encoding="utf-8")
    (folder / "jupyter_server_config.json").write_text(json.dumps(_SERVER, indent=1), encoding="utf-8")
    (folder / "labconfig" / "page_config.json").write_text(json.dumps(_PAGE, indent=1), encoding="utf-8")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
