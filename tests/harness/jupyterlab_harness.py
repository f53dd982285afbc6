"""A real JupyterLab with a private gateway, and a headless Chromium that uses it."""

from __future__ import annotations

import atexit
import json
import os
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from coreskills.gateway.app import Gateway
from coreskills.gateway.keys import KeyStore
from coreskills.gateway.laptop import Desk
from coreskills.gateway.serve import GatewayServer
from coreskills.ledger.store import Ledger
from coreskills.offline.models import OfflineModels

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_START_S = 60
_OVERFLOW = """
selector => [...document.querySelectorAll(selector)].flatMap(root => {
  const edge = root.getBoundingClientRect().right + 1;
  const isClipped = one => {
    for (let up = one.parentElement; up && up !== root; up = up.parentElement) {
      if (getComputedStyle(up).overflowX !== 'visible' && !up.matches('.jp-coreskills-card')) return true;
    }
    return Boolean(one.closest('svg'));
  };
  return [...root.querySelectorAll('*')]
    .filter(one => one.getBoundingClientRect().right > edge && one.clientWidth > 1 && !isClipped(one))
    .map(one => one.outerHTML.slice(0, 160));
})
"""
_WIDTH = """
pixels => {
  const made = Object.assign(document.createElement('style'), {id: 'test-width'});
  const sheet = document.getElementById('test-width') ?? document.head.appendChild(made);
  sheet.textContent = `.jp-Cell-outputArea .jp-coreskills { width: ${pixels}px !important }`;
}
"""


@dataclass
class Classroom:
    """What the course service would say; tests change it and look at the panel.

    Attributes:
        panel: The answer of ``/api/panel``; ``None`` is a service that is down.
    """

    url: str = ""
    token: str = ""
    panel: dict[str, Any] | None = None
    asked: list[str] = field(default_factory=list)
    gateway: Gateway | None = None
    app: Starlette | None = None
    server: GatewayServer | None = None

    def restart(self) -> None:
        """End the service in the middle of what it does, and start it again at the same address."""
        assert self.server is not None
        assert self.app is not None
        self.server.stop()
        self.server = GatewayServer(self.app, port=urlsplit(self.url).port or 0).start()


@contextmanager
def classroom(state: Path, *, budget_usd: str = "0.50", ttl_s: float = 12 * 3600) -> Iterator[Classroom]:
    """A real gateway, a desk that hands out keys, and a panel that tests write.

    Args:
        ttl_s: How long a key lives unless it is renewed.
    """
    state.mkdir(parents=True, exist_ok=True)
    keys, ledger = KeyStore(f"sqlite:///{state / 'keys.sqlite'}"), Ledger(f"sqlite:///{state / 'ledger.sqlite'}")
    gateway = Gateway(keys=keys, ledger=ledger, models=OfflineModels(None))
    room = Classroom(token=secrets.token_urlsafe(16), gateway=gateway)
    desk = Desk(gateway, learner="ada", token=room.token, course=None, ttl_s=ttl_s)
    desk._budget_usd = lambda lab: Decimal(budget_usd)  # type: ignore[method-assign]

    async def panel(request: Request) -> Response:
        room.asked.append(request.headers.get("authorization", ""))
        return Response(status_code=503) if room.panel is None else JSONResponse(room.panel)

    app = Starlette(routes=[Route("/api/panel", panel), Mount("/", desk.app())])
    room.server = GatewayServer(app).start()
    room.app, room.url, desk.base_url = app, room.server.url, room.server.url
    try:
        yield room
    finally:
        room.server.stop()
        gateway.close()
        keys.close()
        ledger.close()


