"""Limits, stops, names and determinism."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from coreskills.bench.offline import label_prompt
from coreskills.bench.offline_sets import domains
from coreskills.offline import tokens
from coreskills.offline.catalogue import CURRENT, RETIRED
from coreskills.offline.hashed import Hashed
from coreskills.offline.models import OfflineModels
from coreskills.offline.prompt import Completion, PromptError, Text

Say = Callable[..., Completion]
ARTICLE = (
    "Summarise in three sentences:\n\n"
    + "The ferry line opened in 1921. It carried 300 people a day. It closed in 1974. A bridge replaced it. " * 3
)


def told(completion: Completion) -> str:
    """The text of an answer."""
    return "".join(block.text for block in completion.blocks if isinstance(block, Text))


@pytest.mark.parametrize("model", ["claude-sonnet-5-5", "gpt-5.4-mini"])
def test_max_tokens_cuts_at_a_token_and_says_so(say: Say, model: str) -> None:
    """Ten tokens asked, ten given, and they begin the whole answer."""
    whole = say(ARTICLE, model=model)
    cut = say(ARTICLE, model=model, max_tokens=10)
    assert (cut.stop_reason, cut.output_tokens) == ("max_tokens", 10)
    assert told(whole).startswith(told(cut))
    assert tokens.count(told(cut), model=model) == 10


def test_a_stop_sequence_ends_the_answer_before_it(say: Say) -> None:
    """The text up to the sequence, and which one it was."""
    cut = say(ARTICLE, stop=("1974", "1921"))
    assert cut.stop_reason == "stop_sequence"
    assert cut.stop_sequence in ("1974", "1921")
    assert cut.stop_sequence not in told(cut)


@pytest.mark.parametrize("name", [info.id for info in RETIRED] + ["gpt-99", "claude-3"])
def test_a_retired_or_unknown_model_is_not_found(say: Say, name: str) -> None:
    """404 in the provider's words, never an alias."""
    with pytest.raises(PromptError) as refused:
        say("Hello!", model=name)
    assert (refused.value.status, refused.value.kind) == (404, "not_found")
    assert name in refused.value.message


@pytest.mark.parametrize("name", [info.id for info in CURRENT if info.kind == "text"])
def test_every_current_name_answers(say: Say, name: str) -> None:
    """Also its dated snapshot."""
    assert told(say("Hello!", model=name))
    assert told(say("Hello!", model=f"{name}-20261021"))


def test_a_prompt_past_the_context_is_refused_before_it_is_read(say: Say) -> None:
    """In the provider's own words, with the numbers."""
    with pytest.raises(PromptError, match=r"maximum context length is 128000 tokens.*resulted in \d{6} tokens"):
        say("word " * 130_000, model="gpt-4o-mini")
    with pytest.raises(PromptError, match=r"prompt is too long: \d{6} tokens > 200000 maximum"):
        say("word " * 210_000, model="claude-haiku-4-5")


def test_too_many_output_tokens_are_refused(say: Say) -> None:
    """The limit is named."""
    with pytest.raises(PromptError, match="max_tokens: 99999999 > 128000"):
        say("Hello!", max_tokens=99_999_999)


@pytest.mark.parametrize(
    "text",
    [
        "Hello, world!",
        "मेरा ऑर्डर कहाँ है?",
        "日本語のテキスト",
        "a" * 20_000,
        " \n\t " * 9_000,
        "the cat sat " * 4_000,
        "x😀y" * 5_000,
    ],
)
def test_openai_tokens_are_tiktokens_own(text: str) -> None:
    """Cutting long texts into slices does not change the count of ordinary text by more than a slice boundary."""
    exact = len(tokens.encoding("o200k_base").encode_ordinary(text))  # type: ignore[union-attr]
    assert abs(tokens.count(text, model="gpt-5.4") - exact) <= len(text) // tokens.SLICE
    assert tokens.is_exact("gpt-5.4")
    assert not tokens.is_exact("claude-opus-5-5")


