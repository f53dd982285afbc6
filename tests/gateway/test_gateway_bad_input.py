"""Whatever a client sends: a provider-shaped 4xx that says what is wrong, never a 500, never a stack trace."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import httpx
import openai
import pytest
from gateway_harness import House
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coreskills.gateway.endpoints import ENDPOINTS

POSTS = sorted({each.path for each in ENDPOINTS if each.method == "POST" and "{" not in each.path})
HELLO = [{"role": "user", "content": "Hello!"}]
HI = [{"role": "assistant", "content": "Hi"}]
MESSAGE: dict[str, Any] = {
    "model": "claude-haiku-4-5",
    "max_tokens": 20,
    "messages": HELLO,
}
CHAT: dict[str, Any] = {"model": "gpt-5.4-mini", "messages": HELLO}
GOOD: dict[str, dict[str, Any]] = {
    "/v1/messages": MESSAGE,
    "/v1/messages/count_tokens": {name: MESSAGE[name] for name in ("model", "messages")},
    "/v1/messages/batches": {"requests": [{"custom_id": "a", "params": MESSAGE}]},
    "/v1/chat/completions": CHAT,
    "/v1/responses": {"model": "gpt-5.4-mini", "input": "Hello!"},
    "/v1/responses/input_tokens": {"model": "gpt-5.4-mini", "input": "Hello!"},
    "/v1/embeddings": {"model": "text-embedding-3-small", "input": "Hello!"},
    "/v2/rerank": {"model": "rerank-v3.5", "query": "Hello!", "documents": ["a", "b"]},
}


def message_of(answer: httpx.Response, path: str) -> str:
    """The message of a provider-shaped error; fails on any other shape."""
    document = answer.json()
    if path.startswith("/v2/"):
        return str(document["message"])
    if path.startswith("/v1/messages"):
        assert document["type"] == "error"
        assert set(document["error"]) >= {"type", "message"}
    else:
        assert set(document["error"]) == {"message", "type", "param", "code"}
    return str(document["error"]["message"])


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "JSON"),
        (b"{", "JSON"),
        (b"null", "object"),
        (b"[]", "object"),
        (b'{"model": NaN}', "NaN"),
        (b'{"model": "\xff"}', "UTF-8"),
        (b'{"model": "\\ud800"}', "surrogate"),
        (b"[" * 100_000, "nested"),
        (b'{"model": ' + b"9" * 5000 + b"}", "JSON"),
    ],
    ids=["empty", "cut", "null", "list", "nan", "latin-1", "half surrogate", "nested", "endless number"],
)
def test_no_json_is_a_400(house: House, path: str, raw: bytes, said: str) -> None:
    """The message says why it is none."""
    answer = house.http(house.key()).post(path, content=raw)
    assert answer.status_code == 400
    assert said in message_of(answer, path)


@pytest.mark.parametrize(
    ("path", "change", "status", "said"),
    [
        ("/v1/messages", {"max_tokens": None}, 400, "max_tokens"),
        ("/v1/messages", {"max_tokens": "20"}, 400, "max_tokens"),
        ("/v1/messages", {"max_tokens": 0}, 400, "max_tokens"),
        ("/v1/messages", {"colour": "red"}, 400, "colour: Extra inputs are not permitted"),
        ("/v1/messages", {"messages": [{"role": "robot", "content": "x"}]}, 400, "messages.0.role"),
        ("/v1/messages", {"messages": [{"role": "user", "content": [{"type": "song"}]}]}, 400, "messages.0.content.0"),
        ("/v1/messages", {"messages": [{"role": "user", "content": 5}]}, 400, "messages.0.content"),
        ("/v1/messages", {"model": "claude-3-5-sonnet-20241022"}, 404, "model: claude-3-5-sonnet-20241022"),
        ("/v1/messages", {"model": "gpt-99"}, 404, "gpt-99"),
        ("/v1/messages", {"tool_choice": {"type": "tool", "name": "x"}}, 400, "not found in provided tools"),
        ("/v1/messages", {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, 400, "server tools"),
        ("/v1/messages", {"stream": "yes"}, 400, "stream"),
        ("/v1/messages", {"model": "gpt-5.4-mini"}, 404, "model: gpt-5.4-mini"),
        ("/v1/messages", {"messages": [{"role": "user", "content": ""}]}, 400, "messages.0: all messages must have"),
        ("/v1/messages", {"messages": [*HELLO, *HI]}, 200, ""),
        ("/v1/messages", {"model": "claude-sonnet-5", "messages": [*HELLO, *HI]}, 400, "assistant message prefill"),
        ("/v1/messages", {"temperature": 0.5}, 200, ""),
        ("/v1/messages", {"temperature": 0.5, "top_p": 0.5}, 400, "cannot both be specified"),
        ("/v1/messages", {"model": "claude-sonnet-5", "temperature": 1}, 200, ""),
        ("/v1/messages", {"model": "claude-sonnet-5", "temperature": 0}, 400, "`temperature` is deprecated"),
        ("/v1/chat/completions", {"messages": None}, 400, "messages"),
        ("/v1/chat/completions", {"colour": "red"}, 400, "Unknown parameter: 'colour'"),
        ("/v1/chat/completions", {"model": "gpt-99"}, 404, "The model `gpt-99` does not exist"),
        ("/v1/chat/completions", {"model": "claude-haiku-4-5"}, 404, "The model `claude-haiku-4-5` does not exist"),
        ("/v1/chat/completions", {"temperature": 3}, 400, "temperature"),
        ("/v1/chat/completions", {"temperature": 0.2}, 200, ""),
        ("/v1/chat/completions", {"temperature": 0.2, "reasoning_effort": "low"}, 400, "does not support 0.2"),
        ("/v1/chat/completions", {"temperature": 0, "model": "gpt-5-mini"}, 400, "Only the default (1) value"),
        ("/v1/chat/completions", {"response_format": {"type": "json_object"}}, 400, "the word 'json'"),
        ("/v1/responses", {"text": {"format": {"type": "json_object"}}}, 400, "the word 'json'"),
        ("/v1/chat/completions", {"messages": [{"role": "tool", "content": "", "tool_call_id": "c"}]}, 400, "preceed"),
        ("/v1/chat/completions", {"logprobs": True}, 400, "log probabilities"),
        ("/v1/chat/completions", {"audio": {"voice": "alloy"}, "modalities": ["text", "audio"]}, 400, "no voice"),
        ("/v1/responses", {"input": [{"type": "function_call_output", "call_id": "c", "output": ""}]}, 400, "No tool"),
        ("/v1/responses", {"previous_response_id": "resp_none"}, 400, "resp_none"),
        ("/v1/responses", {"tools": [{"type": "web_search"}]}, 400, "web_search"),
        ("/v1/embeddings", {"input": []}, 400, "input"),
        ("/v1/embeddings", {"input": [""]}, 400, "input"),
        ("/v1/embeddings", {"dimensions": 10_000}, 400, "dimensions"),
        ("/v1/embeddings", {"input": [[999_999_999]]}, 400, "token"),
        ("/v1/embeddings", {"model": "gpt-5.4-mini"}, 400, "not a model for this endpoint"),
        ("/v1/messages/batches", {"requests": []}, 400, "requests"),
        ("/v1/messages/batches", {"requests": [{"custom_id": "ä", "params": {}}]}, 400, "custom_id"),
        ("/v1/messages/batches", {"requests": [{"custom_id": "a", "params": {}}] * 2}, 400, "used twice"),
        ("/v2/rerank", {"documents": []}, 400, "documents"),
        ("/v2/rerank", {"documents": "a"}, 400, "documents"),
    ],
)  # fmt: skip
def test_wrong_field_is_named(house: House, path: str, change: dict[str, Any], status: int, said: str) -> None:
    """Missing, of another type, unknown, contradictory: the message names it."""
    body = {name: value for name, value in {**GOOD[path], **change}.items() if value is not None}
    answer = house.http(house.key()).post(path, json=body)
    assert answer.status_code == status, answer.text
    assert status == 200 or said in message_of(answer, path)


@pytest.mark.parametrize("path", POSTS)
def test_good_bodies_are_good(house: House, path: str) -> None:
    """The bodies that the tests here spoil are answered when they are not."""
    assert house.http(house.key()).post(path, json=GOOD[path]).status_code == 200


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/chat/completions"])
def test_twenty_megabytes_are_refused_politely(house: House, path: str) -> None:
    """More than a model reads is the provider's error; more than a body may hold is a 413."""
    http = house.http(house.key())
    long = {**GOOD[path], "messages": [{"role": "user", "content": "word " * 4_000_000}]}
    answer = http.post(path, json=long)
    assert answer.status_code in (400, 413)
    assert message_of(answer, path)
    answer = http.post(path, content=b"x" * 33_000_000)
    assert answer.status_code == 413
    assert "maximum size" in message_of(answer, path)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/messages", 405),
        ("DELETE", "/v1/chat/completions", 405),
        ("POST", "/v1/audio/speech", 404),
        ("GET", "/v1/messages/batches/msgbatch_none", 404),
        ("GET", "/v1/messages/batches/msgbatch_none/results", 404),
        ("GET", "/v1/models/gpt-99", 404),
        ("GET", "/v1/models?limit=0", 200),
        ("GET", "/v1/messages/batches?limit=0", 400),
        ("GET", "/v1/messages/batches?after_id=none", 400),
        ("GET", "/v2/chat", 404),
    ],
)
def test_unsupported_requests_say_what_there_is(house: House, method: str, path: str, status: int) -> None:
    """Paths, methods and ids that are none."""
    answer = house.http(house.key()).request(method, path)
    assert answer.status_code == status
    if status >= 400:
        assert message_of(answer, path)


