"""Widgets in every state that matters, as notebook cells: tests look at them, the README shows some."""
# ruff: noqa: E501 - cells are data

from __future__ import annotations

_CALLS = """
from coreskills_widgets import CostMeter
def calls(n, each="0.0012", *, cells=8, source="offline", **more):
    models = ["claude-haiku-5-5", "claude-opus-5-5", "gpt-5.4-mini"]
    return [
        dict(dict(id=i + 1, time_utc=f"2026-11-14T12:{i // 60 % 60:02}:{i % 60:02}Z", cell_id=f"cell-{i * cells // n + 1}",
             cell_label=f"cell {i * cells // n + 1}", cell_order=i * cells // n + 1, provider="anthropic", endpoint="messages",
             model=models[i % 7 % 3], status=200, input_tokens=1200 + 17 * i % 900, output_tokens=80 + i * 31 % 300,
             cost_usd=each if i % 5 else str(4 * float(each)), latency_ms=340 + i * 137 % 2900, source=source), **more)
        for i in range(n)
    ]
"""

COST = {
    "cost-empty": "CostMeter([], budget_usd='0.50')",
    "cost-one": "CostMeter(calls(1, '0.00042'), budget_usd='0.50')",
    "cost-49": "CostMeter(calls(10, '0.0154', cells=3), budget_usd='0.50')",
    "cost-half": "CostMeter(calls(48, '0.0040'), budget_usd='0.50', lab='b1-2-cost-calculator')",
    "cost-80": "CostMeter(calls(50, '0.0050'), budget_usd='0.50')",
    "cost-99": "CostMeter(calls(50, '0.006199'), budget_usd='0.50')",
    "cost-100": "CostMeter(calls(50, '0.00625'), budget_usd='0.50')",
    "cost-103": "CostMeter([*calls(50, '0.00644'), *calls(1, status=429)], budget_usd='0.50')",
    "cost-unpriced": "CostMeter([*calls(46, '0.0040'), dict(model='llama-9', cell_id='cell-9', cell_label='cell 9', input_tokens=900, output_tokens=40, source='live'), dict(model='llama-9', status=200, source='live')], budget_usd='0.50')",
    "cost-all-unpriced": "CostMeter([dict(model='llama-9', source='live')] * 3, budget_usd='0.50')",
    "cost-estimated": "CostMeter(calls(12, '0.0001', estimated=True), budget_usd='0.50')",
    "cost-no-budget": "CostMeter(calls(12, '0.21', source='recorded'))",
    "cost-mixed": "CostMeter([*calls(3), *calls(1, source='live'), *calls(2, source='recorded')], budget_usd='5')",
    "cost-thousand": "CostMeter(calls(1000, '0.0002', cells=120), budget_usd='0.50')",
    "cost-hostile": "CostMeter([dict(model='<script>alert(1)</script><b>bold</b>', cost_usd='0.01', cell_id='x', cell_label='\\u202eevil ' + 'w' * 200, source='live'), dict(model='=SUM(A1)', cost_usd='0.01', cell_id='y', cell_label='cell 2', source='live')], budget_usd='0.50')",
    "cost-away": "import os; os.environ['CORESKILLS_GATEWAY_URL'] = 'http://127.0.0.1:9'; CostMeter()",
}

_RETRIEVAL = """
from coreskills_widgets import RetrievalViewer
import random
returns = "Returns and exchanges. Every tent is checked before it leaves the store. An opened tent may be returned within 30 days if it is dry and complete. Please keep the bag. Used stoves cannot be returned for safety reasons; a sealed stove can. Refunds are paid within five working days to the card you used."
documents = {"returns": ["", "", returns], "shipping": ["", "Standard shipping takes three days. Return shipping is free for members. We ship to 14 countries."], "tents": ["Tents come with pegs and a repair kit."]}
def hit(i, text, s, doc, page, **more):
    return dict(id=i, text=text, score=s, source=dict(doc=doc, title=doc + ".pdf", page=page), **more)
a, b, c = "An opened tent may be returned within 30 days if it is dry and complete.", "Please keep the bag. Used stoves cannot be returned for safety reasons; a sealed stove can.", "Return shipping is free for members."
d, e, f, g = "Tents come with pegs and a repair kit.", "Wash the fly sheet with cold water.", "Returned goods are inspected.", "Statutory rights are not affected."
dense = [hit("r3a", a, 0.8214, "returns", 3), hit("r3b", b, 0.793, "returns", 3), hit("s2", c, 0.744, "shipping", 2), hit("t1", d, 0.702, "tents", 1), hit("c2", e, 0.655, "care", 2)]
bm25 = [hit("s2", c, 11.204, "shipping", 2), hit("r3a", a, 9.871, "returns", 3), hit("t1", d, 9.02, "tents", 1), hit("r9", f, 7.313, "returns", 9), hit("l1", g, 7.001, "legal", 1)]
Q = "can I return an opened tent?"
cosine = dict(name="cosine", measure="cosine", higher_is_better=True, searched_n=812)
lexical = dict(name="BM25", measure="BM25", higher_is_better=True, searched_n=812)
rng = random.Random(4)
ids = [h["id"] for h in dense] + [f"x{i}" for i in range(120)]
vectors = [[rng.gauss(1 if i < 5 else 0, 0.5) for _ in range(16)] for i in range(125)]
space = dict(ids=ids, vectors=vectors, query=[1.0] * 16, docs=["policies"] * 125)
"""

