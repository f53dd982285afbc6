"""What the gateway adds to a call, in work done: wall clocks lie on a busy machine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
from gateway_harness import House

from coreskills.gateway.app import create_app
from coreskills.gateway.shapes.anthropic import MessageBody, to_prompt

N_CALLS = 60


def ms_of_work(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return 1000 * (time.process_time() - start) / N_CALLS


def test_gateway_adds_at_most_five_milliseconds_of_work(house: House, ask: dict[str, Any]) -> None:
    """Key, budget, price, row in the ledger and trace, a client's own work included; beside the offline model alone."""
    headers = {"x-api-key": house.key(budget_usd=Decimal(100))}
    prompt = to_prompt(MessageBody.model_validate(ask))

    async def calls() -> None:
        transport = httpx.ASGITransport(create_app(house.gateway))
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway", headers=headers) as client:
            for _ in range(N_CALLS):
                assert (await client.post("/v1/messages", json=ask)).status_code == 200

    def direct() -> None:
        for _ in range(N_CALLS):
            house.gateway.models.complete(prompt)

    asyncio.run(calls())  # what is only needed once
    direct()
    assert ms_of_work(lambda: asyncio.run(calls())) - ms_of_work(direct) <= 5
