"""This kernel's calls, asked of the gateway with the kernel's own key."""

from __future__ import annotations

import json
import os
import threading
import urllib.request
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
        why = getattr(error, "reason", error)
        why = getattr(why, "strerror", None) or why
        raise GatewayAway(f"the gateway at {base} did not answer ({why})") from error


class KernelCalls:
    """The calls so far; each refresh asks only for what is new. Thread-safe.

    Args:
        whole_lab: Also those of the learner's other kernels in this lab: what a budget counts.

    Attributes:
        status: Lab and budget, as the gateway last said.
        trouble: Why the last question was not answered; empty when it was.
    """

    def __init__(self, *, whole_lab: bool = False) -> None:
        self._scope = "&scope=lab" if whole_lab else ""
        self.status: dict[str, Any] = {}
        self.trouble = ""
        self._calls: list[dict[str, Any]] = []
        self._after = 0
        self._lock = threading.Lock()

    @property
    def calls(self) -> list[dict[str, Any]]:
        """Oldest first."""
        with self._lock:
            return list(self._calls)

    def refresh(self, *, only_calls: bool = False) -> bool:
        """Read what is new; with the gateway away everything known stays, and ``trouble`` says why.

        Args:
            only_calls: Ask for the budget only where there are new calls: half the work of a look that finds nothing.

        Returns:
            There is something new to show.
        """
        with self._lock:
            before = self.trouble
            try:
                fresh = ask(f"calls?after={self._after}{self._scope}")["calls"]
                if fresh or not only_calls:
                    self.status = ask("status?brief=1")
            except GatewayAway as error:
                self.trouble = str(error)
                return before != self.trouble
            self.trouble = ""
            self._calls.extend(fresh)
            self._after = max([self._after, *(int(row.get("rowid") or row.get("id") or 0) for row in fresh)])
            return bool(fresh or before)
