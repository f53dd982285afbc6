"""What labs recorded offline is what the offline models say today: else the recordings are out of date."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from gateway_harness import House

from coreskills.cassettes.files import read
from coreskills.wire.http import WireResponse

CASSETTES = Path(__file__).parents[2] / "cassettes"
# A recorded request is in one canonical form, which is not the form it was sent in; ids are made from its bytes.
_IDS = re.compile(r'"(?:msg|chatcmpl-|resp|req|fc|call|toolu)_?[a-z0-9]{20,}"')


def told(body: bytes, headers: Any) -> list[Any]:
    """An answer without what depends on a request's bytes; a stream as its events."""
    if WireResponse(200, headers, body).is_stream:
        lines = [line[6:] for line in body.decode().splitlines() if line.startswith("data: {")]
    else:
        lines = [body.decode()]
    return [json.loads(_IDS.sub('"id"', line)) for line in lines]


@pytest.mark.full
@pytest.mark.parametrize("lab", sorted(path.name for path in CASSETTES.iterdir() if path.is_dir()))
def test_recordings_are_what_the_offline_models_say(house: House, lab: str) -> None:
    """A change of the models that a lab would notice shows here; ``coreskills record LAB`` mends it."""
    stale = []
    for path in sorted((CASSETTES / lab).glob("*.json")):
        http = house.http(house.key(lab=lab))
        for each in read(path).recordings:
            if each.fault is not None or each.response.status != 200 or "/batches" in each.request.path:
                continue
            request = each.request
            query = f"?{request.query}" if request.query else ""
            made = http.request(
                request.method, request.path + query, content=request.body, headers=dict(request.headers)
            )
            before = told(each.response.body, each.response.headers)
            if made.status_code != 200 or told(made.content, dict(made.headers)) != before:
                stale.append((path.name, request.json, made.text[:400]))
    assert not stale
