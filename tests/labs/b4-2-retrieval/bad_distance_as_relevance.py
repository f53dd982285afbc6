"""Whatever the index gives is printed as a score, distances too.

loses: b42-t2a-hidden
"""

# %% b42-t2-code
def cosines(store, vector):
    row = np.asarray(vector, dtype=np.float32).reshape(1, -1)
    scores, numbers = store.index.search(row, len(store.records))
    pairs = [(n, float(np.clip(s, -1, 1))) for n, s in zip(numbers[0].tolist(), scores[0], strict=True) if n != -1]
    return sorted(pairs, key=lambda pair: (-pair[1], store.records[pair[0]]["id"]))
