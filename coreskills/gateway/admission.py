"""Whether a request may go out at all: its key, its rate, its budget."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from coreskills.gateway.incoming import Incoming
from coreskills.gateway.keys import Grant
from coreskills.ledger.call import MODEL_ENDPOINTS, money
from coreskills.ledger.pricing import has_price, price_call
from coreskills.wire.errors import WireError
from coreskills.wire.http import Provider

if TYPE_CHECKING:
    from coreskills.gateway.app import Gateway

_SPENDING = MODEL_ENDPOINTS | {"messages/batches"}
_EXPECTED_OUTPUT = 1_000  # tokens held back where max_tokens asks for more: most answers are shorter
_BYTES_PER_TOKEN = 4


def read_key(gateway: Gateway, headers: Mapping[str, str], now: datetime, provider: Provider) -> Grant:
    """The grant of the key a request shows, in ``x-api-key`` or as a bearer token.

    Raises:
        WireError: 401; no key, a forged one, or one that has expired or was revoked.
    """
    secret = shown_key(headers)
    if not secret:
        missing = {
            "anthropic": "x-api-key header is required",
            "openai": "You didn't provide an API key. You need to provide your API key in an Authorization "
            "header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
            "cohere": "no api key supplied",
        }
        raise WireError(401, "", missing[provider])
    grant = gateway.keys.lookup(secret)
    if grant is None:
        wrong = {
            "anthropic": "invalid x-api-key",
            "openai": f"Incorrect API key provided: {_masked(secret)}. Restart the kernel to get this classroom's key.",
            "cohere": "invalid api token",
        }
        raise WireError(401, "", wrong[provider])
    if grant.revoked:
        raise WireError(401, "", "This key was revoked. Restart the kernel to get a new one.")
    if not grant.is_valid(now):
        raise WireError(401, "", f"This key expired at {grant.expires:%Y-%m-%d %H:%M} UTC. Restart the kernel.")
    return grant


def shown_key(headers: Mapping[str, str]) -> str:
    """The secret in a request's headers; empty where there is none."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return headers.get("x-api-key", "").strip()


def admit(gateway: Gateway, incoming: Incoming) -> None:
    """Let a request go out, or say why not; what it may cost is held back until it ends.

    Raises:
        WireError: 429; too many requests, or the budget is spent. 400: nobody knows what a live call would cost.
    """
    grant = incoming.grant
    if grant.requests_per_minute is not None and incoming.wire.method == "POST":
        wait_s = incoming.session.bucket.take(grant.requests_per_minute)
        if wait_s > 0:
            raise WireError(
                429,
                "rate_limit",
                f"This key may send {grant.requests_per_minute} requests a minute. Try again in {wait_s:.1f} s.",
                retry_after_s=max(1, round(wait_s + 0.5)),
            )
    if incoming.endpoint in _SPENDING:
        _hold(gateway, incoming)


def _hold(gateway: Gateway, incoming: Incoming) -> None:
    grant = incoming.grant
    _check_price(incoming)
    estimate = estimate_usd(incoming) if grant.budget_usd is not None else Decimal(0)
    verdict = gateway.budgets.reserve(grant.learner, grant.lab, budget_usd=grant.budget_usd, estimate_usd=estimate)
    if verdict == "spent":
        raise WireError(
            429,
            "spend_limit",
            f"You have spent the ${money(grant.budget_usd)} budget of lab {grant.lab}; this call was not sent. "
            f"Use a cheaper model next time, or ask your instructor for more.",
            should_retry=False,
        )
    if verdict == "busy":
        raise WireError(
            429,
            "rate_limit",
            f"Calls under way may use up what is left of the ${money(grant.budget_usd)} budget. Wait until they end.",
            retry_after_s=1,
        )
    incoming.held_usd = estimate


def estimate_usd(incoming: Incoming) -> Decimal:
    """A guess, on the high side, of what a request will cost; 0 where no price is known."""
    wanted = [incoming.body.get(name) for name in ("max_tokens", "max_completion_tokens", "max_output_tokens")]
    most = min((number for number in wanted if isinstance(number, int) and number > 0), default=_EXPECTED_OUTPUT)
    cost = price_call(
        provider=incoming.wire.provider,
        model=incoming.model,
        input_tokens=len(incoming.wire.body) // _BYTES_PER_TOKEN,
        output_tokens=0 if incoming.endpoint in ("embeddings", "rerank") else min(most, _EXPECTED_OUTPUT),
    )
    return cost or Decimal(0)


def _check_price(incoming: Incoming) -> None:
    """A budget protects real money only if the price is known: without one, a live call is not sent."""
    grant, model = incoming.grant, incoming.model
    if grant.backend != "live" or grant.budget_usd is None or model is None or has_price(incoming.wire.provider, model):
        return
    raise WireError(
        400,
        "invalid_request",
        f"No price is known for model {model!r}, so this lab's budget cannot cover it. Choose another model.",
        param="model",
    )


def _masked(secret: str) -> str:
    return f"{secret[:3]}{'*' * 8}{secret[-4:]}" if len(secret) > 12 else "*" * 8
