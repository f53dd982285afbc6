"""Embeds the chunks again for every question.

loses: b42-t3c-hidden
"""

# %% b42-t3-code
def search(store, embedder, query, k=3):
    if k < 1:
        raise ValueError(f"k={k}")
    vector = np.asarray(embedder(query))
    first = {}
    for record in store.records:
        first.setdefault(record["doc"], record)
    scored = []
    for doc, record in first.items():
        own = np.asarray(embedder(record["text"][:300]))
        scored.append(Hit(doc, record["page"], float(vector @ own), record["text"]))
    return sorted(scored, key=lambda hit: -hit.score)[:k]


def embedder(text):
    return embed_query(text, client)
