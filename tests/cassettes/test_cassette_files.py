"""Cassettes are vcrpy's own files: canonical, free of secrets, the same bytes for the same calls."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
import vcr
from hypothesis import given
from hypothesis import strategies as st

from coreskills.cassettes import Provenance, Recording, localise, read, write
from coreskills.cassettes.recording import REQUEST_HEADERS, RESPONSE_HEADERS, canonical, without_waiting
from coreskills.cassettes.request import identify
from coreskills.errors import CassetteError
from coreskills.wire.http import WireRequest, WireResponse

TODAY = Provenance("offline", "2026-11-22", {"vcrpy": "9.4.2"})
JSON = {"content-type": "application/json"}


def call(text: str = "hi", answer: str = "ho", **more: Any) -> Recording:
    body = {"model": "claude-haiku-5-5", "max_tokens": 9, "messages": [{"role": "user", "content": text}]}
    headers = {"anthropic-version": "2026-10-21", "Content-Type": "application/json", "x-api-key": "sk-secret"}
    request = WireRequest("anthropic", "POST", "/v1/messages", "beta=true", headers, json.dumps(body).encode())
    return Recording(
        request, WireResponse(200, {**JSON, "Set-Cookie": "a=b"}, json.dumps({"a": answer}).encode()), **more
    )


def test_plain_vcrpy_replays_our_file(tmp_path: Path) -> None:
    """vcrpy with its own reader answers the provider's real address, matching on the body, umlauts included."""
    path = tmp_path / "lab.json"
    write(path, [call("one", "eins", causes=("f('one')",)), call("zwei", "zwölf ✓")], provenance=TODAY)
    ours = vcr.VCR(serializer="json", record_mode="none", match_on=("method", "uri", "body"))
    with ours.use_cassette(str(path)) as cassette:
        for text, answer in (("zwei", "zwölf ✓"), ("one", "eins")):
            body = {"messages": [{"role": "user", "content": text}], "max_tokens": 9, "model": "claude-haiku-5-5"}
            response = httpx2.post("https://api.anthropic.com/v1/messages", json=body)
            assert response.json() == {"a": answer}
        assert cassette.all_played


def test_what_vcrpy_wrote_is_read(tmp_path: Path) -> None:
    """A cassette made by plain vcrpy, YAML or JSON, gives the same recordings as ours."""
    from vcr.request import Request
    from vcr.serialize import serialize
    from vcr.serializers import jsonserializer, yamlserializer

    asked = Request(
        "POST", "https://api.anthropic.com/v1/messages", b'{"model":"m"}', {"Content-Type": "application/json"}
    )
    answer = {"status": {"code": 200, "message": "OK"}, "headers": {"Content-Type": ["application/json"]}}
    for serializer, name in ((jsonserializer, "a.json"), (yamlserializer, "a.yaml")):
        data = {"requests": [asked], "responses": [{**answer, "body": {"string": b'{"a":1}'}}]}
        (tmp_path / name).write_text(serialize(data, serializer))
        (recording,) = read(tmp_path / name).recordings
        assert recording.request == WireRequest("anthropic", "POST", "/v1/messages", "", JSON, b'{"model":"m"}')
        assert recording.response == WireResponse(200, JSON, b'{"a":1}')


def test_written_recordings_are_read_back(tmp_path: Path) -> None:
    """Cause, cell, fault and latency survive; provenance too."""
    response = WireResponse(599, {"x-coreskills-fault": "timeout"}, b"", latency_ms=None)
    late = replace(call("late"), response=response, fault="timeout")
    slow = replace(call("slow"), response=replace(call().response, latency_ms=1234), causes=("f(1)",), cell="b-check")
    path = tmp_path / "lab.json"
    write(path, [slow, late], provenance=TODAY)
    back = read(path)
    assert back.provenance == TODAY
    assert list(back.recordings) == [canonical(slow), canonical(late)]


def test_same_calls_same_bytes_and_the_date_stays(tmp_path: Path) -> None:
    """Recording again tomorrow changes nothing unless an answer changed."""
    path = tmp_path / "lab.json"
    tomorrow = replace(TODAY, on="2026-11-23")
    assert write(path, [call()], provenance=TODAY)
    before = path.read_bytes()
    assert not write(path, [call()], provenance=tomorrow)
    assert path.read_bytes() == before
    assert write(path, [call(answer="other")], provenance=tomorrow)
    assert read(path).provenance == tomorrow


def test_a_call_with_one_answer_is_kept_once_with_all_its_causes(tmp_path: Path) -> None:
    """A sequence of different answers stays whole and in order."""
    path = tmp_path / "lab.json"
    same = [call("a", "1", causes=("f('a')",)), call("a", "1", causes=("g('a')",)), call("a", "1", causes=("f('a')",))]
    write(path, [*same, call("b", "1"), call("b", "2"), call("b", "1")], provenance=TODAY)
    kept = read(path).recordings
    assert kept[0].causes == ("f('a')", "g('a')")
    assert [each.response.json["a"] for each in kept] == ["1", "1", "2", "1"]


