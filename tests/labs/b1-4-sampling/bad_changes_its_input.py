"""Works in place, on the caller's own arrays.

loses: b14-t1a-hidden, b14-t2a-hidden
"""

# %% b14-t1-code
def softmax_t(logits: np.ndarray, temperature: float) -> np.ndarray:
    if temperature == 0:
        best = logits == logits.max()
        return best / best.sum()
    logits -= logits.max()
    logits /= temperature
    np.exp(logits, out=logits)
    logits /= logits.sum()
    return logits

# %% b14-t2-code
def top_p_filter(probs: np.ndarray, p: float) -> np.ndarray:
    order = np.argsort(-probs, kind="stable")
    before = np.cumsum(probs[order]) - probs[order]
    probs[order[before >= p - 1e-12]] = 0
    probs /= probs.sum()
    return probs
