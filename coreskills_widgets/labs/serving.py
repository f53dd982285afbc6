"""A learner's Streamlit page, open in their own browser, beside the notebook."""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from html import escape
from pathlib import Path

SERVER_PATH = "CORESKILLS_SERVER_PATH"  # where this Jupyter server stands in the hub, such as /user/ada/
_START_S = 60
_running: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True)
class Address:
    """Where a page is open; a link in a notebook."""

    url: str

    def __str__(self) -> str:
        return f"Your page is open at {self.url}"

    def _repr_html_(self) -> str:
        link = f'<a href="{escape(self.url)}" target="_blank" rel="noopener">Open your page in a new window</a>'
        return f"<p>{link} ({escape(self.url)})</p>"


def serve(path: str) -> Address:
    """Start a Streamlit app with this kernel's key; the page that was open before is closed.

    In a classroom the page is reached through the learner's own server, on a laptop through its port.

    Raises:
        FileNotFoundError: There is no such program yet.
        RuntimeError: It did not start; with the end of what it said.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"There is no {path} yet. Run the cell that saves it, then this one.")
    stop()
    port = _free_port()
    behind = os.environ.get(SERVER_PATH, "")
    said = Path(path).with_suffix(".log")
    with said.open("wb") as log:
        # In the kernel's process group: whatever ends the kernel ends the page.
        page = subprocess.Popen(_command(path, port, proxied=bool(behind)), stdout=log, stderr=log)
    _running.append(page)
    if not _answers(page, port):
        stop()
        raise RuntimeError(f"{path} did not start: {said.read_text(encoding='utf-8', errors='replace')[-600:]}")
    return Address(f"{behind}proxy/{port}/" if behind else f"http://127.0.0.1:{port}/")


def stop() -> None:
    """Close the page that is open, if one is."""
    while _running:
        page = _running.pop()
        page.terminate()
        try:
            page.wait(timeout=5)
        except subprocess.TimeoutExpired:
            page.kill()
            page.wait()


atexit.register(stop)


def _command(path: str, port: int, *, proxied: bool) -> list[str]:
    options = {
        "server.headless": "true",
        "server.address": "127.0.0.1",
        "server.port": str(port),
        "browser.gatherUsageStats": "false",
    }
    if proxied:
        # Behind the hub the page has the hub's name, which Streamlit cannot know; the hub asks who comes.
        options |= {"server.enableCORS": "false", "server.enableXsrfProtection": "false"}
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    return [sys.executable, "-m", "streamlit", "run", path, *flags]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(page: subprocess.Popen[bytes], port: int) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and page.poll() is None:
        try:
            with direct.open(f"http://127.0.0.1:{port}/_stcore/health", timeout=2):
                return True
        except OSError:
            time.sleep(0.2)
    return False
