"""Make the README's pictures: real widgets and the Course panel, in a real JupyterLab.

Needs what `make install-dev` installs. Example: .venv/bin/python scripts/screenshots.py
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "harness"))

import gallery  # noqa: E402 - found beside the tests
import panel_states  # noqa: E402
from jupyterlab_harness import chromium, classroom, jupyterlab, open_notebook, run_all, set_theme, set_width  # noqa: E402
from PIL import Image  # noqa: E402
from playwright.sync_api import Page  # noqa: E402

IMAGES = ROOT / "docs" / "images"
LAB = "b1-2-cost-calculator"
WIDGETS = {
    "cost-half": ("cost-meter", 760),
    "retrieval-two": ("retrieval-viewer", 1100),
    "trace-mixed": ("trace-viewer", 900),
}
CALLS = """
from anthropic import Anthropic

client = Anthropic()
for review in ["I love it", "It broke on day one", "Fine for the price"]:
    reply = client.messages.create(
        model="claude-haiku-5-5",
        max_tokens=20,
        messages=[{"role": "user", "content": f"Classify the review as positive, negative or neutral: {review}"}],
    )
    print(reply.content[0].text)
"""
METER = "from coreskills_widgets import CostMeter\n\nCostMeter()"


def main() -> None:
    """Start everything on this machine, take the pictures, end everything."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        classroom(Path(folder) / "state", budget_usd="0.01") as room,
        jupyterlab(Path(folder) / "home", room=room, log=Path(folder) / "lab.log") as lab,
    ):
        room.panel = panel_states.WORKING
        page = chromium().new_page(viewport={"width": 1280, "height": 820}, device_scale_factor=1)
        for theme in ("light", "dark"):
            path = lab.notebook(f"{LAB}/{LAB}.ipynb", [CALLS.strip(), METER], kernel="coreskills")
            open_notebook(page, lab, path, theme=theme)
            page.evaluate("() => window.jupyterapp.shell.activateById('coreskills-course')")
            run_all(page)
            page.wait_for_selector(".jp-coreskills-amount")
            page.wait_for_timeout(1500)
            save(page, "classroom" if theme == "light" else "classroom-dark")
        cells = gallery.cells(list(WIDGETS))
        page.set_viewport_size({"width": 1400, "height": 1300})
        open_notebook(page, lab, lab.notebook("widgets.ipynb", cells))
        page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
        run_all(page)
        for number, (name, width) in enumerate(WIDGETS.values(), start=len(cells) - len(WIDGETS)):
            set_width(page, width)
            widget = page.locator(".jp-Notebook .jp-Cell").nth(number).locator(".jp-coreskills").first
            widget.scroll_into_view_if_needed()
            if name == "retrieval-viewer":
                widget.locator("[data-side=a] button").first.click()
            if name == "trace-viewer":
                widget.get_by_role("row").nth(1).click()
                widget.get_by_role("tab", name="Replay").click()
            page.wait_for_timeout(600)
            for theme in ("light", "dark"):
                set_theme(page, theme)
                page.wait_for_timeout(400)
                widget.screenshot(path=IMAGES / f"{name}-{theme}.png")
                shrink(IMAGES / f"{name}-{theme}.png")


def save(page: Page, name: str) -> None:
    """A picture of the whole window."""
    page.screenshot(path=IMAGES / f"{name}.png")
    shrink(IMAGES / f"{name}.png")


def shrink(path: Path) -> None:
    """Few colours are enough for a user interface, and keep the repository small."""
    Image.open(path).convert("RGB").quantize(128).save(path, optimize=True)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()
