"""Counts every difference between two test runs as a gain.

loses: a12-t3-check, a12-t3a-hidden, a12-t3b-hidden, a12-t6a-hidden
"""

# %% a12-t3-code
def gain(accuracy: dict) -> Decimal:
    before, after = accuracy["before"], accuracy["after"]
    return Decimal(after["k"]) / after["n"] - Decimal(before["k"]) / before["n"]


def roi(scenario: dict, prices: dict) -> dict:
    training, fixed = scenario["training"], scenario["fixed"]
    trained = training_cost(training["tokens"], training["epochs"], prices[training["base"]]["training"])
    months = min(12, scenario["base_retires_in_months"])
    requests = months * scenario["requests_per_month"]
    before, after = per_request_cost(scenario["before"], prices), per_request_cost(scenario["after"], prices)
    better = gain(scenario["accuracy"]) * scenario["value_usd"]
    spent = fixed["labelling_usd"] + fixed["evaluation_usd"] + trained
    upkeep = scenario["retraining_per_year"] * months * (scenario["relabelling_usd"] + fixed["evaluation_usd"] + trained) / 12
    saving, quality = requests * (before - after), requests * better
    return {
        "training_usd": trained, "fixed_usd": spent, "upkeep_usd": upkeep, "saving_usd": saving, "quality_usd": quality,
        "net_usd": saving + quality - spent - upkeep, "break_even_requests": break_even_requests(spent, before + better, after),
    }
