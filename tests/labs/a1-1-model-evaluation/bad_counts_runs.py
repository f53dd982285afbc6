"""Counts sixty runs as sixty questions, and leaves failed ones out.

loses: a11-t3b-check, a11-t3a-hidden, a11-t6b-hidden
"""

# %% a11-t3-code
def wilson(k, n):
    z = 1.959963984540054
    middle = (k + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(k * (n - k) / n + z * z / 4)
    return middle - half, middle + half


def summarise(df, prices):
    rows = []
    for model, part in df.groupby("model"):
        ok = part[part["error"].isna()]
        k, n = int(ok["correct"].sum()), len(ok)
        low, high = wilson(k, n) if n else (0.0, 1.0)
        p50, p95 = np.percentile(ok["latency_s"].astype(float), [50, 95]) if n else (None, None)
        cost = (int(part["input_tokens"].sum()) * prices[model]["input"] + int(part["output_tokens"].sum()) * prices[model]["output"]) / 1_000_000
        rows.append([model, k, n, k / n if n else 0.0, low, high, p50, p95, cost, cost / k if k else None, 1 - n / len(part)])
    return pd.DataFrame(rows, columns=["model", "k", "n", "accuracy", "low", "high", "p50_s", "p95_s", "cost_usd", "cost_per_correct_usd", "error_rate"])
