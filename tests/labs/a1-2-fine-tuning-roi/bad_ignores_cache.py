"""Bills the cached part of the prompt at the full price.

loses: a12-t1b-hidden, a12-t3b-hidden, a12-t6a-hidden
"""

# %% a12-t1-code
def training_cost(tokens: int, epochs: int, price: Decimal) -> Decimal:
    return tokens * epochs * price / 1_000_000


def per_request_cost(profile: dict, prices: dict) -> Decimal:
    price = prices[profile["model"]]
    read = profile["prompt_tokens"] + profile["input_tokens"]
    return (read * price["input"] + profile["output_tokens"] * price["output"]) / 1_000_000
