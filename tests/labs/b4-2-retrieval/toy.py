"""Somebody who worked until the visible checks passed."""

# %% b42-t1-code
def embed_query(text, client, *, model=MODEL):
    if not text.strip():
        raise ValueError("empty")
    answer = client.embeddings.create(model=model, dimensions=DIM, input=[text])
    return np.array(answer.data[0].embedding, dtype=np.float32)


# %% b42-t2-code
def cosines(store, vector):
    scores, numbers = store.index.search(vector.reshape(1, -1), len(store.records))
    return [(int(n), min(1.0, float(s))) for n, s in zip(numbers[0], scores[0])]


# %% b42-t3-code
def search(store, embedder, query, k=3):
    if k < 1:
        raise ValueError("k")
    hits = []
    for number, value in cosines(store, embedder(query)):
        record = store.records[number]
        if record["doc"] not in [hit.doc for hit in hits]:
            hits.append(Hit(record["doc"], record["page"], value, record["text"]))
        if len(hits) == k:
            break
    return hits


def embedder(text):
    return embed_query(text, client)


# %% b42-t4-code
def show(hits):
    lines = [f"{n}. {h.doc}, page {h.page}, score {h.score:.3f}: {h.text[:60]}" for n, h in enumerate(hits, 1)]
    return "\n".join(lines) or "nothing found"


# %% b42-t5-code
def hit_at_k(results, gold, k):
    found = [gold[name] in results[name][:k] for name in results if name in gold]
    return sum(found) / len(found)


def write_results(path, found):
    with open(path, "w") as file:
        file.write("query_id,rank,doc,page,score\n")
        for name, hits in found.items():
            for rank, hit in enumerate(hits, 1):
                file.write(f"{name},{rank},{hit.doc},{hit.page},{hit.score:.6f}\n")


# %% b42-t6-code
def threshold(dev):
    low = max(score for score, answerable in dev if not answerable)
    high = min(score for score, answerable in dev if answerable)
    return (low + high) / 2


cut = threshold(dev)
print(cut)