RETRIEVAL = {
    "retrieval-two": "RetrievalViewer(Q, dense, retriever=cosine, other_hits=bm25, other_retriever=lexical, gold_ids=['r3a', 'r3b', 'faq'], gold_ranks={'faq': 12}, documents=documents, embeddings=space, latency_ms=12, cost_usd='0.0000021')",
    "retrieval-one": "RetrievalViewer(Q, dense[:1], retriever=cosine)",
    "retrieval-plain": "RetrievalViewer(Q, [a, b, c])",
    "retrieval-none": "RetrievalViewer(Q, [], filter='year >= 2027')",
    "retrieval-not-indexed": "RetrievalViewer(Q, dense, retriever=dict(cosine, hashed=True), gold_ids=['r3a', 'zz9'], index_ids=ids, other_error='the index is empty.', other_retriever=lexical)",
    "retrieval-many": "RetrievalViewer(Q, [hit(f'h{i}', f'{a} number {i}' if i % 3 else a, None if i == 7 else 1 / (i + 1), 'returns', i) for i in range(200)], retriever=cosine, other_hits=[hit(f'h{(i * 7) % 200}', f'{a} number {(i * 7) % 200}', 20 - i / 20, 'returns', i) for i in range(200)], other_retriever=lexical)",
    "retrieval-hostile": "RetrievalViewer('<script>alert(1)</script> \\u05e9\\u05dc\\u05d5\\u05dd', [hit('h1', '<script>alert(1)</script><b>tent</b> \\u0000\\u001b[31m ' + 'opened tent ' * 9000, float('nan'), 'x', 1), hit('h1', 'w' * 200, 0.2, 'y' * 200, 2), hit('h3', '\\u05d0\\u05d4\\u05dc \\u05e4\\u05ea\\u05d5\\u05d7', 0.2, 'heb', 1)], gold_ids=['h3'])",
    "retrieval-fused": "RetrievalViewer(Q, [dict(dense[0], parts=dict(bm25=dict(rank=2, added=0.0161), dense=dict(rank=1, added=0.0164), rerank=0.97), meta=dict(year=2026, kind='policy'))], retriever=dict(name='hybrid', measure='fused score'))",
}

_TRACES = """
from coreskills_widgets import TraceViewer
HEADERS = {"authorization": "Bearer sk-secret", "anthropic-version": "2026-10-21", "x-stainless-lang": "python", "content-type": "application/json"}
def call(i, model="claude-haiku-5-5", status=200, asked="Classify the review: I love it", said="positive", **more):
    base = dict(id=i, time_utc=f"2026-11-14T12:00:{i % 60:02}Z", cell_id="cell-1", cell_label="cell 1", provider="anthropic", endpoint="messages",
        method="POST", url="/v1/messages", model=model, status=status, latency_ms=240 * (i % 9 + 1), input_tokens=28, output_tokens=4, cost_usd="0.00004", source="offline",
        request=dict(headers=HEADERS, body=dict(model=model, max_tokens=1024, system="You label reviews.", messages=[dict(role="user", content=asked)])),
        response=dict(headers={"content-type": "application/json"}, body=dict(content=[dict(type="text", text=said)], usage=dict(input_tokens=28, output_tokens=4))))
    return base | more
failed = dict(headers={"retry-after": "1"}, body=dict(error=dict(type="rate_limit_error", message="Too many requests")))
mixed = [
    call(1), call(2, "claude-opus-5-5", source="live", latency_ms=3420, first_token_ms=610, response=dict(headers={}, events=[dict(at_ms=610, data='{"type":"content_block_delta","delta":{"type":"text_delta","text":"posi"}}'), dict(at_ms=3400, data='{"type":"content_block_delta","delta":{"type":"text_delta","text":"tive"}}')])),
    call(3, status=429, error=dict(type="rate_limit_error", message="Too many requests"), response=failed, error_type="rate_limit_error", cost_usd=None, latency_ms=20),
    call(4, status=429, retries=1, error=dict(type="rate_limit_error", message="Too many requests"), response=failed, error_type="rate_limit_error", cost_usd=None, latency_ms=20),
    call(5, retries=2, source="recorded", cassette=dict(file="b1-2.json", index=12, tier="exact"), latency_ms=1240),
    call(6, status=418, miss=dict(message="No recording fits this request.", changes=[dict(field="messages[0].content", before="Classify the review: I love it", after="Sort the review: I love it")], ignored=["max_tokens"]), error=dict(type="no_recording", message="This request differs from the recorded one in: prompt."), cost_usd=None),
    call(7, "text-embedding-3-small", provider="openai", endpoint="embeddings", url="/v1/embeddings", request=dict(headers=HEADERS, body=dict(model="text-embedding-3-small", input=["opened tent"], encoding_format="base64")), response=dict(headers={}, body=dict(data=[dict(embedding=[0.5, 0.5, 0.5, 0.5, 0, 0, 0, 0, 0, 0])]))),
]
"""

TRACE = {
    "trace-mixed": "TraceViewer(mixed)",
    "trace-none": "TraceViewer([])",
    "trace-one": "TraceViewer(mixed[:1])",
    "trace-thousand": "TraceViewer([call(i) for i in range(1, 1001)])",
    "trace-hostile": "TraceViewer([call(1, model='m' * 200, asked='<script>alert(1)</script><img src=x onerror=alert(2)> \\u202e\\u0007' + 'long text ' * 10000, said='w' * 3000)])",
    "trace-broken": "TraceViewer([call(1, ended='broken', said='')])",
}

SETUP = {"cost": _CALLS, "retrieval": _RETRIEVAL, "trace": _TRACES}
STATES = {**COST, **RETRIEVAL, **TRACE}


def cells(names: list[str]) -> list[str]:
    """Notebook cells for some states: what they need first, then one cell a state."""
    kinds = list(dict.fromkeys(name.partition("-")[0] for name in names))
    return [*(SETUP[kind].strip() for kind in kinds), *(STATES[name] for name in names)]
