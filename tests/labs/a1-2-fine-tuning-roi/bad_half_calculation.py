"""Costs without evaluation and relabelling: half a calculation.

loses: a12-t3-check, a12-t3b-hidden, a12-t6a-hidden
"""

# %% a12-t3-code
def gain(accuracy: dict) -> Decimal:
    before, after = accuracy["before"], accuracy["after"]
    (low_before, high_before), (low_after, high_after) = wilson(**before), wilson(**after)
    if low_after <= high_before and low_before <= high_after:
        return Decimal(0)
    return Decimal(after["k"]) / after["n"] - Decimal(before["k"]) / before["n"]


def roi(scenario: dict, prices: dict) -> dict:
    training = scenario["training"]
    trained = training_cost(training["tokens"], training["epochs"], prices[training["base"]]["training"])
    requests = 12 * scenario["requests_per_month"]
    before, after = per_request_cost(scenario["before"], prices), per_request_cost(scenario["after"], prices)
    better = gain(scenario["accuracy"]) * scenario["value_usd"]
    spent = scenario["fixed"]["labelling_usd"] + trained
    upkeep = scenario["retraining_per_year"] * trained
    saving, quality = requests * (before - after), requests * better
    return {
        "training_usd": trained, "fixed_usd": spent, "upkeep_usd": upkeep, "saving_usd": saving, "quality_usd": quality,
        "net_usd": saving + quality - spent - upkeep, "break_even_requests": break_even_requests(spent, before + better, after),
    }
