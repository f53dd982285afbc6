"""Everything with pandas: pivot tables, apply, named aggregation; one try in a helper of its own."""

# %% a11-t1-code
NUMBER = re.compile(r"(?<![\w.])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")


def strip_ends(text):
    return re.sub(r"\s+", " ", text).strip(" \t\n.,;:!?\"'`*-()[]").lower()


GRADERS = {
    "numeric": lambda answer, want: {float(n.replace(",", "")) for n in NUMBER.findall(answer)} == {float(want)},
    "exact": lambda answer, want: strip_ends(answer) in map(strip_ends, want),
    "multi": lambda answer, want: set(map(strip_ends, re.split(r"\s*(?:,|;|\n|\band\b)\s*", answer))) - {""} == set(map(strip_ends, want)),
    "abstain": lambda answer, want: strip_ends(answer) == "not stated",
}


def grade(answer, item):
    return bool(GRADERS[item["kind"]](answer, item["answer"]))

# %% a11-t2-code
EMPTY = {"text": None, "input_tokens": 0, "output_tokens": 0, "latency_s": None, "response_id": None}


def ask_once(client, item):
    try:
        return {**client(item), "error": None}
    except Exception as error:
        return {**EMPTY, "error": type(error).__name__}


def run_eval(models, items, clients, *, n_runs=3):
    frames = []
    for model in models:
        plan = [(item, run) for item in items for run in range(1, n_runs + 1)]
        frame = pd.DataFrame([ask_once(clients[model], item) for item, _ in plan]).rename(columns={"text": "answer"})
        frame["model"] = model
        frame["item_id"] = [item["id"] for item, _ in plan]
        frame["run"] = [run for _, run in plan]
        frame["correct"] = [isinstance(text, str) and grade(text, item) for text, (item, _) in zip(frame["answer"], plan)]
        frames.append(frame)
    order = ["model", "item_id", "run", "answer", "correct", "input_tokens", "output_tokens", "latency_s", "response_id", "error"]
    return pd.concat(frames, ignore_index=True)[order]

# %% a11-t3-code
from statistics import NormalDist


def wilson(k, n):
    z = NormalDist().inv_cdf(0.975)
    disc = z * math.sqrt(z * z + 4 * k * (1 - k / n))
    return (2 * k + z * z - disc) / (2 * (n + z * z)), (2 * k + z * z + disc) / (2 * (n + z * z))


def majority(df):
    return df.assign(correct=df["correct"].astype(int)).pivot_table(index="item_id", columns="model", values="correct", aggfunc="mean") > 0.5


def summarise(df, prices):
    table = majority(df)
    out = pd.DataFrame({"model": sorted(df["model"].unique())})
    asked = df.groupby("model")["item_id"].nunique()
    out["k"] = [int(table[m].sum()) for m in out["model"]]
    out["n"] = [int(asked[m]) for m in out["model"]]
    out["accuracy"] = out["k"] / out["n"]
    out[["low", "high"]] = [wilson(k, n) for k, n in zip(out["k"], out["n"])]
    seconds_taken = df[df["error"].isna()].assign(latency_s=lambda d: d["latency_s"].astype(float)).groupby("model")["latency_s"]
    out["p50_s"] = out["model"].map(seconds_taken.quantile(0.5))
    out["p95_s"] = out["model"].map(seconds_taken.quantile(0.95))
    sums = df.groupby("model")[["input_tokens", "output_tokens"]].sum()
    cost = [(prices[m]["input"] * int(sums.loc[m, "input_tokens"]) + prices[m]["output"] * int(sums.loc[m, "output_tokens"])) / Decimal(10**6) for m in out["model"]]
    out["cost_usd"] = pd.Series(cost, dtype=object)
    out["cost_per_correct_usd"] = pd.Series([c / k if k else None for c, k in zip(cost, out["k"].tolist())], dtype=object)
    out["error_rate"] = out["model"].map(df["error"].notna().groupby(df["model"]).mean())
    return out

# %% a11-t4-code
def paired_test(df, a, b):
    table = majority(df[df["model"].isin([a, b])])
    split = table[a].astype(int) - table[b].astype(int)
    wins, losses = int((split > 0).sum()), int((split < 0).sum())
    m = wins + losses
    p = min(1, sum(math.comb(m, i) for i in range(m + 1) if abs(i - m / 2) >= abs(wins - m / 2)) / 2**m)
    if p < 0.05:
        verdict = f"{[a, b][losses > wins]} is better"
    else:
        verdict = "not distinguishable"
    return {"verdict": verdict, "p_value": float(p), "only_b": losses, "only_a": wins}

# %% a11-t5-code
def decision_matrix(summary, weights, bounds):
    def points(name):
        worst, best = bounds[name]
        return summary[name].astype(float).sub(worst).div(best - worst).clip(lower=0, upper=1).fillna(0)

    parts = pd.DataFrame({name: points(name) for name in weights})
    share = pd.Series(weights, dtype=float)
    parts["total"] = parts[list(weights)].mul(share).sum(axis=1) / share.sum()
    parts.insert(0, "model", summary["model"])
    return parts.sort_values("model").sort_values("total", ascending=False, kind="stable").reset_index(drop=True)
