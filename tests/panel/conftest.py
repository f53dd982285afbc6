"""One JupyterLab and one browser for the panel's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyterlab_harness import JupyterLab, chromium, classroom, jupyterlab
from playwright.sync_api import Browser


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