@dataclass
class JupyterLab:
    """A running JupyterLab server.

    Attributes:
        folder: What it shows.
    """

    url: str
    token: str
    folder: Path
    room: Classroom

    def notebook(self, name: str, cells: Sequence[str], *, kernel: str = "python3", outputs: Any = None) -> str:
        """Write a notebook; its path from the folder."""
        content = {
            "cells": [
                {
                    "cell_type": "code",
                    "id": f"cell-{n}",
                    "source": source,
                    "metadata": {},
                    "outputs": [],
                    "execution_count": None,
                }
                for n, source in enumerate(cells, start=1)
            ],
            "metadata": {"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")
        return name

    def api(self, method: str, path: str) -> Any:
        """Ask the server something, as JSON."""
        request = urllib.request.Request(
            f"{self.url}/api/{path}", method=method, headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            data = answer.read()
        return json.loads(data) if data else None

    def end_kernels(self) -> None:
        """End all sessions with their kernels."""
        for session in self.api("GET", "sessions"):
            self.api("DELETE", f"sessions/{session['id']}")

    def address(self, path: str = "") -> str:
        """The page of a file, in a fresh workspace."""
        workspace = f"/lab/workspaces/t{secrets.token_hex(4)}"
        return (
            f"{self.url}{workspace}/tree/{path}?token={self.token}"
            if path
            else f"{self.url}{workspace}?token={self.token}"
        )


@contextmanager
def jupyterlab(folder: Path, *, room: Classroom, log: Path) -> Iterator[JupyterLab]:
    """Start JupyterLab on a free port, with its own configuration folders; ends it after."""
    own = log.parent / "jupyter"
    token = secrets.token_urlsafe(16)
    folder.mkdir(parents=True, exist_ok=True)
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "CORESKILLS"))},
        "JUPYTER_CONFIG_DIR": str(own / "config"),
        "JUPYTER_DATA_DIR": str(own / "data"),
        "JUPYTER_RUNTIME_DIR": str(own / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(own / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(own / "workspaces"),
        "IPYTHONDIR": str(own / "ipython"),
        "CORESKILLS_SERVICE_URL": room.url,
        "CORESKILLS_SERVICE_TOKEN": room.token,
        "JUPYTERHUB_API_TOKEN": room.token,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    quiet = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    (own / "config" / "labconfig").mkdir(parents=True)
    (own / "config" / "labconfig" / "page_config.json").write_text(json.dumps(quiet))
    options = [
        "--no-browser",
        "--allow-root",
        "--ServerApp.port=0",
        f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={folder}",
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.collaborative=False",
        "--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': False}",
    ]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options], env=env, stdout=out, stderr=out, cwd=folder
        )
    try:
        yield JupyterLab(_wait(process, own / "runtime", token, log), token, folder, room)
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], runtime: Path, token: str, log: Path) -> str:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and process.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            try:
                url = json.loads(file.read_text())["url"].rstrip("/").replace("localhost", "127.0.0.1")
                with urllib.request.urlopen(f"{url}/api/status?token={token}", timeout=2):
                    return str(url)
            except (OSError, ValueError):
                continue
        time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text(errors='replace')[-3000:]}")


PATIENCE_MS = 20_000  # a busy machine draws late; what never comes fails all the same


@cache
def chromium() -> Browser:
    """Debian's Chromium, headless, without talk to the outside; one for a whole test process.

    Playwright allows one event loop a process, so every test of what people see shares it.
    """
    expect.set_options(timeout=PATIENCE_MS)
    play = sync_playwright().start()
    browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
    atexit.register(play.stop)
    atexit.register(browser.close)
    return browser


def open_notebook(page: Page, lab: JupyterLab, path: str, *, theme: str = "light") -> None:
    """Open a notebook and wait for its kernel."""
    page.goto(lab.address(path))
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    set_theme(page, theme)
    page.wait_for_function(
        "() => { const p = window.jupyterapp?.shell.currentWidget; const k = p?.sessionContext?.session?.kernel;"
        " return k && k.status === 'idle' }",
        timeout=60_000,
    )


def set_theme(page: Page, theme: str) -> None:
    """Switch JupyterLab between light and dark."""
    name = {"light": "JupyterLab Light", "dark": "JupyterLab Dark", "contrast": "JupyterLab Dark High Contrast"}[theme]
    page.wait_for_function("() => window.jupyterapp")
    page.evaluate(
        "async name => { await window.jupyterapp.restored;"
        " await window.jupyterapp.commands.execute('apputils:change-theme', {theme: name}) }",
        name,
    )
    page.wait_for_function("light => document.body.dataset.jpThemeLight === light", arg=str(theme == "light").lower())


def command(page: Page, name: str, args: dict[str, Any] | None = None) -> None:
    """Run a JupyterLab command."""
    page.evaluate("([name, args]) => window.jupyterapp.commands.execute(name, args)", [name, args or {}])


def run_all(page: Page, *, timeout_ms: int = 60_000) -> None:
    """Run all cells, and wait until the kernel is idle again."""
    command(page, "notebook:run-all-cells")
    page.wait_for_function(
        "() => { const p = window.jupyterapp.shell.currentWidget;"
        " return [...p.content.widgets].every(c => c.model.type !== 'code' || c.model.executionCount) &&"
        " p.sessionContext.session.kernel.status === 'idle' }",
        timeout=timeout_ms,
    )


def accessibility_faults(page: Page, *within: str) -> list[str]:
    """What axe-core finds wrong inside these elements, each in a line."""
    page.evaluate((ROOT / "ui/node_modules/axe-core/axe.min.js").read_text(encoding="utf-8"))
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    violations: list[dict[str, Any]] = page.evaluate(
        "async ([within, rules]) => (await axe.run({include: within.map(one => [one])}, {runOnly: rules})).violations",
        [list(within), rules],
    )
    return [
        f"{fault['id']}: {fault['help']}: {node['html'][:200]}: {node['failureSummary'][:200]}"
        for fault in violations
        for node in fault["nodes"]
    ]


def sideways_overflow(page: Page, within: str) -> list[str]:
    """Elements that stick out of their widget to the right; inside a box that scrolls they may."""
    faults: list[str] = page.evaluate(_OVERFLOW, within)
    return faults


def set_width(page: Page, pixels: int) -> None:
    """Give the widgets a width of their own, as a narrow window would."""
    page.evaluate(_WIDTH, pixels)
    page.wait_for_timeout(400)
