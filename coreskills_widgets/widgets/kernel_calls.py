"""This kernel's calls, asked of the gateway with the kernel's own key, and asked again after each cell."""

from __future__ import annotations

import json
import os
import threading
import urllib.request
import weakref
from collections.abc import Callable
from typing import Any

_TIMEOUT_S = 3.0
# No proxy: the gateway is beside us, and HTTP_PROXY is for the world outside.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class GatewayAway(Exception):
    """The gateway is not there, or this kernel has no key; what was known stays on the page."""


def ask(path: str) -> Any:
    """Get something of ``/coreskills/`` with this kernel's key.

    Raises:
        GatewayAway: No gateway in the environment, or no sensible answer from it.
    """
    base, key = os.environ.get("CORESKILLS_GATEWAY_URL", ""), os.environ.get("ANTHROPIC_API_KEY", "")
    if not base:
        raise GatewayAway("this kernel has no gateway (CORESKILLS_GATEWAY_URL is not set)")
    url = f"{base.rstrip('/')}/coreskills/{path}"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})  # noqa: S310 - our own gateway
    try:
        with _OPENER.open(request, timeout=_TIMEOUT_S) as response:
            return json.loads(response.read())
    except (OSError, ValueError) as error:
        raise GatewayAway(f"the gateway at {base} did not answer ({getattr(error, 'reason', error)})") from error


class KernelCalls:
    """The calls so far; each refresh asks only for what is new.

    Args:
        whole_lab: Also those of the learner's other kernels in this lab: what a budget counts.
    """

    def __init__(self, *, whole_lab: bool = False) -> None:
        self._scope = "&scope=lab" if whole_lab else ""
        self.calls: list[dict[str, Any]] = []
        self.status: dict[str, Any] = {}
        self._after = 0
        self._lock = threading.Lock()

    def refresh(self) -> None:
        """Read what is new.

        Raises:
            GatewayAway: Nothing was changed.
        """
        with self._lock:
            status = ask("status")
            fresh = ask(f"calls?after={self._after}{self._scope}")["calls"]
            self.status = status
            self.calls.extend(fresh)
            self._after = max([self._after, *(int(row.get("rowid") or row.get("id") or 0) for row in fresh)])


def after_each_cell(update: Callable[[], None]) -> None:
    """Call a bound method after each cell, in a thread, so that no cell waits for it; ends with its object."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is None:
        return
    method = weakref.WeakMethod(update)

    def run(*_: object) -> None:
        alive = method()
        if alive is None:
            shell.events.unregister("post_run_cell", run)
            return
        threading.Thread(target=alive, name="coreskills-refresh", daemon=True).start()

    shell.events.register("post_run_cell", run)
