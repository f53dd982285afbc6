"""The panel's API. Only the learner's own page may ask; no answer holds a token or a key."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web

from coreskills_widgets.server import actions
from coreskills_widgets.server.panel import Panel
from coreskills_widgets.server.service import Away, ask_gateway
from coreskills_widgets.server.validate import validate

_LAB = re.compile(r"^[a-z0-9][a-z0-9-]*$")
_PANEL = "coreskills_panel"
_BUSY = "coreskills_busy"


class _Handler(APIHandler):
    @property
    def panel(self) -> Panel:
        """One per server, so that an absent service leaves the last values."""
        if _PANEL not in self.settings:
            self.settings[_PANEL] = Panel(Path(self.settings["server_root_dir"]).expanduser().resolve())
        panel: Panel = self.settings[_PANEL]
        return panel

    def refuse(self, status: int, error: str) -> None:
        self.set_status(status)
        self.finish({"error": error})


class PanelHandler(_Handler):
    """``GET coreskills/panel``: all the Course panel shows."""

    @web.authenticated
    async def get(self) -> None:
        self.finish(await self.panel.read())


class SpendHandler(_Handler):
    """``GET coreskills/spend/<kernel id>``: what one kernel's lab has spent."""

    @web.authenticated
    async def get(self, kernel_id: str) -> None:
        try:
            provisioner: Any = self.kernel_manager.get_kernel(kernel_id).provisioner
        except KeyError:
            return self.refuse(404, "There is no such kernel.")
        base, key = getattr(provisioner, "gateway_url", ""), getattr(provisioner, "key", "")
        if not base or not key:
            self.finish({"is_metered": False})
            return None
        try:
            status = await ask_gateway(base, key, "status")
        except Away as error:
            return self.refuse(503, f"The gateway is away: {error}.")
        self.finish(status)


class ActionHandler(_Handler):
    """``POST coreskills/labs/<lab>/<action>``: fetch, validate, submit or feedback, one at a time for each lab."""

    @web.authenticated
    async def post(self, lab: str, action: str) -> None:
        if not _LAB.match(lab):
            return self.refuse(400, f"{lab!r} is not the id of a lab.")
        busy: set[str] = self.settings.setdefault(_BUSY, set())
        if lab in busy:
            return self.refuse(409, "This lab is busy already, perhaps in another tab. Wait until it is done.")
        busy.add(lab)
        try:
            self.finish(await self._do(lab, action))
        except actions.Refused as refused:
            self.refuse(409, str(refused))
        finally:
            busy.discard(lab)

    async def _do(self, lab: str, action: str) -> dict[str, Any]:
        root = self.panel.root
        if action == "fetch":
            await asyncio.to_thread(actions.fetch, lab, root=root)
        elif action == "submit":
            return {"receipt": await asyncio.to_thread(actions.submit, lab, root=root)}
        elif action == "feedback":
            await asyncio.to_thread(actions.fetch_feedback, lab, root=root)
        else:
            return await self._validate(lab)
        return {"path": _posix(self.panel.notebook(lab), root)}

    async def _validate(self, lab: str) -> dict[str, Any]:
        notebook = self.panel.notebook(lab)
        if notebook is None:
            raise actions.Refused(f"There is no {lab}.ipynb here. Fix: fetch the lab first.")
        found = await validate(notebook, kernels=self.kernel_manager)
        kept = {name: found[name] for name in ("checks_ok", "checks_n", "time_utc")}
        self.panel.remember_checks(lab, kept)
        return found


def _posix(path: Path | None, root: Path) -> str | None:
    return None if path is None else path.relative_to(root).as_posix()


def routes(base_url: str) -> list[tuple[str, type[APIHandler]]]:
    """Where the API lies."""
    api = url_path_join(base_url, "coreskills")
    return [
        (url_path_join(api, "panel"), PanelHandler),
        (url_path_join(api, r"spend/([\w-]+)"), SpendHandler),
        (url_path_join(api, r"labs/([\w-]+)/(fetch|validate|submit|feedback)"), ActionHandler),
    ]
