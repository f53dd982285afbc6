"""The index: which recording answers, in which order and form, from many threads, and what a miss says."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreskills.cassettes import Cassette, Hit, Library, Miss, Recording
from coreskills.cassettes.compose import decode, encode
from coreskills.cassettes.drift import compare, summary
from coreskills.wire.convert import to_stream
from coreskills.wire.http import WireRequest, WireResponse

JSON = {"content-type": "application/json"}
MODEL = "claude-haiku-5-5"


def request(body: Any, path: str = "/v1/messages", provider: Any = "anthropic", method: str = "POST") -> WireRequest:
    return WireRequest(provider, method, path, body=json.dumps(body).encode() if body is not None else b"")


def ask(text: str, **more: Any) -> dict[str, Any]:
    return {"model": MODEL, "max_tokens": 50, "messages": [{"role": "user", "content": text}], **more}


def answer(text: str, *, status: int = 200, stop: str = "end_turn", tokens: int = 5, **more: Any) -> WireResponse:
    message = {
        "id": f"msg_{text}",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": [{"type": "text", "text": text}],
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": tokens},
        **more,
    }
    return WireResponse(status, JSON, json.dumps(message).encode())


def library(*recordings: Recording, name: str = "lab.json") -> Library:
    return Library([Cassette(name, recordings)])


def said(found: Hit | Miss) -> str:
    assert isinstance(found, Hit), found.learner_message
    return str(found.response.json["content"][0]["text"])


def reason(found: Hit | Miss) -> str:
    assert isinstance(found, Miss)
    return found.reason


# ---- order ----
def test_equal_requests_play_in_recorded_order_and_repeat_the_last() -> None:
    """529, 529, then an answer, and that answer ever after."""
    busy = WireResponse(529, JSON, b'{"type": "error"}')
    session = library(*(Recording(request(ask("hi")), each) for each in (busy, busy, answer("ok")))).session()
    found = [session.find(request(ask("hi"))) for _ in range(5)]
    assert [each.response.status for each in found] == [529, 529, 200, 200, 200]
    assert found[0].response.headers["retry-after-ms"] == "1"


def test_a_batch_goes_on_and_ends() -> None:
    """Polling plays the states in order."""
    poll = request(None, "/v1/messages/batches/b1", method="GET")
    states = [Recording(poll, WireResponse(200, JSON, json.dumps({"s": s}).encode())) for s in ("in", "in", "ended")]
    session = library(*states).session()
    assert [session.find(poll).response.json["s"] for _ in range(4)] == ["in", "in", "ended", "ended"]


def test_sessions_do_not_disturb_each_other() -> None:
    """Each client starts at the beginning."""
    one = library(Recording(request(ask("hi")), answer("1")), Recording(request(ask("hi")), answer("2")))
    first, second = one.session(), one.session()
    assert [said(each.find(request(ask("hi")))) for each in (first, first, second)] == ["1", "2", "1"]


def test_recordings_of_the_running_test_call_come_first() -> None:
    """A learner who does not retry in one test does not shift the answers of the next."""
    cut = WireResponse(500, JSON, b"{}")
    recorded = [Recording(request(ask("hi")), r, (c,)) for c in ("f('hi')", "g('hi')") for r in (cut, answer(c))]
    session = library(*recorded).session()
    assert session.find(request(ask("hi")), cause="f('hi')").response.status == 500
    assert session.find(request(ask("hi")), cause="g('hi')").response.status == 500
    assert said(session.find(request(ask("hi")), cause="g('hi')")) == "g('hi')"


def test_sequences_are_whole_under_many_threads() -> None:
    """A thousand equal requests from sixteen threads get each of a hundred recordings, and the last for the rest."""
    session = library(*(Recording(request(ask("hi")), answer(str(n))) for n in range(100))).session()
    with ThreadPoolExecutor(16) as pool:
        got = list(pool.map(lambda _: said(session.find(request(ask("hi")))), range(1000)))
    assert sorted(map(int, got)) == [*range(100), *[99] * 900]


def test_the_index_may_be_asked_from_an_event_loop() -> None:
    """Finding never waits, so tasks may share a session."""
    session = library(*(Recording(request(ask("hi")), answer(str(n))) for n in range(20))).session()

    async def one() -> str:
        await asyncio.sleep(0)
        return said(session.find(request(ask("hi"))))

    async def every() -> list[str]:
        return await asyncio.gather(*(one() for _ in range(20)))

    assert sorted(map(int, asyncio.run(every()))) == list(range(20))


# ---- forms and limits ----
def test_a_stream_is_answered_with_a_stream_and_a_plain_request_plainly() -> None:
    """Whichever form was recorded."""
    plain, stream = request(ask("hi")), request(ask("hi", stream=True))
    streamed = to_stream(stream, answer("from a stream"))
    hit = library(Recording(stream, streamed)).find(plain)
    assert (said(hit), hit.response.headers["content-type"]) == ("from a stream", "application/json")
    back = library(Recording(plain, answer("from a stream"))).find(stream)
    assert back.response.body == streamed.body


def test_the_form_that_was_asked_is_preferred() -> None:
    """Where both were recorded nothing is converted."""
    plain, stream = request(ask("hi")), request(ask("hi", stream=True))
    both = library(Recording(stream, to_stream(stream, answer("s"))), Recording(plain, answer("p")))
    assert said(both.find(request(ask(" hi ")))) == "p"


def test_a_stream_that_broke_has_no_plain_form() -> None:
    """The miss says so."""
    stream = request(ask("hi", stream=True))
    broken = Recording(stream, WireResponse(200, {"content-type": "text/event-stream"}, b"data: {}\n\n"), fault="drop")
    assert "cannot be given in the form" in reason(library(broken).find(request(ask("hi"))))
    hit = library(broken).find(stream)
    assert isinstance(hit, Hit)
    assert hit.fault == "drop"


@pytest.mark.parametrize(
    ("recorded", "limit", "served"),
    [
        (answer("x", tokens=5), 5, True),
        (answer("x", tokens=5), 4, False),
        (answer("x", tokens=50, stop="max_tokens"), 51, False),
        (answer("x", tokens=50, stop="max_tokens"), 50, True),
        (answer("x", tokens=5), 1000, True),
    ],
    ids=["just enough", "too few", "was cut", "cut the same", "more"],
)
def test_another_limit_is_ignored_only_where_it_changes_nothing(
    recorded: WireResponse, limit: int, served: bool
) -> None:
    """An answer is neither passed off as shorter nor as longer than the model would have given."""
    found = library(Recording(request(ask("hi")), recorded)).find(request(ask("hi", max_tokens=limit)))
    assert isinstance(found, Hit) is served


# ---- conversations and tools ----
def test_a_conversation_that_forgot_its_beginning_is_missed() -> None:
    """Memory is what such a lab is about: the same last question without the history is another question."""
    told = [{"role": "user", "content": "My name is Ada Lovelace."}, {"role": "assistant", "content": "Hello Ada."}]
    question = {"role": "user", "content": "What is my name, please?"}
    first = Recording(
        request(ask("My name is Ada Lovelace.")), answer("Hello Ada."), ("chat('My name is Ada Lovelace.')",)
    )
    asked = request({"model": MODEL, "max_tokens": 50, "messages": [*told, question]})
    second = Recording(asked, answer("Ada."), ("chat('What is my name, please?')",))
    kept = request({"model": MODEL, "max_tokens": 50, "system": "Be kind.", "messages": [*told, question]})
    lost = request({"model": MODEL, "max_tokens": 50, "system": "Be kind.", "messages": [question]})
    cause = "chat('What is my name, please?')"
    one = library(first, second)
    assert said(one.find(kept, cause=cause)) == "Ada."
    assert "at this point of such a conversation" in reason(one.find(lost, cause=cause))


def test_another_result_of_a_tool_is_another_request() -> None:
    """The recorded last answer follows the recorded result only."""
    tool = {"name": "weather", "description": "d", "input_schema": {"type": "object", "properties": {}}}

    def turn(result: str, system: str) -> WireRequest:
        return request(
            ask(
                "",
                system=system,
                tools=[tool],
                messages=[
                    {"role": "user", "content": "Will it rain in Oslo today?"},
                    {
                        "role": "assistant",
                        "content": [{"type": "tool_use", "id": "t1", "name": "weather", "input": {}}],
                    },
                    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": result}]},
                ],
            )
        )

    cause = "agent('Will it rain in Oslo today?')"
    one = library(Recording(turn("18 degrees", "a"), answer("It is 18 degrees."), (cause,)))
    assert said(one.find(turn("18 degrees", "b"), cause=cause)) == "It is 18 degrees."
    assert isinstance(one.find(turn("25 degrees", "b"), cause=cause), Miss)


def test_a_tool_that_the_request_lacks_is_never_called() -> None:
    """An answer that calls it is no answer to a request without it."""
    tool = {"name": "weather", "description": "d", "input_schema": {"type": "object", "properties": {}}}
    calls = answer("x", content=[{"type": "tool_use", "id": "t1", "name": "weather", "input": {}}], stop="tool_use")
    one = library(
        Recording(request(ask("Will it rain in Oslo?", tools=[tool])), calls, ("f('Will it rain in Oslo?')",))
    )
    found = one.find(request(ask("Tell me: will it rain in Oslo?")), cause="f('Will it rain in Oslo?')")
    assert "not with these tools" in reason(found)


def test_two_prompts_with_different_answers_decide_nothing() -> None:
    """A third wording of an input that was recorded with two prompts gets neither answer, unless both say the same."""
    text = "The zip broke on day one."
    prompts = [request(ask(f"{prompt}: {text}")) for prompt in ("Judge", "Label")]
    cause = f"f({text!r})"
    third = request(ask(f"What of this? {text}"))
    apart = library(*(Recording(p, answer(w), (cause,)) for p, w in zip(prompts, ("good", "bad"), strict=True)))
    assert "different prompts with different answers" in reason(apart.find(third, cause=cause))
    agreed = library(*(Recording(p, answer("bad", id=f"m{n}"), (cause,)) for n, p in enumerate(prompts)))
    assert said(agreed.find(third, cause=cause)) == "bad"


# ---- composed ----
def embedding(texts: list[str], vectors: list[list[float]], tokens: int, **more: Any) -> Recording:
    data = [{"object": "embedding", "index": n, "embedding": encode(v)} for n, v in enumerate(vectors)]
    body = {"object": "list", "data": data, "model": "e", "usage": {"prompt_tokens": tokens, "total_tokens": tokens}}
    asked = {"input": texts, "model": "e", "encoding_format": "base64", **more}
    return Recording(request(asked, "/v1/embeddings", "openai"), WireResponse(200, JSON, json.dumps(body).encode()))


def test_embeddings_are_composed_from_recorded_vectors() -> None:
    """Any list of known texts, in any order, in either form; the tokens add up."""
    one = library(embedding(["aa", "bb"], [[1.0, 0.5], [0.0, 1.0]], 8), embedding(["c"], [[2.0, 2.0]], 3))
    hit = one.find(request({"input": ["c", "aa"], "model": "e"}, "/v1/embeddings", "openai"))
    assert isinstance(hit, Hit)
    assert (hit.tier, hit.interaction) == ("composed", None)
    assert [each["embedding"] for each in hit.response.json["data"]] == [[2.0, 2.0], [1.0, 0.5]]
    assert hit.response.json["usage"] == {"prompt_tokens": 7, "total_tokens": 7}
    packed = one.find(request({"input": "bb", "model": "e", "encoding_format": "base64"}, "/v1/embeddings", "openai"))
    assert decode(packed.response.json["data"][0]["embedding"]) == [0.0, 1.0]


@pytest.mark.parametrize(
    "asked",
    [
        {"input": ["aa", "zz"], "model": "e"},
        {"input": "aa", "model": "other"},
        {"input": "aa", "model": "e", "dimensions": 1},
    ],
    ids=["unknown text", "another model", "other dimensions"],
)
def test_a_vector_that_was_not_recorded_is_not_made_up(asked: dict[str, Any]) -> None:
    """The miss names the first such text."""
    one = library(embedding(["aa"], [[1.0]], 8))
    assert "no vector is recorded for 1 of its texts" in reason(one.find(request(asked, "/v1/embeddings", "openai")))


def test_rerank_is_composed_from_recorded_pairs() -> None:
    """Any list of known documents, ranked; ties keep their order; top_n is obeyed."""
    asked = {"model": "r", "query": "q", "documents": ["a", "b", "c"]}
    results = [
        {"index": 1, "relevance_score": 0.9},
        {"index": 0, "relevance_score": 0.5},
        {"index": 2, "relevance_score": 0.5},
    ]
    recorded = Recording(
        request(asked, "/v2/rerank", "cohere"), WireResponse(200, JSON, json.dumps({"results": results}).encode())
    )
    one = library(recorded)
    hit = one.find(request({**asked, "documents": ["c", "a", "b"], "top_n": 2}, "/v2/rerank", "cohere"))
    assert hit.response.json["results"] == [{"index": 2, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.5}]
    assert isinstance(one.find(request({**asked, "documents": ["a", "z"]}, "/v2/rerank", "cohere")), Miss)


# ---- misses ----
def test_a_miss_is_shaped_like_the_providers_errors() -> None:
    """418 that no SDK retries, with the message where each SDK looks for it."""
    empty = library()
    claude = empty.find(request(ask("hi")))
    assert (claude.response.status, claude.response.headers["x-should-retry"]) == (418, "false")
    assert claude.response.json["error"]["type"] == "cassette_miss"
    gpt = empty.find(request({"model": "gpt-5.4-mini", "messages": []}, "/v1/chat/completions", "openai"))
    assert gpt.response.json["error"]["code"] == "cassette_miss"
    assert "nothing was recorded for this endpoint" in gpt.response.json["error"]["message"]


def test_a_miss_names_what_differs_to_the_learner_and_shows_the_instructor_where() -> None:
    """The learner is told the fields, the instructor gets the nearest recording and a diff."""
    one = library(
        Recording(
            request(ask("Judge this tent of order 4711", system="Be brief.")), answer("good"), cell="b11-t1-hidden"
        ),
        Recording(request(ask("Something else entirely")), answer("no")),
        name="lab.hidden.json",
    )
    miss = one.find(
        request(ask("Judge this tent of order 4712", temperature=0.5, model="claude-opus-5-5")), cause="judge(4712)"
    )
    assert isinstance(miss, Miss)
    for field in ("model", "temperature", "system prompt", "message text"):
        assert field in miss.learner_message
    assert "4711" not in miss.learner_message
    for line in (
        "test call: judge(4712)",
        "interaction 0 of lab.hidden.json",
        "b11-t1-hidden",
        "-user: Judge",
        "+user: Judge",
    ):
        assert line in miss.instructor_view


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "text", "content", "role", "name", "input", "function"]), inner)
    ),
    max_leaves=12,
)
FIELDS = ["model", "messages", "input", "system", "tools", "max_tokens", "stream", "stream_options", "n", "documents"]
PATHS = ["/v1/messages", "/v1/chat/completions", "/v1/responses", "/v1/embeddings", "/v2/rerank", "/v1/other"]


@given(st.one_of(json_values, st.dictionaries(st.sampled_from(FIELDS), json_values)), st.sampled_from(PATHS))
def test_whatever_is_asked_is_a_hit_or_a_miss(body: Any, path: str) -> None:
    """No body that JSON can write makes the index fail, be it asked or recorded."""
    wire = request(body, path, "openai")
    known = library(
        Recording(request(ask("The zip broke on day one.")), answer("no"), ("f('The zip broke on day one.')",)),
        embedding(["aa"], [[1.0]], 8),
        Recording(
            request({"x": body}, path, "openai"), WireResponse(200, JSON, json.dumps(body).encode()), ("f('a b c d')",)
        ),
    )
    assert isinstance(known.find(wire, cause="f('The zip broke on day one.')"), (Hit, Miss))
    assert isinstance(library(Recording(wire, answer("x"))).find(wire), Hit)


@pytest.mark.parametrize("body", [b"", b"\xff", b"[[[", b'"\\ud800"', b"[" * 5000 + b"]" * 5000], ids=range(5))
def test_a_body_that_is_no_json_is_only_found_exactly(body: bytes) -> None:
    """Bytes are compared as bytes."""
    wire = WireRequest("openai", "POST", "/v1/chat/completions", body=body)
    assert isinstance(library(Recording(wire, answer("x"))).find(wire), Hit)
    assert isinstance(library(Recording(request(ask("hi")), answer("x"))).find(wire), Miss)


# ---- drift ----
def test_drift_tells_what_changed_between_two_recordings() -> None:
    """Answers, usage, status, new and gone; what is the same is only counted."""
    before = [Recording(request(ask(t)), answer(t)) for t in ("same", "said", "used", "gone", "ill")]
    after = [
        Recording(request(ask("same")), answer("same", id="msg_new")),
        Recording(request(ask("said")), answer("said otherwise")),
        Recording(request(ask("used")), answer("used", tokens=7)),
        Recording(request(ask("new")), answer("new")),
        Recording(request(ask("ill")), answer("ill", status=500)),
    ]
    drift = compare(before, after)
    assert [(change.what, change.request.rpartition(" ")[2]) for change in drift.changes] == [
        ("answer", "said"),
        ("usage", "used"),
        ("status", "ill"),
    ]
    assert ([each.rpartition(" ")[2] for each in drift.added], len(drift.removed), drift.same) == (["new"], 1, 1)
    assert summary([drift]) == "1 the same, 3 changed, 1 new, 1 gone"
