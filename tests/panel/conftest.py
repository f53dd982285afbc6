"""One JupyterLab and one browser for the tests here."""

from __future__ import annotations

from jupyterlab_fixtures import browser, lab, page

__all__ = ["browser", "lab", "page"]
