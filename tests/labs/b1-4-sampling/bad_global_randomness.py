"""Ignores the generator it is given.

loses: b14-t3a-hidden
"""

# %% b14-t3-code
def sample(probs: np.ndarray, rng: np.random.Generator) -> int:
    return int(np.random.choice(len(probs), p=probs))


def distinct_ratio(samples: list[str]) -> float:
    return len({text.strip().casefold() for text in samples}) / len(samples) if samples else 0.0
