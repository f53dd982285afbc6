"""Writes numbers that look right.

loses: b14-t4-hidden
"""

# %% b14-t4-code
pd.DataFrame(
    {"temperature": [0.2, 0.7, 1.0, 1.5], "n": [40] * 4, "distinct_ratio": [0.05, 0.15, 0.2, 0.3]}
).to_csv("out/sampling.csv", index=False)
