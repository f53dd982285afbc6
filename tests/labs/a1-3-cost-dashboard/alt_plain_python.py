"""Dictionaries and loops; pandas only where a table is asked for. One route each, errors answered by hand."""

# %% a13-t1-code
def load_log(path):
    seen = {}
    for text in Path(path).read_text(encoding="utf-8").split("\n"):
        if text:
            call = json.loads(text)
            seen.setdefault(call["request_id"], call)
    rows = [
        {**call, "time_utc": pd.Timestamp(call["time_utc"]).tz_convert("UTC"), **{kind: call[kind] or 0 for kind in TOKENS}}
        for call in seen.values()
    ]
    rows.sort(key=lambda row: row["time_utc"])
    table = pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(TOKENS, "int64"))
    table["time_utc"] = pd.to_datetime(table["time_utc"], utc=True)
    return table

# %% a13-t2-code
def with_costs(df, prices):
    costs = []
    for row in df.itertuples():
        used = [int(getattr(row, kind)) for kind in TOKENS]
        if sum(used) == 0:
            costs.append(Decimal("0"))
        elif row.model not in prices:
            costs.append(None)
        else:
            price = prices[row.model]
            rates = (price["input"], price["output"], price["cache_read"], price["cache_write"])
            costs.append(sum((n * rate for n, rate in zip(used, rates)), Decimal(0)) / 10**6)
    copy = df.copy()
    copy["cost_usd"] = pd.array(costs, dtype=object)
    return copy

# %% a13-t3-code
from datetime import timedelta


def day_of(moment, tz):
    return moment.tz_convert(tz).date()


def attribute(df, prices, *, by, tz="UTC"):
    sums = {}
    calls = with_costs(df, prices).to_dict("records")
    if by == "day" and calls:
        day, last = day_of(calls[0]["time_utc"], tz), day_of(calls[-1]["time_utc"], tz)
        while day <= last:
            sums[day.isoformat()] = [0, 0, 0, 0, Decimal(0)]
            day += timedelta(days=1)
    for call in calls:
        key = day_of(call["time_utc"], tz).isoformat() if by == "day" else call[by]
        entry = sums.setdefault(key, [0, 0, 0, 0, Decimal(0)])
        entry[0] += 1
        entry[1] += call["status"] != 200
        entry[2] += sum(call[kind] for kind in TOKENS)
        if call["cost_usd"] is None:
            entry[3] += 1
        else:
            entry[4] += call["cost_usd"]
    rows = []
    for key, (n, failed, tokens, unpriced, cost) in sums.items():
        rows.append([key, n, failed, tokens, unpriced, None if unpriced and cost == 0 else cost])
    if by != "day":
        known = sorted((row for row in rows if row[5] is not None), key=lambda row: row[5], reverse=True)
        rows = known + [row for row in rows if row[5] is None]
    table = pd.DataFrame(rows, columns=[by, "calls", "failed", "tokens", "unpriced_calls", "cost_usd"])
    table["cost_usd"] = table["cost_usd"].astype(object).where(table["cost_usd"].notna(), None)
    return table

# %% a13-t4-code
import calendar


def budget_status(df, budget, today, *, tz="UTC"):
    spent, unpriced = Decimal(0), 0
    for moment, cost in zip(df["time_utc"], df["cost_usd"]):
        day = moment.tz_convert(tz).date()
        if (day.year, day.month) == (today.year, today.month) and day <= today:
            if cost is None:
                unpriced += 1
            else:
                spent += cost
    forecast = spent / today.day * calendar.monthrange(today.year, today.month)[1]
    warned = forecast > budget or 5 * spent >= 4 * budget
    return {
        "level": "over" if spent > budget else "warn" if warned else "ok",
        "forecast_usd": forecast,
        "unpriced_calls": unpriced,
        "spent_usd": spent,
    }

# %% a13-t5-code
def add_call(log_path, call):
    if why_invalid(call) is not None:
        raise ValueError(why_invalid(call))
    LOCK.acquire()
    try:
        with open(log_path, "r+", encoding="utf-8") as file:
            if any(json.loads(line)["request_id"] == call["request_id"] for line in file):
                return False
            file.write(json.dumps({name: call[name] for name in COLUMNS if name in call}) + "\n")
            return True
    finally:
        LOCK.release()

# %% a13-t6-code
def create_app(log_path, prices, tz="UTC", *, budget=Decimal(10), today=None):
    app = Flask("costs")

    def asked():
        limits = []
        for name in ("from", "to"):
            text = request.args.get(name)
            limits.append(None if text is None else date.fromisoformat(text))
        if None not in limits and limits[0] > limits[1]:
            raise ValueError("from must not be after to")
        return limits

    def inside(day, first, last):
        return (first is None or day >= first) and (last is None or day <= last)

    def calls():
        first, last = asked()
        df = load_log(log_path)
        keep = [inside(moment.tz_convert(tz).date(), first, last) for moment in df["time_utc"]]
        return df[pd.Series(keep, index=df.index, dtype=bool)]

    def rows(by):
        return attribute(calls(), prices, by=by, tz=tz).to_dict("records")

    def daily():
        first, last = asked()
        every = attribute(load_log(log_path), prices, by="day", tz=tz).to_dict("records")
        return [row for row in every if inside(date.fromisoformat(row["day"]), first, last)]

    def summary():
        models = rows("model")
        status = budget_status(with_costs(load_log(log_path), prices), budget, today or pd.Timestamp.now(tz).date(), tz=tz)
        return {
            "calls": sum(row["calls"] for row in models),
            "failed": sum(row["failed"] for row in models),
            "tokens": sum(row["tokens"] for row in models),
            "cost_usd": sum((row["cost_usd"] or Decimal(0) for row in models), Decimal(0)),
            "unpriced": [{"model": row["model"], "calls": row["unpriced_calls"]} for row in models if row["unpriced_calls"]],
            "budget": {"budget_usd": budget, **status},
        }

    def safe(answer):
        def view():
            try:
                return answer()
            except ValueError as error:
                return jsonify({"error": f"Please mend the request: {error}"}), 400

        return view

    def post():
        is_new = add_call(log_path, request.get_json(silent=True))
        return jsonify({"added": is_new}), (201 if is_new else 200)

    app.add_url_rule("/healthz", "healthz", lambda: jsonify({"status": "ok"}))
    app.add_url_rule("/api/summary", "summary", safe(lambda: jsonify(summary())))
    app.add_url_rule("/api/daily", "daily", safe(lambda: jsonify(daily())))
    app.add_url_rule("/api/by_user", "user", safe(lambda: jsonify(rows("user"))))
    app.add_url_rule("/api/by_model", "model", safe(lambda: jsonify(rows("model"))))
    app.add_url_rule("/api/calls", "post", safe(post), methods=["POST"])
    app.add_url_rule("/", "index", safe(lambda: page(summary(), daily(), rows("user"), rows("model"))))
    return app
