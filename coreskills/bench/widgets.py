"""How soon a widget is on the screen, and how long the learner's package takes to import."""

from __future__ import annotations

import statistics
import subprocess
import sys
from importlib.resources import files
from typing import Any

from coreskills.bench import Figure

IMPORT_REACH_MS = 150.0
PAINT_REACH_MS = 200.0
_CALLS = 1_000
_ROUNDS = 5
_CHROMIUM = "/usr/bin/chromium"
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
_IMPORT = "import time; t = time.perf_counter(); import {module}; print((time.perf_counter() - t) * 1000)"
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
    """Import the package in fresh processes; paint a meter of 1,000 calls in Chromium."""
    imported = import_ms("coreskills_widgets")
    painted = first_paint_ms("cost_meter", thousand_calls())
    return [
        Figure(
            "import coreskills_widgets",
            imported,
            "ms",
            None,
            None,
            f"<= {IMPORT_REACH_MS:.0f} ms",
            imported <= IMPORT_REACH_MS,
        ),
        Figure(
            "first paint, CostMeter of 1,000 calls",
            painted,
            "ms",
            None,
            None,
            f"<= {PAINT_REACH_MS:.0f} ms",
            painted <= PAINT_REACH_MS,
        ),
    ]


def import_ms(module: str) -> float:
    """Median milliseconds of an import, each in a fresh process."""
    command = [sys.executable, "-c", _IMPORT.format(module=module)]
    return statistics.median(
        float(subprocess.run(command, capture_output=True, text=True, check=True).stdout) for _ in range(_ROUNDS)
    )


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


def first_paint_ms(name: str, facts: dict[str, Any]) -> float:
    """Median milliseconds from the call of a widget's front end to its first frame on the screen."""
    from playwright.sync_api import sync_playwright

    code = files("coreskills_widgets").joinpath("static", f"{name}.js").read_text(encoding="utf-8")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=_CHROMIUM, args=_FLAGS)
        try:
            page = browser.new_page(viewport={"width": 1200, "height": 900})
            return statistics.median(float(page.evaluate(_PAINT, [code, facts])) for _ in range(_ROUNDS))
        finally:
            browser.close()
