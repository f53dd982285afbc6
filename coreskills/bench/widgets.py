"""How soon a widget is on the screen."""

from __future__ import annotations

import statistics
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from coreskills.bench import Figure

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PAINT_REACH_MS = 200.0
_CALLS = 1_000
_ROUNDS = 5
_CHROMIUM = "/usr/bin/chromium"
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
# Two frames: the second begins when the first, with our widget, has been painted.
_PAINT = """
async ([code, facts]) => {
  const widget = (await import(URL.createObjectURL(new Blob([code], {type: 'text/javascript'})))).default;
  const el = document.body.appendChild(Object.assign(document.createElement('div'), {style: 'width: 1100px'}));
  const model = {get: () => facts, on() {}, off() {}, send() {}};
  const frame = () => new Promise(requestAnimationFrame);
  await frame();
  const start = performance.now();
  const clean = widget.render({model, el});
  await frame();
  await frame();
  const took = performance.now() - start;
  clean();
  el.remove();
  return took;
}
"""


def measure() -> list[Figure]:
    """Paint a meter of 1,000 calls in Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=_CHROMIUM, args=_FLAGS)
        try:
            painted = first_paint_ms(browser, "cost_meter", thousand_calls())
        finally:
            browser.close()
    reach, reached = f"<= {PAINT_REACH_MS:.0f} ms", painted <= PAINT_REACH_MS
    return [Figure("first paint, CostMeter of 1,000 calls", painted, "ms", None, None, reach, reached)]


def thousand_calls() -> dict[str, Any]:
    """What the page gets of 1,000 calls in 120 cells."""
    from coreskills_widgets.widgets.cost_meter import CostMeter

    calls = [
        {
            "id": number,
            "cell_id": f"cell-{number % 120}",
            "cell_label": f"cell {number % 120}",
            "cell_order": number % 120,
            "model": f"model-{number % 7}",
            "input_tokens": 1_200,
            "output_tokens": 80,
            "cost_usd": "0.0002",
            "source": "offline",
        }
        for number in range(_CALLS)
    ]
    facts: dict[str, Any] = CostMeter(calls, budget_usd="0.50").facts
    return facts


def first_paint_ms(browser: Browser, name: str, facts: dict[str, Any]) -> float:
    """Milliseconds from the call of a widget's front end to its first frame.

    Each round has a page of its own, where no code is warm yet; the median of five.
    """
    code = files("coreskills_widgets").joinpath("static", f"{name}.js").read_text(encoding="utf-8")
    return statistics.median(_paint_ms(browser, code, facts) for _ in range(_ROUNDS))


def _paint_ms(browser: Browser, code: str, facts: dict[str, Any]) -> float:
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    try:
        return float(page.evaluate(_PAINT, [code, facts]))
    finally:
        page.close()
