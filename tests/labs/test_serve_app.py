"""`app.serve`: a learner's page, open beside the notebook, directly or through the learner's server."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from coreskills_widgets.kernel import environ
from coreskills_widgets.labs import app
from coreskills_widgets.labs.serving import SERVER_PATH

PAGE = "import streamlit as st\nst.title('Ask your documents')\n"


@pytest.fixture(autouse=True)
def no_page_stays_open(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(SERVER_PATH, raising=False)
    (tmp_path / "page.py").write_text(PAGE, encoding="utf-8")
    yield
    app.stop()


def fetch(url: str) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=30) as answer:
        return str(answer.read().decode())


def test_a_page_opens_and_closes() -> None:
    """The link that is printed leads to Streamlit; after `stop` nobody listens there."""
    address = app.serve("page.py")
    assert "<title>Streamlit</title>" in fetch(address.url)
    assert address.url in str(address)
    assert f'href="{address.url}"' in address._repr_html_()
    app.stop()
    with pytest.raises(urllib.error.URLError):
        fetch(address.url)


def test_in_the_hub_the_link_goes_through_the_learners_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """The port is on the server's machine; the browser is somewhere else."""
    hub = environ.base_environment({"JUPYTERHUB_SERVICE_PREFIX": "/user/ada/", "JUPYTERHUB_API_TOKEN": "secret"})
    assert hub[SERVER_PATH] == "/user/ada/"
    assert "secret" not in hub.values()
    monkeypatch.setenv(SERVER_PATH, hub[SERVER_PATH])
    address = app.serve("page.py")
    assert address.url.startswith("/user/ada/proxy/")
    port = address.url.rstrip("/").rpartition("/")[2]
    assert "<title>Streamlit</title>" in fetch(f"http://127.0.0.1:{port}/")


def test_a_page_that_is_not_there_or_does_not_start_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence with the reason, not a link that leads nowhere."""
    with pytest.raises(FileNotFoundError, match=r"no out/app\.py yet"):
        app.serve("out/app.py")
    monkeypatch.setenv("PYTHONPATH", os.fspath(Path.cwd() / "shadow"))
    (Path.cwd() / "shadow").mkdir()
    (Path.cwd() / "shadow" / "streamlit.py").write_text("raise SystemExit('no streamlit today')", encoding="utf-8")
    with pytest.raises(RuntimeError, match="no streamlit today"):
        app.serve("page.py")