def test_only_listed_headers_are_kept() -> None:
    """Four of the request, seven of the answer; no key, cookie or account."""
    assert (len(REQUEST_HEADERS), len(RESPONSE_HEADERS)) == (4, 7)
    kept = canonical(call())
    assert dict(kept.request.headers) == {"anthropic-version": "2026-10-21", "content-type": "application/json"}
    assert dict(kept.response.headers) == JSON


headers = st.dictionaries(
    st.sampled_from([*REQUEST_HEADERS, *RESPONSE_HEADERS, "X-Api-Key", "Set-Cookie", "Content-Type"]), st.text()
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
bodies = st.one_of(st.binary(), json_values.map(lambda value: json.dumps(value).encode()))
addresses = st.sampled_from(
    [b"", b'{"u": "http://127.0.0.1:81/v1/x"}', b"http://localhost/services/course/gateway/v1/y"]
)


@given(headers, headers, bodies, st.one_of(bodies, addresses), st.sampled_from(["", "beta=true", "b=2&a=1", "a=&a=1"]))
def test_the_canonical_form_is_its_own(
    sent: dict[str, str], got: dict[str, str], asked: bytes, body: bytes, query: str
) -> None:
    """Twice is once, for any call."""
    once = canonical(
        Recording(WireRequest("anthropic", "POST", "/v1/messages", query, sent, asked), WireResponse(200, got, body))
    )
    assert canonical(once) == once
    assert b"127.0.0.1" not in once.response.body


def test_addresses_of_a_gateway_become_the_providers_and_back() -> None:
    """A batch's results lie at the provider in the file, and at the gateway in the classroom."""
    results = b'{"results_url": "http://127.0.0.1:4321/services/course/gateway/v1/messages/batches/b1/results"}'
    kept = canonical(replace(call(), response=WireResponse(200, JSON, results))).response
    assert kept.json == {"results_url": "https://api.anthropic.com/v1/messages/batches/b1/results"}
    assert localise(kept, "http://hub/g/").json == {"results_url": "http://hub/g/v1/messages/batches/b1/results"}


@pytest.mark.parametrize(
    ("uri", "sent", "expected"),
    [
        ("https://api.anthropic.com/v1/messages?beta=true", {}, ("anthropic", "/v1/messages", "")),
        ("http://127.0.0.1:9/services/course/gateway/v1/messages", {}, ("anthropic", "/v1/messages", "")),
        ("http://127.0.0.1:9/v1/chat/completions", {}, ("openai", "/v1/chat/completions", "")),
        ("http://127.0.0.1:9/v1/models?b=2&a=1", {"Anthropic-Version": "1"}, ("anthropic", "/v1/models", "a=1&b=2")),
        ("http://127.0.0.1:9/v1/models", {}, ("openai", "/v1/models", "")),
        ("http://127.0.0.1:9/v2/rerank", {}, ("cohere", "/v2/rerank", "")),
        ("http://127.0.0.1:9/coreskills/status", {}, None),
    ],
    ids=["provider", "gateway below a path", "chat", "claude models", "gpt models", "rerank", "our own"],
)
def test_the_provider_is_told_from_address_and_headers(uri: str, sent: dict[str, str], expected: Any) -> None:
    """Wherever the request went, it is read as the provider would get it."""
    found = identify("post", uri, sent, b"")
    assert (found and (found.provider, found.path, found.query)) == expected


@pytest.mark.parametrize("status", [408, 409, 429, 500, 529])
def test_an_error_worth_retrying_says_retry_at_once(status: int) -> None:
    """The header that the SDKs read first is added; the provider's own stays for the learner to read."""
    waiting = WireResponse(status, {"retry-after": "20"}, b"")
    assert dict(without_waiting(waiting).headers) == {"retry-after": "20", "retry-after-ms": "1"}


def test_other_answers_are_left_alone() -> None:
    """Nothing is added where no SDK retries."""
    done = WireResponse(400, {}, b"")
    assert without_waiting(done) is done


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "no cassette"),
        ("{", "is not a cassette"),
        ('{"a": 1}', "is not a cassette"),
        ('{"interactions": [{"request": {"method": "POST"}}]}', "Interaction 0"),
    ],
    ids=["missing", "not JSON", "not a cassette", "damaged interaction"],
)
def test_a_bad_file_is_named_with_what_to_do(tmp_path: Path, text: str | None, words: str) -> None:
    """Which file, what is wrong, and how to make it anew."""
    path = tmp_path / "lab.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(CassetteError, match=words) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert "coreskills record" in caught.value.fix
