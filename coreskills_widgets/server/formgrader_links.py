"""Formgrader's links to files, led to the server they belong to.

nbgrader writes them as ``/tree/source/...``, without the base address that a server has in a hub
(https://github.com/jupyter/nbgrader, ``formgrader/static/js/utils.js``, ``linkTo``; read in 0.9.6), so they end at
the hub's "not found". This server gives that script with its own addresses, which JupyterLab opens.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from tornado import web

_SCRIPT = "server_extensions/formgrader/static/js/utils.js"
_PLACES = ("/notebooks/", "/edit/", "/tree/")


def find_script() -> Path | None:
    """nbgrader's script, found without importing nbgrader; ``None`` where it is not installed."""
    spec = importlib.util.find_spec("nbgrader")
    folders = list(spec.submodule_search_locations or ()) if spec is not None else []
    return next((path for folder in folders if (path := Path(folder) / _SCRIPT).is_file()), None)


def lead(script: str, base_url: str) -> str:
    """The script with JupyterLab's addresses for those it begins links with."""
    for place in _PLACES:
        script = script.replace(json.dumps(place), json.dumps(url_path_join(base_url, "lab/tree/")))
    return script


class ScriptHandler(JupyterHandler):
    """``GET formgrader/static/js/utils.js``: nbgrader's own, but for where its links lead."""

    def initialize(self, script: Path) -> None:
        self._script = script

    @web.authenticated
    def get(self) -> None:
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.finish(lead(self._script.read_text(encoding="utf-8"), self.base_url))


def link_routes(base_url: str) -> list[tuple[str, type[JupyterHandler], dict[str, Path]]]:
    """In front of nbgrader's own route; none without nbgrader."""
    script = find_script()
    if script is None:
        return []
    return [(url_path_join(base_url, "formgrader/static/js/utils.js"), ScriptHandler, {"script": script})]