def test_the_same_request_has_the_same_answer_in_another_process(say: Say) -> None:
    """Another hash seed, thread count and an empty cache change nothing."""
    prompts = [label_prompt(domains("tuning")[0], text, described=True) for _, text in domains("tuning")[0].texts[:8]]
    here = [told(say(p, model="claude-haiku-5-5", temperature=0.7, repetition=i)) for i, p in enumerate(prompts)]
    code = (
        "import json, sys\nfrom coreskills.offline.models import OfflineModels\nfrom coreskills.offline.prompt "
        "import *\n"
        "m = OfflineModels()\nout = []\nfor i, p in enumerate(json.load(sys.stdin)):\n"
        "    c = m.complete(Prompt(model='claude-haiku-5-5', turns=(Turn('user', (Text(p),)),), "
        "temperature=0.7, repetition=i))\n"
        "    out.append(''.join(b.text for b in c.blocks))\nprint(json.dumps(out))"
    )
    env = {**os.environ, "PYTHONHASHSEED": "77", "OPENBLAS_NUM_THREADS": "2"}
    ran = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(prompts), capture_output=True, text=True, env=env, check=True
    )
    assert json.loads(ran.stdout) == here


def test_temperature_varies_by_repetition_and_a_seed_holds_it(say: Say) -> None:
    """At temperature 0 nothing varies; at 1 the weak tier does, unless a seed is given."""
    domain = domains("tuning")[0]
    asked = [label_prompt(domain, text, described=False) for _, text in domain.texts[:6]]

    def spread(**options: object) -> int:
        return sum(len({told(say(p, model="gpt-4o-mini", repetition=r, **options)) for r in range(8)}) for p in asked)

    assert spread(temperature=0.0) == len(asked)
    assert spread(temperature=1.0, seed=5) == len(asked)
    assert spread(temperature=1.0) > len(asked)


def test_threads_get_the_same_answers(say: Say) -> None:
    """The server calls from a pool."""
    asked = [
        f"Is this positive or negative? I {word} the tent of row {i}." for i in range(12) for word in ("love", "hate")
    ]
    alone = [told(say(p)) for p in asked]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda p: told(say(p)), asked)) == alone


def test_embeddings_have_the_length_and_the_models_own_space(models: OfflineModels) -> None:
    """Unit rows; near texts are near; two models of one length do not fit together."""
    texts = ["How do I send back my boots?", "I want to return these shoes.", "Lisbon is sunny in May."]
    small = models.embed(texts, model="text-embedding-3-small").vectors
    other = models.embed(texts, model="text-embedding-ada-002").vectors
    short = models.embed(texts, model="text-embedding-3-small", dimensions=256).vectors
    assert small.shape == other.shape == (3, 1536)
    assert short.shape == (3, 256)
    for rows in (small, other, short):
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-4)
        assert rows[0] @ rows[1] > rows[0] @ rows[2] + 0.3
    assert abs(float(small[0] @ other[0])) < 0.25


@pytest.mark.parametrize(
    ("model", "dimensions"),
    [("text-embedding-3-small", 1537), ("text-embedding-3-small", 0), ("text-embedding-ada-002", 256)],
)
def test_impossible_dimensions_are_refused(models: OfflineModels, model: str, dimensions: int) -> None:
    """400, as the provider."""
    with pytest.raises(PromptError, match=r"dimensions"):
        models.embed(["x"], model=model, dimensions=dimensions)


def test_rerank_puts_the_answering_document_first(models: OfflineModels) -> None:
    """Scores lie in [0, 1] and do not depend on the other documents."""
    documents = ["Our tents come in green.", "Boots can be returned within 60 days.", "Boots are waxed once a year."]
    scores = models.rerank("How long can I return boots?", documents, model="rerank-v3.5")
    assert scores.index(max(scores)) == 1
    assert all(0 <= score <= 1 for score in scores)
    assert models.rerank("How long can I return boots?", documents[::-1], model="rerank-v3.5") == scores[::-1]


def test_vectors_survive_the_process(tmp_path: Path) -> None:
    """A second instance computes nothing again."""
    first = OfflineModels(tmp_path)
    kept = first.embed(["a text"], model="text-embedding-3-large").vectors
    first.close()
    second = OfflineModels(tmp_path)
    again = second.embed(["a text"], model="text-embedding-3-large").vectors
    assert second._embedder.computed == 0
    second.close()
    np.testing.assert_array_equal(kept, again)


def test_the_fallback_says_what_it_is() -> None:
    """Without weights vectors are hashed, of unit length, and named so."""
    models = OfflineModels(encoder=Hashed())
    made = models.embed(["return my boots", "return the boots", "Lisbon"], model="text-embedding-3-small")
    assert (made.encoder, models.encoder) == ("hashed-v1", "hashed-v1")
    assert made.vectors[0] @ made.vectors[1] > made.vectors[0] @ made.vectors[2]
