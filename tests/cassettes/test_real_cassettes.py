"""Real recorded traffic of both providers: it loads, replays through the gateway, and converts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import openai
import pytest
from replay_harness import serving_replays

from coreskills.cassettes import Recording, load, read
from coreskills.errors import ConversionError
from coreskills.wire.convert import can_convert, to_plain, to_stream

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "real-cassettes"
FILES = sorted(FOLDER.rglob("*.yaml"))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FILES, reason=f"there is no real recorded traffic in {FOLDER.name}/ beside the repository"),
]

# Answers that exist in one form only, and why.
ONE_FORM = {
    "test_background_mode_reasoning_vcr.yaml": "queued: a background response has no end yet",
    "test_background_mode_streaming_without_starting_after_vcr.yaml": "queued: a background response has no end yet",
    "test_background_mode_vcr.yaml": "queued: a background response has no end yet",
    "test_background_mode_with_tool_vcr.yaml": "queued: a background response has no end yet",
    "test_openai_previous_response_id.yaml": "written by hand: its status is 'complete', which the API does not have",
    "test_openai_previous_response_id_auto_mode.yaml": "written by hand: its status is 'complete'",
    "test_openai_responses_verbosity.yaml": "written by hand: its status is 'complete'",
    "test_tools_streaming_variant_a.yaml": "another provider's stream without a finish_reason",
    "test_tools_streaming_variant_b.yaml": "another provider's stream without a finish_reason",
    "test_tools_streaming_variant_d.yaml": "another provider's tool call whose arguments are null, not text",
}


@pytest.fixture(scope="module")
def cassettes() -> dict[Path, list[Recording]]:
    return {path: list(read(path).recordings) for path in FILES}


def test_every_file_loads(cassettes: dict[Path, list[Recording]]) -> None:
    """Each file is read, YAML and foreign serializers included, and makes an index."""
    assert len(cassettes) == len(FILES)
    assert sum(map(len, cassettes.values())) > 700
    for path in FILES[::20]:
        assert len(load([path]).entries) == len(cassettes[path])


def test_stream_and_plain_agree_except_for_those_listed(cassettes: dict[Path, list[Recording]]) -> None:
    """An answer turned into the other form and back says the same."""
    agreed: Counter[str] = Counter()
    apart = set()
    for path, recordings in cassettes.items():
        for each in recordings:
            if each.response.status == 200 and can_convert(each.request):
                if converts(each):
                    agreed[each.request.path] += 1
                else:
                    apart.add(path.name)
    print(f"\nagree: {dict(agreed)}; in one form only: {len(apart)} files")
    assert apart == set(ONE_FORM)
    assert sum(agreed.values()) > 600


def converts(recording: Recording) -> bool:
    request = replace(recording.request, body=json.dumps({"stream_options": {"include_usage": True}}).encode())
    try:
        plain = to_plain(recording.request, recording.response)
        back = to_plain(request, to_stream(request, plain))
    except ConversionError:
        return False
    return said(plain.json) == said(back.json)


def said(value: Any) -> Any:
    """Without nulls and empty lists, which one form says and the other leaves out."""
    if isinstance(value, dict):
        return {key: said(inner) for key, inner in value.items() if inner not in (None, [])}
    return [said(inner) for inner in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def replayed(cassettes: dict[Path, list[Recording]], tmp_path_factory: pytest.TempPathFactory) -> Counter[str]:
    counts: Counter[str] = Counter()
    with serving_replays(tmp_path_factory.mktemp("real")) as gateway:
        for path, recordings in cassettes.items():
            clients = Clients(gateway.url, gateway.key_for(path))
            for number, each in enumerate(recordings):
                try:
                    answer = clients.ask(each)
                except NotCallable as error:
                    counts[f"today's SDK cannot: {error}"] += 1
                    continue
                same = (answer.status_code, answer.read()) == (each.response.status, each.response.body)
                counts["the same" if same else f"differs: {path.name} {number} {answer.status_code}"] += 1
    print()
    for what, count in counts.most_common():
        print(f"{count:5} {what}")
    return counts


def test_every_call_of_todays_sdk_replays(replayed: Counter[str]) -> None:
    """Whatever today's SDK can ask of what was recorded is answered with the recorded bytes."""
    assert not [what for what in replayed if what.startswith("differs")]
    assert replayed["the same"] > 500


class NotCallable(Exception):
    """Today's SDK has no such call, or refuses to make it."""


class Clients:
    """Both SDKs before one gateway."""

    def __init__(self, url: str, key: str) -> None:
        self.claude = anthropic.Anthropic(base_url=url, api_key=key, max_retries=0)
        self.gpt = openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)

    def ask(self, recording: Recording) -> httpx2.Response:
        """Make the recorded call with the SDK's own method."""
        request = recording.request
        body = request.json
        if request.method != "POST" or not isinstance(body, dict):
            raise NotCallable(f"{request.method} of {request.provider} (not served by the gateway)")
        errors: list[str] = []
        for method in self._methods(f"{request.provider}{request.path}"):
            try:
                return self._send(method, body)
            except (TypeError, ValueError) as error:
                errors.append(f"{request.provider}{request.path}: {type(error).__name__}")
        raise NotCallable(errors[0] if errors else f"{request.provider}{request.path} (not served by the gateway)")

    def _methods(self, path: str) -> Iterator[Any]:
        known = {
            "anthropic/v1/messages": (self.claude.messages, self.claude.beta.messages),
            "openai/v1/chat/completions": (self.gpt.chat.completions,),
            "openai/v1/responses": (self.gpt.responses,),
            "openai/v1/embeddings": (self.gpt.embeddings,),
        }
        for resource in known.get(path, ()):
            yield resource.with_raw_response.create
        if path == "anthropic/v1/messages/count_tokens":
            yield self.claude.messages.with_raw_response.count_tokens
            yield self.claude.beta.messages.with_raw_response.count_tokens

    @staticmethod
    def _send(method: Any, body: dict[str, Any]) -> httpx2.Response:
        try:
            response: httpx2.Response = method(**body).http_response
        except (anthropic.APIStatusError, openai.APIStatusError) as error:
            return error.response
        return response
