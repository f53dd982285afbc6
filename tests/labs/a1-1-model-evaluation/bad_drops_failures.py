"""Skips calls that failed, so that the model which fails most looks best.

loses: a11-t2-check, a11-t2a-hidden, a11-t6-check, a11-t6a-hidden
"""

# %% a11-t2-code
def run_eval(models, items, clients, *, n_runs=3):
    rows = []
    for model in models:
        for item in items:
            for run in range(1, n_runs + 1):
                try:
                    reply = clients[model](item)
                except Exception:
                    continue
                rows.append({"model": model, "item_id": item["id"], "run": run, "answer": reply["text"], "correct": grade(reply["text"], item), **reply, "error": None})
    return pd.DataFrame(rows, columns=["model", "item_id", "run", "answer", "correct", "input_tokens", "output_tokens", "latency_s", "response_id", "error"])