def test_a_base_url_with_a_slip_is_told_how_to_mend_it(house: House) -> None:
    """OpenAI's ends in /v1, Anthropic's does not: everybody confuses them once."""
    key = house.key()
    with pytest.raises(openai.NotFoundError, match=f"set OPENAI_BASE_URL to {house.url}/v1"):
        openai.OpenAI(base_url=house.url, api_key=key, max_retries=0).chat.completions.create(
            **GOOD["/v1/chat/completions"]
        )
    with pytest.raises(anthropic.NotFoundError, match=f"set ANTHROPIC_BASE_URL to {house.url}[.]"):
        anthropic.Anthropic(base_url=f"{house.url}/v1", api_key=key, max_retries=0).messages.create(
            **GOOD["/v1/messages"]
        )


@pytest.mark.parametrize("key", ["", "x", "sk-coreskills-forged", "sk-\xe9", "a" * 10_000])
def test_forged_keys_are_refused(house: House, key: str) -> None:
    """In the provider's words, and without telling the key back."""
    http = house.http("")
    shown = {b"authorization": f"Bearer {key}".strip().encode("latin-1")}
    for path in POSTS:
        answer = http.post(path, json=GOOD[path], headers=shown)
        assert answer.status_code == 401
        assert message_of(answer, path)
        assert not key or len(key) < 4 or key not in answer.text


