"""The page without a template: markupsafe joins and escapes; the chart has its own bars and an aria-label."""

# %% a13-t7-code
from markupsafe import Markup


def page(summary, daily, by_user, by_model):
    status = summary["budget"]
    parts = [Markup("<!doctype html><html lang=en><meta charset=utf-8><title>Costs</title>") + Markup(STYLE)]
    parts.append(
        Markup("<h1>Costs</h1><p class='alert {0}'>{0}: {1} of {2} spent, {3} at the end of the month</p>").format(
            status["level"], money(status["spent_usd"]), money(status["budget_usd"]), money(status["forecast_usd"])
        )
    )
    if not daily:
        return str(Markup("").join([*parts, Markup("<p>There is no call in these days.</p>")]))
    most = max((row["cost_usd"] or Decimal(0)) for row in daily)
    dearest = next(row["day"] for row in daily if (row["cost_usd"] or 0) == most)
    parts.append(Markup("<svg role=img aria-label='{} was the dearest day' viewBox='0 0 1000 100'>").format(dearest))
    parts.append(Markup("<title>Cost by day: most on {}</title>").format(dearest))
    for place, row in enumerate(daily):
        height = 100 * (row["cost_usd"] or Decimal(0)) / (most or 1)
        parts.append(
            Markup("<rect data-day={} x={} y={} width=20 height={:.4f}></rect>").format(
                row["day"], 25 * place, 100 - height, height
            )
        )
    parts.append(Markup("</svg>"))
    for item in summary["unpriced"]:
        parts.append(Markup("<p>{}: {} calls of unknown cost</p>").format(item["model"], item["calls"]))
    for by, rows in (("user", by_user), ("model", by_model), ("day", daily)):
        parts.append(Markup("<table><caption>by {}</caption>").format(by))
        for row in rows:
            cells = (row["calls"], row["tokens"], row["unpriced_calls"], money(row["cost_usd"]))
            parts.append(Markup("<tr><td>{}").format(row[by]) + Markup("").join(Markup("<td>{}").format(c) for c in cells))
        parts.append(Markup("</table>"))
    return str(Markup("").join(parts))
