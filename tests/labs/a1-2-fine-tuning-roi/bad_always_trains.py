"""Only the sum counts: knowledge that changes weekly is trained in all the same. And everything might flip it.

loses: a12-t4-check, a12-t4a-hidden, a12-t4b-hidden, a12-t4c-hidden
"""

# %% a12-t4-code
def recommend(scenario: dict, prices: dict) -> Recommendation:
    net = roi(scenario, prices)["net_usd"]
    return Recommendation("fine_tune" if net > 0 else "prompt", [f"The net value is ${net:,.2f}."], list(LEVERS))
