"""Every way to call the SDKs sees the same at replay as when it was recorded."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest
from replay_harness import Served, recording, save, serving
from sdk_calls import CASES

from coreskills.cassettes import read
from coreskills.cassettes.recorder import Recorder
from coreskills.gateway.session import Cell

pytestmark = pytest.mark.slow


@dataclass
class Runs:
    """What each case saw, recorded and replayed."""

    cassette: Path
    recorded: dict[str, Any] = field(default_factory=dict)
    replayed: dict[str, Any] = field(default_factory=dict)
    pauses_s: dict[str, list[float]] = field(default_factory=dict)
    misses: dict[str, list[str]] = field(default_factory=dict)


def seen(run: Any) -> Any:
    return json.loads(json.dumps(run(), default=str))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    folder = tmp_path_factory.mktemp("cases")
    recorder = Recorder(source="offline")
    result = Runs(folder / "cases.json")
    with pytest.MonkeyPatch.context() as patch:
        with (
            serving(folder / "upstream") as upstream,
            recording(folder / "recording", upstream.upstreams, recorder) as served,
        ):
            point_at(patch, served)
            for name, case in CASES.items():
                upstream.session.faults.set(case.faults)
                served.session.cell = Cell(cell_id=name)
                result.recorded[name] = seen(case.run)
            time.sleep(3)  # the answers that came too late for their clients are recorded all the same
        save(result.cassette, recorder.in_order())
        with serving(folder / "replay", cassettes=(result.cassette,)) as served:
            point_at(patch, served)
            pauses_s = pauses_before_retries(patch)
            for name, case in CASES.items():
                missed, paused = len(served.session.misses), len(pauses_s)
                result.replayed[name] = seen(case.run)
                result.pauses_s[name] = pauses_s[paused:]
                result.misses[name] = [miss.instructor_view for miss in served.session.misses[missed:]]
    return result


def pauses_before_retries(patch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that the SDKs decide to wait before they try again, as they come."""
    pauses_s: list[float] = []

    def noting(decide: Callable[..., float]) -> Callable[..., float]:
        def noted(*args: Any, **kwargs: Any) -> float:
            pauses_s.append(decide(*args, **kwargs))
            return pauses_s[-1]

        return noted

    for sdk in (anthropic, openai):
        client = sdk._base_client.BaseClient
        patch.setattr(client, "_calculate_retry_timeout", noting(client._calculate_retry_timeout))
    return pauses_s


def point_at(patch: pytest.MonkeyPatch, served: Served) -> None:
    patch.delenv("ANTHROPIC_AUTH_TOKEN", raising=False)
    for name, value in served.environment.items():
        patch.setenv(name, value)


def test_there_are_41_ways() -> None:
    """The list of ways is whole."""
    assert len(CASES) == 41


@pytest.mark.parametrize("name", CASES)
def test_replayed_like_recorded(runs: Runs, name: str) -> None:
    """A client with nothing but the environment's settings sees the same, byte for byte."""
    assert not runs.misses[name], "\n".join(runs.misses[name])
    assert runs.replayed[name] == runs.recorded[name]


@pytest.mark.parametrize("name", [name for name in CASES if "limited" in name or "overloaded" in name])
def test_replay_does_not_sleep_before_a_retry(runs: Runs, name: str) -> None:
    """The SDKs retry at once, whatever the provider had asked them to wait."""
    assert runs.pauses_s[name]
    assert max(runs.pauses_s[name]) <= 0.01


def test_nothing_secret_is_recorded(runs: Runs) -> None:
    """The cassette holds neither key nor the machine's own addresses."""
    text = runs.cassette.read_text(encoding="utf-8")
    assert "sk-" not in text
    assert "127.0.0.1" not in text


def test_slow_answers_are_recorded_though_the_client_left(runs: Runs) -> None:
    """A call that timed out is in the cassette with the time it took."""
    late = [each for each in read(runs.cassette).recordings if each.cell == "gpt_timeout"]
    assert [each.response.latency_ms for each in late] == [late[0].response.latency_ms]
    assert (late[0].response.latency_ms or 0) > 300
