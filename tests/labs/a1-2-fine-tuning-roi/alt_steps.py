"""Small named steps, early returns, sets of levers tried in a double loop, pandas for the files."""

# %% a12-t1-code
def dollars(tokens, usd_per_million):
    return Decimal(str(tokens)) * usd_per_million / Decimal("1000000")


def training_cost(tokens, epochs, price):
    return dollars(tokens * epochs, price)


def per_request_cost(profile, prices):
    if profile["model"] not in prices:
        raise KeyError(f"no price for {profile['model']}")
    price = prices[profile["model"]]
    total = dollars(profile["prompt_tokens"], price["input"])
    total += dollars(profile["input_tokens"], price["input"])
    total += dollars(profile["output_tokens"], price["output"])
    if profile["cached_tokens"] > 0:
        total -= dollars(profile["cached_tokens"], price["input"] - price["cache_read"])
    return total

# %% a12-t2-code
def break_even_requests(fixed, before, after):
    if after >= before:
        return None
    whole, rest = divmod(fixed, before - after)
    return int(whole) + (1 if rest else 0)

# %% a12-t3-code
def gain(accuracy):
    share, bounds = {}, {}
    for side in ("before", "after"):
        k, n = accuracy[side]["k"], accuracy[side]["n"]
        share[side], bounds[side] = Decimal(k) / Decimal(n), wilson(k, n)
    apart = bounds["after"][0] > bounds["before"][1] or bounds["before"][0] > bounds["after"][1]
    return share["after"] - share["before"] if apart else Decimal(0)


def roi(scenario, prices):
    plan = scenario["training"]
    training_usd = training_cost(plan["tokens"], plan["epochs"], prices[plan["base"]]["training"])
    evaluation_usd = scenario["fixed"]["evaluation_usd"]
    fixed_usd = scenario["fixed"]["labelling_usd"] + evaluation_usd + training_usd
    months = scenario["base_retires_in_months"] if scenario["base_retires_in_months"] < 12 else 12
    times = scenario["retraining_per_year"] * Decimal(months) / Decimal(12)
    upkeep_usd = times * (scenario["relabelling_usd"] + evaluation_usd + training_usd)
    requests = scenario["requests_per_month"] * months
    before_usd = per_request_cost(scenario["before"], prices)
    after_usd = per_request_cost(scenario["after"], prices)
    better_usd = gain(scenario["accuracy"]) * scenario["value_usd"]
    saving_usd = before_usd * requests - after_usd * requests
    quality_usd = better_usd * requests
    return dict(
        net_usd=saving_usd + quality_usd - (fixed_usd + upkeep_usd),
        training_usd=training_usd,
        fixed_usd=fixed_usd,
        upkeep_usd=upkeep_usd,
        saving_usd=saving_usd,
        quality_usd=quality_usd,
        break_even_requests=break_even_requests(fixed_usd, before_usd + better_usd, after_usd),
    )

# %% a12-t4-code
def recommend(scenario, prices):
    if scenario["knowledge_changes"] in {"weekly", "daily"}:
        return Recommendation("rag", ["Weights cannot be retrained each time the rules change; look them up."], [])
    pays = roi(scenario, prices)["net_usd"] > 0
    flips = []
    for lever in LEVERS:
        for factor in ("0.5", "1.5"):
            other = roi(scaled(scenario, lever, factor), prices)["net_usd"] > 0
            if other != pays and lever not in flips:
                flips.append(lever)
    if pays:
        return Recommendation("fine_tune", ["It earns more than it costs within the months that count."], flips)
    return Recommendation("prompt", ["It costs more than it earns within the months that count."], flips)

# %% a12-t5-code
def same_text(text):
    return " ".join(text.lower().split())


def check_line(line, test, earlier):
    """The kind of fault, and the user texts."""
    try:
        conversation = json.loads(line)
    except ValueError:
        return "not_json", None
    if not isinstance(conversation, dict) or not isinstance(conversation.get("messages"), list) or not conversation["messages"]:
        return "no_messages", None
    messages = conversation["messages"]
    for message in messages:
        if message.get("role") not in ["system", "user", "assistant"]:
            return "bad_role", None
    for message in messages:
        if not (message.get("content") or "").strip():
            return "empty_content", None
    if messages[-1]["role"] != "assistant":
        return "no_answer", None
    texts = "\n".join(same_text(m["content"]) for m in messages if m["role"] == "user")
    if any(text in test for text in texts.split("\n")):
        return "test_leak", None
    return ("duplicate" if texts in earlier else None), texts


def validate_ft_jsonl(lines, test_texts):
    test = [same_text(text) for text in test_texts]
    problems, earlier = [], set()
    for place in range(len(lines)):
        kind, texts = check_line(lines[place], test, earlier)
        if kind is not None:
            problems.append(Problem(place + 1, kind))
        else:
            earlier.add(texts)
    return problems

# %% a12-t6-code
table = pd.DataFrame.from_dict({name: roi(case, PRICES) for name, case in SCENARIOS.items()}, orient="index")
table["decision"] = [recommend(SCENARIOS[name], PRICES).decision for name in table.index]
money = ["training_usd", "fixed_usd", "upkeep_usd", "saving_usd", "quality_usd", "net_usd"]
table["break_even_requests"] = [int(v) for v in table["break_even_requests"]]
table.sort_index()[[*money, "break_even_requests", "decision"]].to_csv("out/roi.csv", index_label="name")

mine = recommend(mail_case, PRICES)
block = {key: str(table.loc["sorting_mail", key]) for key in money}
block["break_even_requests"] = int(table.loc["sorting_mail", "break_even_requests"])
block["scenario"], block["decision"], block["flips"] = "sorting_mail", mine.decision, mine.flips
with open("out/recommendation.md", "w", encoding="utf-8") as out:
    out.write("---\n")
    yaml.safe_dump(block, out)
    out.write("---\n## Why\n")
    out.writelines(reason + "\n" for reason in mine.reasons)
