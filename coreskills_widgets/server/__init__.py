"""Jupyter server extension: what the Course panel and the status bar ask; the hub's token stays on this side."""

from __future__ import annotations

from typing import Any

__all__ = ["_jupyter_server_extension_points", "_load_jupyter_server_extension"]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "coreskills_widgets.server"}]


def _load_jupyter_server_extension(serverapp: Any) -> None:
    from coreskills_widgets.kernel.warm import prepare
    from coreskills_widgets.server.formgrader_links import link_routes
    from coreskills_widgets.server.handlers import routes

    prepare()  # the first kernel is then as fast as the next ones

    base_url = serverapp.web_app.settings["base_url"]
    serverapp.web_app.add_handlers(".*$", [*routes(base_url), *link_routes(base_url)])
    serverapp.log.info("CoreSkills: Course panel API ready")
