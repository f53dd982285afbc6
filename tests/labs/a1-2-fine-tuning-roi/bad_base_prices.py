"""Takes the base model's price for the fine-tuned one, and trains for one epoch.

loses: a12-t1-check, a12-t1a-hidden, a12-t1b-hidden, a12-t3-check
"""

# %% a12-t1-code
def training_cost(tokens: int, epochs: int, price: Decimal) -> Decimal:
    return tokens * price / 1_000_000


def per_request_cost(profile: dict, prices: dict) -> Decimal:
    price = prices[profile["model"].removeprefix("ft:")]
    fresh = profile["prompt_tokens"] - profile["cached_tokens"] + profile["input_tokens"]
    return (fresh * price["input"] + profile["cached_tokens"] * price["cache_read"] + profile["output_tokens"] * price["output"]) / 1_000_000
