"""Scales points by the best and worst candidate, so that a newcomer reorders the others.

loses: a11-t5-check, a11-t5-hidden, a11-t6b-hidden
"""

# %% a11-t5-code
def decision_matrix(summary, weights, bounds):
    out = summary[["model"]].copy()
    for name in weights:
        values = summary[name].astype(float)
        low, high = values.min(), values.max()
        points = (values - low) / (high - low)
        worst, best = bounds[name]
        out[name] = (points if best > worst else 1 - points).fillna(0.0)
    out["total"] = sum(out[name] * weight for name, weight in weights.items()) / sum(weights.values())
    return out.sort_values(["total", "model"], ascending=[False, True], ignore_index=True)
