"""Counts every line of the log, and drops the calls that failed.

loses: a13-t1-check, a13-t1-hidden
"""

# %% a13-t1-code
def load_log(path):
    with open(path, encoding="utf-8") as file:
        calls = [json.loads(text) for text in file if text.strip()]
    df = pd.DataFrame([call for call in calls if call["status"] == 200], columns=COLUMNS)
    df["time_utc"] = pd.to_datetime(df["time_utc"], utc=True)
    df[TOKENS] = df[TOKENS].apply(pd.to_numeric).fillna(0).astype(int)
    return df.sort_values("time_utc", kind="stable", ignore_index=True)
