"""A page that looks right: HTTP 200, the word "canvas", bars of random height, names pasted in with an f-string.

loses: a13-t7a-hidden, a13-t7b-hidden
"""

# %% a13-t7-code
import random


def page(summary, daily, by_user, by_model):
    dearest = max(daily, key=lambda row: row["cost_usd"] or 0, default={"day": "never"})["day"]
    chart = "".join(f'<rect data-day="{row["day"]}" height="{random.randrange(160)}"/>' for row in daily)
    tables = "".join(
        f"<tr><th>{row[by]}</th><td>{row['calls']}</td><td>{money(row['cost_usd'])}</td></tr>"
        for by, rows in (("day", daily), ("user", by_user), ("model", by_model))
        for row in rows
    )
    return (
        f"<canvas>chart</canvas><p>{summary['budget']['level']}</p><p>unknown: {summary['unpriced']}</p>"
        f'<svg role="img"><title>{dearest}</title>{chart}</svg><table>{tables}</table>'
    )