def test_refusals_are_in_the_ledger(house: House) -> None:
    """What the client did shows, and costs nothing."""
    http = house.http(house.key())
    http.post("/v1/messages", content=b"{")
    http.post("/v1/messages", json={**MESSAGE, "model": "claude-3-5-sonnet-20241022"})
    assert [(row.status, row.cost_usd, row.error_type) for row in house.calls()] == [
        (400, 0, "invalid_request_error"),
        (404, 0, "not_found_error"),
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)
# Words of the shapes, so that chance gets past the first check.
WORDS = """
text user assistant tool image tool_result tool_use document function base64 auto any json_schema function_call message
function_call_output input_text image_url claude-haiku-4-5 gpt-5.4-mini text-embedding-3-small rerank-v3.5
data:image/png;base64,AAAA
"""
FIELDS = st.sampled_from(
    """
    model messages content role type text tools tool_choice name input source data id media_type tool_use_id tool_calls
    tool_call_id function arguments parameters input_schema schema max_tokens stream system stop stop_sequences n seed
    url temperature response_format json_schema format output_config documents query top_n requests custom_id params
    output dimensions encoding_format image_url call_id instructions cache_control description
    """.split()  # noqa: SIM905  sixty short words
)
SHAPED = st.recursive(
    JSON | st.sampled_from(WORDS.split()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=5),
    max_leaves=15,
)


def spoil(body: Any, path: list[int], value: Any) -> Any:
    """Replace the part of a body that a list of numbers leads to."""
    if not path or not isinstance(body, dict | list) or not body:
        return value
    if isinstance(body, dict):
        name = sorted(body)[path[0] % len(body)]
        return {**body, name: spoil(body[name], path[1:], value)}
    place = path[0] % len(body)
    return [*body[:place], spoil(body[place], path[1:], value), *body[place + 1 :]]


FUZZ = settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def check(http: httpx.Client, path: str, body: Any) -> None:
    raw = json.dumps(body).encode("utf-8", "surrogatepass")
    answer = http.post(path, content=raw)
    assert answer.status_code < 500, (path, body, answer.text)
    assert "Traceback" not in answer.text
    if answer.status_code >= 400:
        assert message_of(answer, path)


@pytest.mark.parametrize("path", POSTS)
def test_spoiled_bodies_never_break_it(house: House, path: str) -> None:
    """A good body with one part replaced by anything."""
    http = house.http(house.key())

    @FUZZ
    @given(where=st.lists(st.integers(0, 5), min_size=1, max_size=5), value=SHAPED, stream=st.booleans())
    def run(where: list[int], value: Any, stream: bool) -> None:
        body = spoil(GOOD[path], where, value)
        check(http, path, {**body, "stream": True} if stream and isinstance(body, dict) else body)

    run()


@pytest.mark.slow
@pytest.mark.parametrize("path", POSTS)
def test_any_body_never_breaks_it(house: House, path: str) -> None:
    """Bodies put together from the words and fields of the shapes."""
    http = house.http(house.key())

    @settings(FUZZ, max_examples=200)
    @given(body=st.dictionaries(FIELDS, SHAPED, max_size=6))
    def run(body: dict[str, Any]) -> None:
        check(http, path, body)
        check(http, path, {**GOOD[path], **body})

    run()


@pytest.mark.parametrize("path", ["cell", "mode", "faults"])
def test_own_api_never_breaks(house: House, path: str) -> None:
    """Its settings may be anything as well."""
    http = house.http(house.key())
    fields = st.sampled_from(
        ["cell_id", "label", "order", "mode", "faults", "kind", "status", "times", "skip", "contains"]
    )
    inner = (
        JSON
        | st.dictionaries(fields, JSON, max_size=4)
        | st.lists(st.dictionaries(fields, JSON, max_size=4), max_size=3)
    )

    @FUZZ
    @given(body=st.dictionaries(fields, inner, max_size=4))
    def run(body: dict[str, Any]) -> None:
        answer = http.post(f"/coreskills/{path}", content=json.dumps(body).encode("utf-8", "surrogatepass"))
        assert answer.status_code < 500, (body, answer.text)

    run()
    assert http.get("/coreskills/status").status_code == 200
