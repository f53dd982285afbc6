"""Takes the cheapest, whatever the limits say.

loses: b14-t5-check, b14-t5-hidden
"""

# %% b14-t5-code
def pick_model(needs: dict, catalogue: pd.DataFrame) -> tuple[str, str]:
    best = catalogue.sort_values("usd_per_1000").iloc[0]
    return best["model"], f"{best['model']} is the cheapest"
