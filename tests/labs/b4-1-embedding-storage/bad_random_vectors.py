"""An index full of random vectors: it has the right count and finds nothing.

loses: b41-t3a-hidden
"""

# %% b41-t3-code
def embed_batch(texts, client, *, model=MODEL, batch=96):
    vectors = np.random.default_rng(0).normal(size=(len(texts), DIM)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
