"""Every endpoint of the course service, tried with somebody else's token."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
import requests
from starlette.routing import Route

from coreskills.classroom.service.app import routes

LAB = "b1-1-first-call"
OPEN = {"/health", "/oauth_callback"}
ROUTES = [
    (route.path, method)
    for route in routes()
    if isinstance(route, Route)
    for method in sorted((route.methods or set()) - {"HEAD"})
]
# What a learner may ask of these is about the learner alone: nothing of another's can be named.
OWN = {
    "/api/panel",
    "/api/labs",
    "/api/labs/{lab}/release",
    "/api/labs/{lab}/submissions",
    "/api/submissions",
    "/api/keys",
}


def bundle(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def hand_in(running: Any, learner: str, data: bytes) -> dict[str, Any]:
    body = bundle(**{f"{LAB}.ipynb": data})
    answer = requests.post(f"{running.url}/api/labs/{LAB}/submissions", headers=running.as_(learner), data=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def filled(path: str, *, submission: int) -> str:
    return path.replace("{lab}", LAB).replace("{id}", str(submission)).replace("{learner}", "grace")


def test_every_route_says_who_may_enter() -> None:
    """A route without a guard is one of the two that must be open."""
    unguarded = {route.path for route in routes() if isinstance(route, Route) and not hasattr(route, "allow")}
    assert unguarded == OPEN


@pytest.mark.parametrize(("path", "method"), ROUTES, ids=lambda value: str(value).strip("/") or "root")
def test_a_learners_token_opens_nothing_of_others(
    shared: Any, make_notebook: Callable[..., bytes], path: str, method: str
) -> None:
    """Ada asks for Grace's or the instructor's things on each route there is: 403 or 404, or only her own."""
    hand_in(shared, "grace", make_notebook("secret of grace"))
    theirs = shared.service.exchange.submissions(learner="grace")[0].id
    secret = shared.service.keys.mint(learner="grace", lab=LAB, ttl_s=60)
    receipt = shared.service.exchange.receipt(shared.service.exchange.submission(theirs))
    answer = requests.request(
        method,
        shared.url + filled(path, submission=theirs),
        headers=shared.as_("ada"),
        params={"learner": "grace"},
        json={"key": secret, "lab": LAB, **vars(receipt)},
        allow_redirects=False,
    )
    if path in OPEN or (path in OWN and answer.status_code < 400):
        assert b"grace" not in answer.content.lower()
    else:
        assert answer.status_code in (400, 403, 404), answer.text
        assert "secret of grace" not in answer.text
    if "{id}" in path or "keys/" in path or "class" in path:
        assert answer.status_code in (403, 404)


@pytest.mark.parametrize(("path", "method"), ROUTES, ids=lambda value: str(value).strip("/") or "root")
def test_nobody_enters_without_a_good_token(shared: Any, path: str, method: str) -> None:
    """No token, a bad one, one of somebody who is not on the roster: 401, or the way to the login for pages."""
    for token in ("", "token nonsense", "token token-nobody", "Basic YWRhOmFkYQ=="):
        headers = {"Authorization": token} if token else {}
        answer = requests.request(
            method, shared.url + filled(path, submission=1), headers=headers, allow_redirects=False, data=b""
        )
        assert path in OPEN or answer.status_code in (401, 302), answer.text
        if answer.status_code == 302:
            assert answer.headers["location"].startswith("/hub/api/oauth2/authorize")


@pytest.mark.parametrize(("path", "method"), [r for r in ROUTES if r[0] not in OPEN], ids=lambda v: str(v).strip("/"))
def test_a_page_of_another_site_is_refused(shared: Any, path: str, method: str) -> None:
    """What a browser marks as coming from elsewhere does nothing here, even with a good token."""
    for told in ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}, {"Origin": "https://evil.example"}):
        if method == "GET" and "Origin" in told:
            continue  # reading across origins is the browser's to refuse: we send no CORS header
        answer = requests.request(
            method, shared.url + filled(path, submission=1), headers=shared.as_("iris") | told, data=b"{}"
        )
        assert answer.status_code == 403, (told, answer.text)
        assert "access-control-allow-origin" not in answer.headers


def test_an_instructor_sees_everybody(running: Any, make_notebook: Callable[..., bytes]) -> None:
    """The same routes, asked by an instructor."""
    hand_in(running, "grace", make_notebook("one"))
    hand_in(running, "ada", make_notebook("two"))
    answer = requests.get(f"{running.url}/api/labs/{LAB}/submissions", headers=running.as_("iris"))
    assert [row["learner"] for row in answer.json()["submissions"]] == ["grace", "ada"]
