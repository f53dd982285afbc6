"""Takes the answer's entries as they come.

loses: b41-t3a-hidden
"""

# %% b41-t3-code
def embed_batch(texts, client, *, model=MODEL, batch=96):
    rows = []
    for first in range(0, len(texts), batch):
        answer = client.embeddings.create(model=model, dimensions=DIM, input=texts[first : first + batch])
        rows += [item.embedding for item in answer.data]
    vectors = np.array(rows, dtype=np.float32).reshape(len(texts), DIM)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(norms == 0, 1, norms)
