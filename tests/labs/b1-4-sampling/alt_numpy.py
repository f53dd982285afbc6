"""logsumexp, searchsorted, query strings, idxmax."""

# %% b14-t1-code
def softmax_t(logits, temperature):
    x = np.array(logits, dtype=np.float64)
    if np.isclose(temperature, 0, atol=1e-12):
        return np.where(x == x.max(), 1.0, 0.0) / np.count_nonzero(x == x.max())
    x = x / temperature
    return np.exp(x - np.logaddexp.reduce(x))

# %% b14-t2-code
def top_p_filter(probs, p):
    p_sorted_places = np.lexsort((np.arange(len(probs)), -np.asarray(probs)))
    running = np.cumsum(np.asarray(probs)[p_sorted_places])
    last = int(np.searchsorted(running, p - 1e-9)) if p < 1 else len(running) - 1
    mask = np.zeros(len(probs), dtype=bool)
    mask[p_sorted_places[: last + 1]] = True
    filtered = np.where(mask, probs, 0.0)
    return filtered / filtered.sum()

# %% b14-t3-code
def sample(probs, rng):
    return int(np.argmax(rng.multinomial(1, probs)))


def distinct_ratio(samples):
    texts = pd.Series(samples, dtype=object)
    return 0.0 if texts.empty else float(texts.map(lambda t: t.strip().casefold()).nunique() / len(texts))

# %% b14-t5-code
def pick_model(needs, catalogue):
    limits = {
        "min_context": lambda t, v: t["context_tokens"] >= v,
        "max_seconds": lambda t, v: t["p50_seconds"] <= v,
        "sampling": lambda t, v: t["supports_sampling"] | (not v),
        "until": lambda t, v: t["retires"].isna() | t["retires"].gt(v),
    }
    t = catalogue.copy()
    for name, keep in limits.items():
        if name in needs:
            t = t.loc[keep(t, needs[name])]
    if len(t) == 0:
        raise LookupError(f"these limits leave no model: { {k: needs[k] for k in limits if k in needs} }")
    t = t.sort_values("model").set_index("model")
    w = pd.Series(needs["weights"])
    score = w["price"] * (t["usd_per_1000"].min() / t["usd_per_1000"]) + w["speed"] * (t["p50_seconds"].min() / t["p50_seconds"]) + w["quality"] * (t["quality"] / t["quality"].max())
    name = str(score.idxmax())
    return name, f"I choose {name} with {score[name]:.2f} points."
