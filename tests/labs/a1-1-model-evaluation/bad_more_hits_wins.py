"""Declares a winner from two questions.

loses: a11-t4a-hidden
"""

# %% a11-t4-code
def paired_test(df, a, b):
    right = df.groupby(["model", "item_id"])["correct"].mean() > 0.5
    only_a, only_b = int((right[a] & ~right[b]).sum()), int((right[b] & ~right[a]).sum())
    m = only_a + only_b
    p = min(1.0, 2 * sum(math.comb(m, i) for i in range(min(only_a, only_b) + 1)) / 2**m)
    verdict = "not distinguishable" if only_a == only_b else f"{a if only_a > only_b else b} is better"
    return {"only_a": only_a, "only_b": only_b, "p_value": p, "verdict": verdict}
