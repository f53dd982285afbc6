"""Top-p that drops the word which crosses p; what is left still adds up to 1.

loses: b14-t2-check, b14-t2a-hidden
"""

# %% b14-t2-code
def top_p_filter(probs: np.ndarray, p: float) -> np.ndarray:
    order = np.argsort(-probs, kind="stable")
    reached = np.cumsum(probs[order])
    keep = order[reached <= p + 1e-12] if reached[0] <= p else order[:1]
    kept = np.zeros_like(probs)
    kept[keep] = probs[keep]
    return kept / kept.sum()
