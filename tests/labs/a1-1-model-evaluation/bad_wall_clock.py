"""Measures how fast the recording is read.

loses: a11-t2c-hidden, a11-t6a-hidden
"""

# %% a11-t2-code
COLUMNS = ["model", "item_id", "run", "answer", "correct", "input_tokens", "output_tokens", "latency_s", "response_id", "error"]


def run_eval(models, items, clients, *, n_runs=3):
    rows = []
    for model, item, run in product(models, items, range(1, n_runs + 1)):
        row = dict.fromkeys(COLUMNS) | {"model": model, "item_id": item["id"], "run": run, "correct": False, "input_tokens": 0, "output_tokens": 0}
        started = time.perf_counter()
        try:
            reply = clients[model](item)
        except Exception as error:
            row["error"] = type(error).__name__
        else:
            row |= {**reply, "answer": reply["text"], "correct": grade(reply["text"], item), "latency_s": time.perf_counter() - started}
        rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS)
