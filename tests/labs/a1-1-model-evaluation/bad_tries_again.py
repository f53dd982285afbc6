"""Tries again until it works: failures vanish from the table, and the service is asked more often than the table says.

loses: a11-t2a-hidden, a11-t6a-hidden
"""

# %% a11-t2-code
def run_eval(models, items, clients, *, n_runs=3):
    rows = []
    for model in models:
        for item in items:
            for run in range(1, n_runs + 1):
                row = {"model": model, "item_id": item["id"], "run": run, "answer": None, "correct": False, "input_tokens": 0, "output_tokens": 0, "latency_s": None, "response_id": None}
                for _ in range(3):
                    try:
                        reply = clients[model](item)
                    except Exception as error:
                        row["error"] = type(error).__name__
                        continue
                    row |= {**reply, "answer": reply["text"], "correct": grade(reply["text"], item), "error": None}
                    break
                rows.append(row)
    return pd.DataFrame(rows, columns=["model", "item_id", "run", "answer", "correct", "input_tokens", "output_tokens", "latency_s", "response_id", "error"])
