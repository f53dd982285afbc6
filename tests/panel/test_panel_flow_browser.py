"""From Fetch to feedback in the Course panel, against the real course service, exchange, queue and examiner."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from course_service_harness import LAB, CourseService, course_service
from jupyterlab_harness import Classroom, JupyterLab, accessibility_faults, jupyterlab
from playwright.sync_api import Browser, Locator, Page, expect
from solved_lab import answers

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("panel-browser"), pytest.mark.timeout(240)]

FILE = f"{LAB}.ipynb"
SHOTS = Path(__file__).resolve().parents[2] / "screenshots" / "panel"
WRITE = """
sources => window.jupyterapp.shell.currentWidget.content.widgets
  .filter(cell => cell.model.id in sources)
  .forEach(cell => cell.model.sharedModel.setSource(sources[cell.model.id]))
"""
LAST = "b01-feedback"
IS_OPEN = (
    "() => { const p = window.jupyterapp.shell.currentWidget; return p?.context?.isReady && p.content.widgets.length }"
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CourseService]:
    """A course with one lab open, for one learner."""
    with course_service(tmp_path_factory.mktemp("service"), token=secrets.token_urlsafe(16)) as running:
        yield running


@pytest.fixture(scope="module")
def home(service: CourseService, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterLab]:
    """The learner's JupyterLab, in an empty folder."""
    folder = tmp_path_factory.mktemp("home")
    room = Classroom(url=service.url, token=service.token)
    with jupyterlab(folder / "home", room=room, log=folder / "lab.log") as running:
        yield running


def card(page: Page, home: JupyterLab) -> Locator:
    """The panel's card: what to do next."""
    page.goto(home.address())
    shown = page.locator("#coreskills-course .jp-coreskills-next")
    expect(shown).to_be_visible(timeout=60_000)
    return shown


def test_a_lab_goes_from_fetch_to_feedback_in_the_panel(
    page: Page, home: JupyterLab, service: CourseService, browser: Browser
) -> None:
    """One button after the other; what is on the screen is what the service gets, and it says so."""
    shown = card(page, home)
    button, panel = shown.locator("[data-primary]"), page.locator("#coreskills-course")
    expect(shown).to_contain_text("Start with")
    expect(button).to_have_text("Fetch")
    button.click()
    expect(panel).to_contain_text(f"Fetched {LAB}.", timeout=60_000)
    page.wait_for_function(IS_OPEN, timeout=60_000)
    expect(button).to_have_text("Validate")

    course = service.service.classroom.course
    page.evaluate(WRITE, answers(course, course.lab(LAB)))  # not saved
    validate_and_submit(page, panel, service)
    refuse_what_another_tab_saved(page, panel, home, service, browser)

    assert service.grade() == 1
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    page.evaluate("() => window.jupyterapp.shell.activateById('coreskills-course')")
    expect(panel).to_contain_text("passed 10/10, feedback new", timeout=30_000)
    read = panel.locator("[data-action=feedback]").first
    read.click()
    expect(page.frame_locator("iframe").get_by_role("heading", name="10 checks passed")).to_be_visible(timeout=30_000)
    expect(panel.locator(".jp-coreskills-state", has_text="10/10")).to_have_text("passed 10/10", timeout=30_000)
    assert accessibility_faults(page, "#coreskills-course") == []


def validate_and_submit(page: Page, panel: Locator, service: CourseService) -> None:
    """Both save first, and say so; the receipt is the exchange's own."""
    row = panel.locator(f"button[data-lab='{LAB}']:not([data-action])")
    if row.get_attribute("aria-expanded") != "true":
        row.click()
    panel.locator("li [data-action=validate]").click()
    expect(panel).to_contain_text(f"Saved {FILE}. All 4 checks you can see pass.", timeout=90_000)
    expect(panel.locator("[data-primary]")).to_have_text("Submit")
    page.evaluate(WRITE, {LAST: "Minutes: 40."})
    panel.locator("[data-primary]").click()
    expect(panel).to_contain_text(f"Saved {FILE}. It is submitted. Hidden checks run now.", timeout=60_000)
    (submission,) = service.submissions()
    receipt = service.service.exchange.receipt(submission).sha256
    expect(panel).to_contain_text(re.compile(rf"Submitted \d\d:\d\d, receipt {receipt[:6]}"))
    assert "".join(service.submitted_notebook()["cells"][-1]["source"]) == "Minutes: 40."
    expect(panel).to_contain_text("submitted", timeout=30_000)
    SHOTS.mkdir(parents=True, exist_ok=True)
    panel.screenshot(path=SHOTS / "submitted.png")


def refuse_what_another_tab_saved(
    page: Page, panel: Locator, home: JupyterLab, service: CourseService, browser: Browser
) -> None:
    """The same lab in two tabs: what the other one saved is neither overwritten nor sent for this one's."""
    other = browser.new_page(viewport={"width": 900, "height": 700})
    other.goto(home.address(f"{LAB}/{FILE}"))
    other.wait_for_function(IS_OPEN, timeout=60_000)
    page.wait_for_timeout(1_000)  # file systems round times: JupyterLab takes saves within half a second for one
    other.evaluate(WRITE, {LAST: "Minutes: 50, says the other tab."})
    other.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    other.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    other.close()
    panel.locator("li [data-action=submit]").click()
    expect(panel).to_contain_text(
        re.compile(
            rf"Not submitted. {FILE} was saved elsewhere at \d\d:\d\d:\d\d, perhaps in another tab; here it is as of"
        ),
        timeout=30_000,
    )
    assert len(service.submissions()) == 1
    kept = json.loads((home.folder / LAB / FILE).read_text())
    assert "".join(kept["cells"][-1]["source"]) == "Minutes: 50, says the other tab."
    panel.screenshot(path=SHOTS / "two-tabs.png")
