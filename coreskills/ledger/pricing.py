"""What a call costs at list price, from genai-prices' dated tables."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from genai_prices import Usage, calc_price

from coreskills.wire.http import Provider


def price_call(
    *,
    provider: Provider,
    model: str | None,
    input_tokens: int,
    output_tokens: int,
    cache_read_tokens: int = 0,
    cache_write_tokens: int = 0,
    batch: bool = False,
    at: datetime | None = None,
) -> Decimal | None:
    """Price one call.

    Args:
        input_tokens: All that was read, cached tokens included.
        batch: Sent through a batch: half price where the provider grants it.
        at: When it was sent: prices are dated. Now by default.

    Returns:
        US dollars, exact; ``None`` where no price is known (unknown is not free).

    Source: the tables inside the installed genai-prices.
    """
    if not model or not has_price(provider, model):
        return None
    usage = Usage(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cache_read_tokens=cache_read_tokens,
        cache_write_tokens=cache_write_tokens,
    )
    context = {"processing": "batch"} if batch else None
    try:
        priced = calc_price(usage, model, provider_id=provider, genai_request_timestamp=at, price_context=context)
    except LookupError:
        return None
    return Decimal(priced.total_price)


@lru_cache(maxsize=4096)
def has_price(provider: Provider, model: str) -> bool:
    """Whether a model has a price row today; unknown names are slow to look up, so the answer is kept."""
    try:
        calc_price(Usage(input_tokens=1), model, provider_id=provider)
    except LookupError:
        return False
    return True
