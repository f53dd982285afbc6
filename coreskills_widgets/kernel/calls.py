"""For widgets: hear of a cell's calls, and ask the gateway about them."""

from __future__ import annotations

import logging
from collections.abc import Callable

from coreskills_widgets.kernel.client import GatewayAway, GatewayClient, Row

__all__ = ["Callback", "GatewayAway", "GatewayClient", "Row", "client", "subscribe"]

Callback = Callable[[list[Row], Row], None]

log = logging.getLogger("coreskills.kernel")
_subscribers: list[Callback] = []
_client: GatewayClient | None = None


def client() -> GatewayClient:
    """This kernel's line to the gateway.

    Raises:
        GatewayAway: The kernel was started without one.
    """
    global _client
    if _client is None:
        _client = GatewayClient.from_environment()
    if _client is None:
        raise GatewayAway("this kernel has no gateway: calls go straight to the provider, and are not metered")
    return _client


def subscribe(callback: Callback) -> Callable[[], None]:
    """Hear of the calls of each cell, after it has run.

    Args:
        callback: Gets the new calls, oldest first, and ``GatewayClient.budget()``. Runs in the kernel's main thread;
            what it raises is logged and not shown.

    Returns:
        A function that ends the subscription.
    """
    _subscribers.append(callback)
    return lambda: _subscribers.remove(callback) if callback in _subscribers else None


def publish(new_calls: list[Row], status: Row) -> None:
    """Tell every subscriber; one that fails does not keep the news from the others."""
    for callback in list(_subscribers):
        try:
            callback(new_calls, status)
        except Exception:
            log.debug("CoreSkills: a subscriber failed", exc_info=True)
