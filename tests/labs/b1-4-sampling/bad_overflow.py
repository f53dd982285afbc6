"""Softmax without care: large logits give nan, which is not None, and T = 0 divides by zero.

loses: b14-t1a-hidden, b14-t1b-hidden
"""

# %% b14-t1-code
def softmax_t(logits: np.ndarray, temperature: float) -> np.ndarray:
    powers = np.exp(np.asarray(logits) / temperature)
    return powers / powers.sum()
