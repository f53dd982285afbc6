"""Keeps what was posted in a list: gone at the next start.

loses: a13-t6d-hidden, a13-t5-hidden
"""

# %% a13-t5-code
POSTED = []


def add_call(log_path, call):
    problem = why_invalid(call)
    if problem:
        raise ValueError(problem)
    with LOCK:
        if call["request_id"] in set(load_log(log_path)["request_id"]):
            return False
        POSTED.append((str(log_path), call))
    return True


_from_file = load_log


def load_log(path):
    df = _from_file(path)
    more = pd.DataFrame([call for log, call in POSTED if log == str(path)], columns=COLUMNS)
    if len(more):
        more["time_utc"] = pd.to_datetime(more["time_utc"], utc=True)
        more[TOKENS] = more[TOKENS].apply(pd.to_numeric).fillna(0).astype(int)
        df = pd.concat([df, more], ignore_index=True).sort_values("time_utc", ignore_index=True)
    return df
