"""nbgrader's own faces in the hub, on our exchange: the Assignment List, and formgrader's buttons."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jupyterlab_harness import chromium
from playwright.sync_api import Page, expect

from coreskills.classroom.preflight import free_ports
from coreskills.classroom.service.app import open_exchange
from coreskills.classroom.settings import Classroom
from coreskills.course import load_course

ROOT = Path(__file__).parents[2]
LAB = "b1-1-first-call"
SHOTS = ROOT / "screenshots" / "classroom"

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(600)]


@dataclass(frozen=True)
class Hub:
    """A classroom that `coreskills up` started."""

    url: str
    passwords: dict[str, str]
    room: Classroom

    def log_in(self, name: str) -> Page:
        page = chromium_once().new_context(viewport={"width": 1400, "height": 900}).new_page()
        page.goto(self.url)
        page.fill("input[name=username]", name)
        page.fill("input[name=password]", self.passwords[name])
        page.click("#login_submit")
        page.wait_for_selector("#jp-menu-panel, #jp-MainMenu", timeout=180_000)
        return page


_BROWSER: list[Any] = []


def chromium_once() -> Any:
    if not _BROWSER:
        _BROWSER.append(chromium())
    return _BROWSER[0]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """The classroom of this course, with a state folder of its own."""
    state, (port,) = tmp_path_factory.mktemp("formgrader") / "state", free_ports(1)
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("coreskills")), "up", "--port", str(port), "--json"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "CORESKILLS_STATE": str(state)},
    )
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    try:
        yield Hub(told["url"], told["passwords"], Classroom(load_course(ROOT), state))
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0


def wait_for(condition: Callable[[], bool], what: str, *, timeout_s: float = 240) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, f"{what} did not come"
        time.sleep(0.3)


def shoot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def test_the_assignment_list_and_formgraders_buttons_work_on_our_exchange(hub: Hub) -> None:
    """A learner fetches, submits and fetches feedback; an instructor withdraws, releases, collects, gives feedback."""
    exchange = open_exchange(hub.room)
    page = hub.log_in("ada")
    fetch_and_submit(page, hub)
    wait_for(lambda: [row.state for row in exchange.submissions()] == ["graded"], "the grade")
    fetch_feedback(page, hub)
    page.context.close()
    instructor = hub.log_in("instructor")
    instructor.goto(f"{hub.url}/user/instructor/formgrader/manage_assignments")
    press(instructor, "release", "Successfully unreleased")
    assert LAB not in exchange.releases()
    press(instructor, "release", "Successfully released")
    assert LAB in exchange.releases()
    press(instructor, "collect", "Successfully collected submissions")
    assert (hub.room.submitted / "ada" / LAB / f"{LAB}.ipynb").is_file()
    made = hub.room.feedback / "ada" / LAB / f"{LAB}.html"
    assert not made.exists()
    press(instructor, "generate-feedback", "Successfully generated feedback")
    shown = made.read_text()
    assert "B1.1 First API call" in shown
    assert "BEGIN HIDDEN" not in shown
    press(instructor, "release-feedback", "Successfully released feedback")
    (row,) = exchange.submissions()
    assert exchange.take_feedback(row, seen=False)[f"{LAB}.html"].decode() == shown
    shoot(instructor, "13-formgrader-assignments")


def fetch_and_submit(page: Page, hub: Hub) -> None:
    page.get_by_role("menuitem", name="Nbgrader").click()
    page.get_by_role("menuitem", name="Assignment List").click()
    released = page.locator(".list_item").filter(has_text=LAB).first
    released.get_by_role("button", name="Fetch", exact=True).click(timeout=90_000)
    notebook = hub.room.homes / "ada" / LAB / f"{LAB}.ipynb"
    wait_for(notebook.is_file, "the fetched notebook")
    page.locator(".list_item").filter(has_text=LAB).get_by_role("button", name="Submit", exact=True).click(
        timeout=60_000
    )
    page.get_by_role("button", name="Fetch Feedback").first.wait_for(timeout=60_000)
    shoot(page, "12-assignment-list")


def fetch_feedback(page: Page, hub: Hub) -> None:
    page.locator("#refresh_assignments_list").first.click()
    page.get_by_role("button", name="Fetch Feedback").first.click(timeout=60_000)
    folder = hub.room.homes / "ada" / LAB / "feedback"
    wait_for(lambda: any(folder.rglob(f"{LAB}.html")), "the feedback page")
    shoot(page, "12-assignment-list-feedback")


def press(page: Page, column: str, says: str) -> None:
    """Press the lab's button in a column, wait for what formgrader says, close that."""
    row = page.locator("tr").filter(has=page.get_by_text(re.compile(f"^{LAB}$")))
    row.locator(f"td.{column} a").click(timeout=60_000)
    modal = page.locator(".modal.show, .modal.in").last
    expect(modal).to_contain_text(says, timeout=120_000)
    modal.get_by_role("button", name=re.compile("OK|Close")).last.click()
    expect(page.locator(".modal.show, .modal.in")).to_have_count(0)
