"""Fractions for what is exact, match statements, generators, the report by hand."""

# %% a12-t1-code
from fractions import Fraction

MILLION = Decimal(1_000_000)


def training_cost(tokens, epochs, price):
    return Decimal(tokens) * Decimal(epochs) * price / MILLION


def per_request_cost(profile, prices):
    match profile:
        case {"model": model, "prompt_tokens": prompt, "cached_tokens": cached, "input_tokens": read, "output_tokens": written}:
            price = prices[model]
            parts = [
                (prompt - cached, price["input"]),
                (cached, price.get("cache_read", price["input"])),
                (read, price["input"]),
                (written, price["output"]),
            ]
    return sum((tokens * usd for tokens, usd in parts), Decimal(0)) / MILLION

# %% a12-t2-code
def break_even_requests(fixed, before, after):
    saved = Fraction(before) - Fraction(after)
    return -(-Fraction(fixed) // saved) if saved > 0 else None

# %% a12-t3-code
def gain(accuracy):
    b, a = accuracy["before"], accuracy["after"]
    lows, highs = zip(wilson(b["k"], b["n"]), wilson(a["k"], a["n"]))
    if max(lows) <= min(highs):
        return Decimal("0")
    exact_gain = Fraction(a["k"], a["n"]) - Fraction(b["k"], b["n"])
    return Decimal(exact_gain.numerator) / exact_gain.denominator


def roi(scenario, prices):
    t, f = scenario["training"], scenario["fixed"]
    out = {"training_usd": training_cost(t["tokens"], t["epochs"], prices[t["base"]]["training"])}
    out["fixed_usd"] = sum(f.values()) + out["training_usd"]
    months = Decimal(scenario["base_retires_in_months"])
    if months > 12:
        months = Decimal(12)
    again = scenario["relabelling_usd"] + f["evaluation_usd"] + out["training_usd"]
    out["upkeep_usd"] = again * scenario["retraining_per_year"] * months / 12
    cost = {side: per_request_cost(scenario[side], prices) for side in ("before", "after")}
    worth = scenario["value_usd"] * gain(scenario["accuracy"])
    out["saving_usd"] = (cost["before"] - cost["after"]) * scenario["requests_per_month"] * months
    out["quality_usd"] = worth * scenario["requests_per_month"] * months
    out["net_usd"] = out["saving_usd"] + out["quality_usd"] - out["fixed_usd"] - out["upkeep_usd"]
    out["break_even_requests"] = break_even_requests(out["fixed_usd"], cost["before"] + worth, cost["after"])
    return out

# %% a12-t4-code
def verdict(scenario, prices):
    match scenario["knowledge_changes"]:
        case "weekly" | "daily":
            return "rag"
        case _ if roi(scenario, prices)["net_usd"] > 0:
            return "fine_tune"
    return "prompt"


REASONS = {
    "rag": "The facts change faster than anybody retrains.",
    "fine_tune": "The first year ends with more money than without, all costs in.",
    "prompt": "The first year does not earn back what fine-tuning costs.",
}


def recommend(scenario, prices):
    mine = verdict(scenario, prices)
    flips = []
    for lever in LEVERS:
        outcomes = {verdict(scaled(scenario, lever, factor), prices) for factor in ("0.5", "1.5")}
        if outcomes != {mine}:
            flips.append(lever)
    return Recommendation(decision=mine, reasons=[REASONS[mine], f"Net value: {roi(scenario, prices)['net_usd']:.2f} dollars."], flips=flips)

# %% a12-t5-code
import re


def simple(text):
    return re.sub(r"\s+", " ", text).strip().lower()


def kinds_of(messages, held_out, seen):
    asked = [simple(m.get("content") or "") for m in messages if m.get("role") == "user"]
    if not {m.get("role") for m in messages} <= {"system", "user", "assistant"}:
        yield "bad_role"
    if not all(isinstance(m.get("content"), str) and m["content"].strip() for m in messages):
        yield "empty_content"
    if messages[-1].get("role") != "assistant":
        yield "no_answer"
    if set(asked) & held_out:
        yield "test_leak"
    if asked in seen:
        yield "duplicate"


def validate_ft_jsonl(lines, test_texts):
    held_out, seen, problems = {simple(t) for t in test_texts}, [], []
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            problems.append(Problem(number, "not_json"))
            continue
        messages = row.get("messages") if type(row) is dict else None
        if type(messages) is not list or len(messages) == 0:
            problems.append(Problem(number, "no_messages"))
            continue
        first = next(kinds_of(messages, held_out, seen), None)
        if first:
            problems.append(Problem(line=number, kind=first))
        else:
            seen.append([simple(m["content"]) for m in messages if m["role"] == "user"])
    return problems

# %% a12-t6-code
import csv

results = {name: roi(SCENARIOS[name], PRICES) for name in sorted(SCENARIOS)}
with open("out/roi.csv", "w", newline="", encoding="utf-8") as file:
    writer = csv.writer(file)
    writer.writerow(["name", *results["sorting_mail"], "decision"])
    for name, numbers in results.items():
        writer.writerow([name, *("" if v is None else v for v in numbers.values()), recommend(SCENARIOS[name], PRICES).decision])
case = recommend(mail_case, PRICES)
lines = ["---", "scenario: sorting_mail", f"decision: {case.decision}", f"flips: [{', '.join(case.flips)}]"]
for key, value in results["sorting_mail"].items():
    lines.append(f"{key}: {value}" if key == "break_even_requests" else f"{key}: '{value}'")
lines += ["---", "", "# What to do about the mail", ""] + case.reasons
with open("out/recommendation.md", "w", encoding="utf-8") as file:
    file.write("\n".join(lines) + "\n")
