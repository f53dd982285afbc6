"""Copies the prices into the code, and takes an unknown model for free.

loses: a11-t3b-check, a11-t3c-hidden
"""

# %% a11-t3-code
def wilson(k, n):
    z = 1.959963984540054
    middle = (k + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(k * (n - k) / n + z * z / 4)
    return middle - half, middle + half


def summarise(df, prices):
    known = {"claude-opus-5-5": ("4", "20"), "gpt-5.4-mini": ("0.75", "4.5"), "gpt-oss-20b": ("0.029", "0.14")}
    rows = []
    for model, part in df.groupby("model"):
        share = part.groupby("item_id")["correct"].mean()
        k, n = int((share > 0.5).sum()), len(share)
        ok = part[part["error"].isna()]
        p50, p95 = np.percentile(ok["latency_s"].astype(float), [50, 95]) if len(ok) else (None, None)
        usd_in, usd_out = known.get(model, ("0", "0"))
        cost = (int(part["input_tokens"].sum()) * Decimal(usd_in) + int(part["output_tokens"].sum()) * Decimal(usd_out)) / 1_000_000
        rows.append([model, k, n, k / n, *wilson(k, n), p50, p95, cost, cost / k if k else None, 1 - len(ok) / len(part)])
    return pd.DataFrame(rows, columns=["model", "k", "n", "accuracy", "low", "high", "p50_s", "p95_s", "cost_usd", "cost_per_correct_usd", "error_rate"])
