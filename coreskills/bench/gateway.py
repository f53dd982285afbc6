"""What the gateway adds to a call, how it bears 200 streams at once, and that a killed one forgets no answered call."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from coreskills.bench import Figure
from coreskills.gateway.keys import KeyStore
from coreskills.ledger import Ledger
from coreskills.offline.models import OfflineModels
from coreskills.offline.prompt import Prompt, Text, Turn

_ASKED = "Classify the sentiment as positive or negative: the tent arrived torn, and nobody answers my mail."
_N_CALLS = 300
_N_STREAMS = 200
_STREAMS_S = 30.0
_SETTLED_S = 5.0


def measure() -> list[Figure]:
    """All figures; takes about a minute."""
    return [added_ms(), *streams(), rows_lost()]


def added_ms() -> Figure:
    """Median of a call through the gateway less the median of asking the offline model itself, same prompt."""
    models = OfflineModels(None)
    prompt = Prompt(model="claude-haiku-4-5", turns=(Turn("user", (Text(_ASKED),)),), max_tokens=64)
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as (url, key, _):
        with httpx.Client(headers={"x-api-key": key}, trust_env=False, timeout=30) as client:
            through = [_timed(lambda: _ask(client, url)) for _ in range(_N_CALLS)]
        direct = [_timed(lambda: models.complete(prompt)) for _ in range(_N_CALLS)]
    warm = _N_CALLS // 5
    ours, reference = 1000 * median(through[warm:]), 1000 * median(direct[warm:])
    added = ours - reference
    return Figure(
        "gateway adds to a call, median", round(added, 2), "ms", round(reference, 2), None, "<= 5 ms", added <= 5
    )


def streams(*, n: int = _N_STREAMS, seconds: float = _STREAMS_S) -> list[Figure]:
    """``n`` clients stream without pause: errors, and the service's memory at the end beside that after 5 s."""
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), "--event-delay", "0.02") as (url, key, pid):
        done, errors, early_kb, late_kb = asyncio.run(_stream_many(url, key, pid, n=n, seconds=seconds))
    growth, late_mb, early_mb = late_kb / early_kb, round(late_kb / 1024, 1), round(early_kb / 1024, 1)
    return [
        Figure(
            f"errors in {done} streams, {n} at once for {seconds:g} s", errors, "errors", None, None, "0", errors == 0
        ),
        Figure("memory at the end", late_mb, "MB", early_mb, round(1 / growth, 3), "<= 1.2x", growth <= 1.2),
    ]


def rows_lost(*, seconds: float = 3.0) -> Figure:
    """Kill the service with SIGKILL under load, and look for every answered call in the ledger."""
    with tempfile.TemporaryDirectory() as folder:
        answered: list[str] = []
        with served(Path(folder)) as (url, key, pid):
            with httpx.Client(headers={"x-api-key": key}, trust_env=False, timeout=30) as client:
                _ask(client, url)
            threading.Timer(seconds, os.kill, (pid, signal.SIGKILL)).start()
            with ThreadPoolExecutor(16) as pool:
                for ids in pool.map(lambda number: _ask_until_dead(url, key, number), range(16)):
                    answered += ids
        ledger = Ledger(f"sqlite:///{folder}/ledger.sqlite")
        written = {call.response_id for call in ledger.calls()}
        ledger.close()
    lost = len([answer_id for answer_id in answered if answer_id not in written])
    name = f"calls lost of {len(answered)} answered before SIGKILL"
    return Figure(name, lost, "calls", None, None, "0", lost == 0 and len(answered) > 0)


@contextmanager
def served(folder: Path, *options: str) -> Iterator[tuple[str, str, int]]:
    """A gateway in a process of its own: its URL, a key, its process id."""
    keys = KeyStore(f"sqlite:///{folder}/keys.sqlite")
    key = keys.mint(learner="bench", lab="bench")
    keys.close()
    command = [sys.executable, "-m", "coreskills.gateway.serve", str(folder), *options]
    service = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert service.stdout is not None
        yield service.stdout.readline().strip(), key, service.pid
    finally:
        service.kill()
        service.wait()
        if service.stdout is not None:
            service.stdout.close()


def _ask(client: httpx.Client, url: str, asked: str = _ASKED) -> dict[str, Any]:
    body = {"model": "claude-haiku-4-5", "max_tokens": 64, "messages": [{"role": "user", "content": asked}]}
    answer = client.post(f"{url}/v1/messages", json=body)
    answer.raise_for_status()
    document: dict[str, Any] = answer.json()
    return document


def _ask_until_dead(url: str, key: str, number: int) -> list[str]:
    """Ids of all answers that came whole; plain and streamed in turn."""
    ids: list[str] = []
    with httpx.Client(headers={"x-api-key": key}, trust_env=False, timeout=30) as client:
        try:
            for turn in range(1_000_000):
                asked = f"{_ASKED} Order {number}-{turn}."
                ids.append(str(_ask(client, url, asked)["id"]) if turn % 2 else _ask_stream(client, url, asked))
        except httpx.TransportError:
            return ids
    return ids


def _ask_stream(client: httpx.Client, url: str, asked: str) -> str:
    body = {
        "model": "claude-haiku-4-5",
        "max_tokens": 64,
        "stream": True,
        "messages": [{"role": "user", "content": asked}],
    }
    answer_id = ""
    with client.stream("POST", f"{url}/v1/messages", json=body) as answer:
        answer.raise_for_status()
        for line in answer.iter_lines():
            if line.startswith("data: ") and '"message_start"' in line:
                answer_id = json.loads(line[6:])["message"]["id"]
            if '"message_stop"' in line:
                return answer_id
    raise httpx.RemoteProtocolError("the stream ended without message_stop")


async def _stream_many(url: str, key: str, pid: int, *, n: int, seconds: float) -> tuple[int, int, int, int]:
    end = time.monotonic() + seconds
    done = errors = 0

    async def client(number: int, http: httpx.AsyncClient) -> None:
        nonlocal done, errors
        while time.monotonic() < end:
            body = {
                "model": "gpt-5.4-mini",
                "stream": True,
                "messages": [{"role": "user", "content": f"{_ASKED} Order {number}."}],
            }
            try:
                async with http.stream("POST", f"{url}/v1/chat/completions", json=body) as answer:
                    text = (await answer.aread()).decode()
            except httpx.HTTPError:
                errors += 1
                continue
            done += 1
            errors += answer.status_code != 200 or not text.endswith("data: [DONE]\n\n")

    limits = httpx.Limits(max_connections=n, max_keepalive_connections=n)
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(headers=headers, limits=limits, timeout=60, trust_env=False) as http:
        clients = [asyncio.create_task(client(number, http)) for number in range(n)]
        await asyncio.sleep(min(_SETTLED_S, seconds / 2))
        early_kb = _resident_kb(pid)
        await asyncio.gather(*clients)
        return done, errors, early_kb, _resident_kb(pid)


def _resident_kb(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def _timed(work: Any) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
