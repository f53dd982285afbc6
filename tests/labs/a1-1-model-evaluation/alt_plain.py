"""Plain loops and dictionaries; statistics instead of pandas where it can be; files written by hand."""

# %% a11-t1-code
def clean(text):
    text = " ".join(text.lower().split())
    while text and not text[0].isalnum():
        text = text[1:]
    while text and not text[-1].isalnum():
        text = text[:-1]
    return text


def grade(answer, item):
    kind = item["kind"]
    if kind == "abstain":
        return clean(answer) == "not stated"
    if kind == "exact":
        return any(clean(answer) == clean(form) for form in item["answer"])
    if kind == "multi":
        for mark in (";", "\n", " and "):
            answer = answer.replace(mark, ",")
        given = sorted({clean(p) for p in answer.split(",") if clean(p)})
        return given == sorted({clean(p) for p in item["answer"]})
    values = []
    for match in re.finditer(r"[-+]?[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?", answer):
        values.append(Decimal(match.group().replace(",", "")))
    return len(values) > 0 and all(v == Decimal(item["answer"]) for v in values)

# %% a11-t2-code
def run_eval(models, items, clients, *, n_runs=3):
    table = {name: [] for name in ["model", "item_id", "run", "answer", "correct", "input_tokens", "output_tokens", "latency_s", "response_id", "error"]}
    for run in range(1, n_runs + 1):
        for item in items:
            for model in models:
                answer = latency = name = trouble = None
                read = written = 0
                right = False
                try:
                    reply = clients[model](item)
                except Exception as problem:
                    trouble = problem.__class__.__name__
                else:
                    answer, latency, name = reply["text"], reply["latency_s"], reply["response_id"]
                    read, written = reply["input_tokens"], reply["output_tokens"]
                    right = grade(answer, item)
                for column, value in zip(table, (model, item["id"], run, answer, right, read, written, latency, name, trouble), strict=True):
                    table[column].append(value)
    return pd.DataFrame(table)

# %% a11-t3-code
def wilson(k, n):
    z2, p = 1.96**2, k / n
    root = math.sqrt(z2 * p * (1 - p) / n + z2 * z2 / (4 * n * n))
    return (p + z2 / (2 * n) - root) / (1 + z2 / n), (p + z2 / (2 * n) + root) / (1 + z2 / n)


def missing(value):
    return value is None or value != value


def summarise(df, prices):
    per_model = {}
    for row in df.to_dict("records"):
        per_model.setdefault(row["model"], []).append(row)
    out = []
    for model in sorted(per_model):
        rows = per_model[model]
        votes = {}
        for row in rows:
            votes.setdefault(row["item_id"], []).append(1 if row["correct"] else 0)
        k = len([v for v in votes.values() if 2 * sum(v) > len(v)])
        n = len(votes)
        times = [float(row["latency_s"]) for row in rows if missing(row["error"])]
        usd = sum(int(row["input_tokens"]) for row in rows) * prices[model]["input"] / 1_000_000
        usd += sum(int(row["output_tokens"]) for row in rows) * prices[model]["output"] / 1_000_000
        low, high = wilson(k, n)
        out.append({
            "model": model, "k": k, "n": n, "accuracy": k / n, "low": low, "high": high,
            "p50_s": float(np.quantile(times, 0.5)) if times else None, "p95_s": float(np.quantile(times, 0.95)) if times else None,
            "cost_usd": usd, "cost_per_correct_usd": usd / k if k > 0 else None, "error_rate": 1 - len(times) / len(rows),
        })
    return pd.DataFrame(out)

# %% a11-t4-code
def paired_test(df, a, b):
    votes = {}
    for row in df.to_dict("records"):
        votes.setdefault((row["model"], row["item_id"]), []).append(bool(row["correct"]))
    winners = {key: sum(v) > len(v) / 2 for key, v in votes.items()}
    names = {item for _, item in votes}
    only_a = sum(winners.get((a, i), False) and not winners.get((b, i), False) for i in names)
    only_b = sum(winners.get((b, i), False) and not winners.get((a, i), False) for i in names)
    m, few = only_a + only_b, min(only_a, only_b)
    tail = sum(math.comb(m, i) * 0.5**m for i in range(few + 1))
    p = 1.0 if 2 * tail > 1 else 2 * tail
    if p >= 0.05:
        verdict = "not distinguishable"
    else:
        verdict = (a if only_a > only_b else b) + " is better"
    return dict(only_a=only_a, only_b=only_b, p_value=p, verdict=verdict)

# %% a11-t5-code
def decision_matrix(summary, weights, bounds):
    rows = []
    for record in summary.to_dict("records"):
        row = {"model": record["model"]}
        for name in weights:
            worst, best = bounds[name]
            value = record[name]
            points = 0.0 if missing(value) else (float(value) - worst) / (best - worst)
            row[name] = min(1.0, max(0.0, points))
        row["total"] = sum(weights[name] * row[name] for name in weights) / sum(weights.values())
        rows.append(row)
    return pd.DataFrame(sorted(rows, key=lambda row: (-row["total"], row["model"])))

# %% a11-t6-code
import csv

with open("out/runs.jsonl", "w", encoding="utf-8") as file:
    for row in runs.to_dict("records"):
        file.write(json.dumps({key: None if missing(value) else value for key, value in row.items()}) + "\n")
totals = {row["model"]: row["total"] for row in decision_matrix(summary, WEIGHTS, BOUNDS).to_dict("records")}
with open("out/comparison_matrix.csv", "w", newline="", encoding="utf-8") as file:
    writer = csv.DictWriter(file, [*summary.columns, "total"])
    writer.writeheader()
    for row in sorted(summary.to_dict("records"), key=lambda row: -totals[row["model"]]):
        writer.writerow(row | {"total": totals[row["model"]]})
