"""Clients that nobody here wrote work against the gateway."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from gateway_harness import House

LABELS = "Classify the sentiment as positive or negative. Answer with one word.\n\nText: I love this tent, it is great!"


def run(command: list[str], *, env: dict[str, str], stdin: str = "", cwd: Path | None = None) -> str:
    """What a client in a process of its own printed."""
    clean = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    done = subprocess.run(
        command, env={**clean, **env}, input=stdin, capture_output=True, text=True, timeout=120, cwd=cwd, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_curl_gets_plain_and_streamed_answers(house: House, ask: dict[str, Any]) -> None:
    """As in any provider's quick start."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    key = house.key()
    command = ["curl", "-sS", "-N", f"{house.url}/v1/messages", "-H", f"x-api-key: {key}"]
    command += ["-H", "anthropic-version: 2023-06-01", "-H", "content-type: application/json", "-d", "@-"]
    assert json.loads(run(command, env={}, stdin=json.dumps(ask)))["type"] == "message"
    streamed = run(command, env={}, stdin=json.dumps({**ask, "stream": True}))
    assert streamed.startswith("event: message_start\n")
    assert "event: message_stop" in streamed
    assert [row.stream for row in house.calls()] == [False, True]


@pytest.mark.slow
def test_llm_talks_to_it(house: House, tmp_path: Path) -> None:
    """Simon Willison's ``llm``, by an extra model that its configuration names; streaming and not."""
    (tmp_path / "extra-openai-models.yaml").write_text(
        f"- model_id: classroom\n  model_name: gpt-5.4-mini\n  api_base: {house.url}/v1\n  api_key_name: classroom\n"
    )
    (tmp_path / "keys.json").write_text(json.dumps({"classroom": house.key()}))
    env = {"LLM_USER_PATH": str(tmp_path)}
    llm = [sys.executable, "-m", "llm"]
    assert run([*llm, "-m", "classroom", LABELS], env=env).strip().lower().startswith("positive")
    assert run([*llm, "-m", "classroom", "--no-stream", LABELS], env=env).strip().lower().startswith("positive")
    assert [(row.endpoint, row.stream, row.status) for row in house.calls()] == [
        ("chat/completions", True, 200),
        ("chat/completions", False, 200),
    ]


@pytest.mark.slow
def test_langchain_anthropic_talks_to_it(house: House) -> None:
    """Plain, streamed, with a tool, and with structured output."""
    langchain = pytest.importorskip("langchain_anthropic")
    from pydantic import BaseModel, Field

    class Weather(BaseModel):
        """The weather in a city."""

        city: str = Field(description="Name of the city")

    model = langchain.ChatAnthropic(
        model="claude-haiku-4-5", base_url=house.url, api_key=house.key(), max_tokens=100, max_retries=0
    )
    answer = model.invoke(LABELS)
    assert "positive" in answer.text.lower()
    assert answer.usage_metadata["output_tokens"] > 0
    assert "positive" in "".join(chunk.text for chunk in model.stream(LABELS)).lower()
    called = model.bind_tools([Weather], tool_choice="Weather").invoke("What is the weather in Paris?")
    assert called.tool_calls[0]["args"] == {"city": "Paris"}
    assert model.with_structured_output(Weather).invoke("What is the weather in Paris?") == Weather(city="Paris")
    assert {row.status for row in house.calls()} == {200}


@pytest.mark.slow
def test_langchain_openai_talks_to_it(house: House) -> None:
    """Chat, responses, streaming, tools and embeddings (which it sends as token numbers)."""
    langchain = pytest.importorskip("langchain_openai")
    shared: dict[str, Any] = {"base_url": f"{house.url}/v1", "api_key": house.key(), "max_retries": 0}
    for more in ({}, {"use_responses_api": True}):
        model = langchain.ChatOpenAI(model="gpt-5.4-mini", **shared, **more)
        assert "positive" in model.invoke(LABELS).text.lower()
        assert "positive" in "".join(chunk.text for chunk in model.stream(LABELS)).lower()
    embedded = langchain.OpenAIEmbeddings(
        model="text-embedding-3-small", dimensions=64, check_embedding_ctx_length=False, **shared
    ).embed_documents(["a tent", "a stove"])
    assert [len(vector) for vector in embedded] == [64, 64]
    assert {row.endpoint for row in house.calls()} == {"chat/completions", "responses", "embeddings"}
    assert {row.status for row in house.calls()} == {200}


@pytest.mark.full
def test_promptfoo_talks_to_it(house: House, tmp_path: Path) -> None:
    """Chat, responses, messages plain and streamed, and embeddings that compare answers; all assertions hold.

    It is half a gigabyte, so nothing here installs it. ``npm install --ignore-scripts promptfoo`` in a folder of its
    own, with its ``node_modules/.bin`` on the PATH or ``CORESKILLS_PROMPTFOO`` naming the command, and this runs.
    """
    command = os.environ.get("CORESKILLS_PROMPTFOO") or shutil.which("promptfoo")
    if command is None:
        pytest.skip("promptfoo is not installed: see this test's docstring")
    claude = {"apiBaseUrl": house.url, "apiKey": house.key()}
    gpt = {**claude, "apiBaseUrl": f"{house.url}/v1"}
    embedding = {"id": "openai:embedding:text-embedding-3-small", "config": gpt}
    config = {
        "prompts": ["Classify the sentiment as positive or negative. Answer with one word.\n\nText: {{text}}"],
        "providers": [
            {"id": "openai:chat:gpt-4.1-mini", "config": gpt},
            {"id": "openai:responses:gpt-5.4-mini", "config": gpt},
            {"id": "anthropic:messages:claude-haiku-4-5", "config": claude},
            {"id": "anthropic:messages:claude-sonnet-4-6", "config": {**claude, "stream": True}},
        ],
        "defaultTest": {"options": {"provider": {"embedding": embedding}}},
        "tests": [
            {
                "vars": {"text": text},
                "assert": [{"type": "icontains", "value": label}, {"type": "similar", "value": label}],
            }
            for text, label in (("I love this tent!", "positive"), ("The tent leaks, I am angry.", "negative"))
        ],
    }
    (tmp_path / "promptfooconfig.json").write_text(json.dumps(config))
    env = {
        "PROMPTFOO_DISABLE_TELEMETRY": "1",
        "PROMPTFOO_DISABLE_UPDATE": "1",
        "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
        "PROMPTFOO_CONFIG_DIR": str(tmp_path),
    }
    flags = ["--no-cache", "--no-progress-bar", "--output", "results.json"]
    run([command, "eval", "-c", "promptfooconfig.json", *flags], env=env, cwd=tmp_path)
    stats = json.loads((tmp_path / "results.json").read_text())["results"]["stats"]
    assert (stats["successes"], stats["failures"], stats["errors"]) == (8, 0, 0)
    assert {row.status for row in house.calls()} == {200}
    assert {(row.endpoint, row.stream) for row in house.calls()} == {
        ("chat/completions", False),
        ("responses", False),
        ("messages", False),
        ("messages", True),
        ("embeddings", False),
    }
