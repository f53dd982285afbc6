"""Plain loops and math instead of arrays; inverse-transform sampling; csv by hand."""

# %% b14-t1-code
import math


def softmax_t(logits, temperature):
    values = [float(x) for x in logits]
    top = max(values)
    if temperature <= 0:
        weights = [1.0 if x == top else 0.0 for x in values]
    else:
        weights = [math.exp((x - top) / temperature) for x in values]
    total = math.fsum(weights)
    return np.array([w / total for w in weights])

# %% b14-t2-code
def top_p_filter(probs, p):
    ranked = sorted(range(len(probs)), key=lambda i: (-probs[i], i))
    kept, reached = {}, 0.0
    for i in ranked:
        kept[i] = float(probs[i])
        reached += float(probs[i])
        if reached >= p or math.isclose(reached, p):
            break
    total = sum(kept.values())
    return np.array([kept.get(i, 0.0) / total for i in range(len(probs))])

# %% b14-t3-code
def sample(probs, rng):
    u, reached = rng.random(), 0.0
    last = 0
    for i, probability in enumerate(probs):
        if probability > 0:
            last = i
            reached += probability
            if u < reached:
                return i
    return last


def distinct_ratio(samples):
    seen = []
    for text in samples:
        key = text.casefold().strip()
        if key not in seen:
            seen.append(key)
    return len(seen) / len(samples) if samples else 0.0

# %% b14-t4-code
import csv

with open("out/sampling.csv", "w", newline="", encoding="utf-8") as file:
    writer = csv.writer(file)
    writer.writerow(["temperature", "n", "distinct_ratio"])
    for temperature in sorted(set(replies["temperature"])):
        texts = [r["text"] for r in replies.to_dict("records") if r["temperature"] == temperature]
        writer.writerow([temperature, len(texts), distinct_ratio(texts)])

# %% b14-t5-code
def pick_model(needs, catalogue):
    rows = []
    for row in catalogue.to_dict("records"):
        known = isinstance(row["retires"], str) and row["retires"] != ""
        if row["context_tokens"] < needs.get("min_context", 0):
            continue
        if row["p50_seconds"] > needs.get("max_seconds", float("inf")):
            continue
        if needs.get("sampling", False) and not row["supports_sampling"]:
            continue
        if "until" in needs and known and row["retires"] <= needs["until"]:
            continue
        rows.append(row)
    if not rows:
        raise LookupError("nothing meets " + ", ".join(f"{k}={v}" for k, v in needs.items() if k != "weights"))
    price = min(r["usd_per_1000"] for r in rows)
    speed = min(r["p50_seconds"] for r in rows)
    quality = max(r["quality"] for r in rows)
    w = needs["weights"]

    def score(r):
        return w["price"] * price / r["usd_per_1000"] + w["speed"] * speed / r["p50_seconds"] + w["quality"] * r["quality"] / quality

    best = min(rows, key=lambda r: (-score(r), r["model"]))
    return best["model"], f"{best['model']}: the best score, {score(best):.3f}."
