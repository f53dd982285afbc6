"""The gallery's widgets in a notebook of a real JupyterLab."""

from __future__ import annotations

from pathlib import Path

import gallery
from jupyterlab_harness import JupyterLab, open_notebook, run_all
from playwright.sync_api import Browser, Locator, Page, expect

NARROW, NOTEBOOK, FULL = 320, 700, 1100
SHOTS = Path(__file__).resolve().parents[2] / "screenshots" / "widgets"


class Gallery:
    """A notebook that shows widgets, one state a cell.

    Attributes:
        errors: What went wrong in the page's scripts.
        dialogs: What the page wanted to say or ask.
    """

    def __init__(self, page: Page, names: list[str], first: int) -> None:
        self.page, self.names, self._first = page, names, first
        self.errors: list[str] = []
        self.dialogs: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))

    def __getitem__(self, name: str) -> Locator:
        cell = self.page.locator(".jp-Notebook .jp-Cell").nth(self._first + self.names.index(name))
        cell.scroll_into_view_if_needed()
        widget = cell.locator(".jp-coreskills").first
        expect(widget).to_be_visible(timeout=30_000)
        return widget


def open_gallery(browser: Browser, lab: JupyterLab, names: list[str]) -> Gallery:
    """Run the cells of some states."""
    cells = gallery.cells(names)
    page = browser.new_page(viewport={"width": 1500, "height": 1200})
    shown = Gallery(page, names, len(cells) - len(names))
    open_notebook(page, lab, lab.notebook(f"{'-'.join(names[:2])}.ipynb", cells))
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    run_all(page)
    return shown
