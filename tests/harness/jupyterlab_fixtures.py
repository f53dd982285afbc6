"""One JupyterLab and one browser for all tests of a folder that look at pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyterlab_harness import JupyterLab, chromium, classroom, jupyterlab
from playwright.sync_api import Browser, Page


@pytest.fixture(scope="session")
def browser() -> Browser:
    """Headless Chromium."""
    return chromium()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterLab]:
    """JupyterLab with our extension and a private gateway."""
    folder: Path = tmp_path_factory.mktemp("jupyterlab")
    with classroom(folder / "state") as room, jupyterlab(folder / "home", room=room, log=folder / "lab.log") as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A browser window without a memory."""
    opened = browser.new_page(viewport={"width": 1280, "height": 1000})
    yield opened
    opened.close()
