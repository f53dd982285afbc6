"""The Course panel and the status bar in a real JupyterLab, used as a person would."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path

import panel_states
import pytest
from jupyterlab_harness import JupyterLab, accessibility_faults, open_notebook, run_all, set_theme, sideways_overflow
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("panel-browser"), pytest.mark.timeout(240)]

LAB = "b1-2-cost-calculator"
SHOTS = Path(__file__).resolve().parents[2] / "screenshots" / "panel"
SQUEEZE = "() => document.getElementById('coreskills-course').style.setProperty('width', '240px', 'important')"
# With the system's colours: the button has an edge, the bar differs from its track.
INVISIBLE = """
panel => [['[data-primary]', 'borderTopColor'], ['.jp-coreskills-meter-fill', 'backgroundColor']]
  .filter(([part, property]) => {
    const shown = panel.querySelector(part);
    return getComputedStyle(shown)[property] === getComputedStyle(shown.parentElement).backgroundColor;
  })
"""
CALL = """
from anthropic import Anthropic
reply = Anthropic().messages.create(
    model="claude-haiku-5-5", max_tokens=9, messages=[{"role": "user", "content": "Hello!"}]
)
print(reply.content[0].text)
"""


def panel(page: Page, lab: JupyterLab) -> Locator:
    """JupyterLab with the panel in front."""
    page.goto(lab.address())
    shown = page.locator("#coreskills-course")
    expect(shown.locator(".jp-coreskills-next")).to_be_visible(timeout=60_000)
    return shown


def write_lab(lab: JupyterLab, source: str) -> None:
    """A learner's copy of a lab with one visible check."""
    path = lab.notebook(f"{LAB}/{LAB}.ipynb", ["value = 41", source], kernel="coreskills")
    content = json.loads((lab.folder / path).read_text())
    content["cells"][1]["metadata"]["nbgrader"] = {
        "grade": True,
        "grade_id": "t1-check",
        "points": 1,
        "locked": False,
        "solution": False,
        "schema_version": 3,
        "task": False,
        "cell_type": "code",
    }
    (lab.folder / path).write_text(json.dumps(content))


def test_the_panel_opens_on_what_to_do_next(page: Page, lab: JupyterLab) -> None:
    """One primary button; states in words; exactly 70 % explained; whole in both themes, high contrast, little room."""
    lab.room.panel = panel_states.WORKING
    write_lab(lab, "assert value == 42, 'value is not 42'")
    shown = panel(page, lab)
    expect(shown.locator("[data-primary]")).to_have_count(1)
    expect(shown.locator("[data-primary]")).to_have_text("Open")
    for words in (
        "passed 18/20",
        "not yet 14/20",
        "submitted (3rd in line)",
        "waits for your instructor",
        "late, not begun",
        "Badge: 2 of 7 modules",
    ):
        expect(shown).to_contain_text(words)
    shown.get_by_role("button", name=re.compile("B1.3 Error handling")).click()
    expect(shown).to_contain_text("70 %: passing needs more than 70 %")
    SHOTS.mkdir(parents=True, exist_ok=True)
    for theme in ("dark", "light"):
        set_theme(page, theme)
        shown.screenshot(path=SHOTS / f"working-{theme}.png")
        assert accessibility_faults(page, "#coreskills-course") == [], theme
    page.emulate_media(forced_colors="active")
    page.set_viewport_size({"width": 640, "height": 500})  # a window of 1280 pixels at 200 %
    page.evaluate(SQUEEZE)
    shown.screenshot(path=SHOTS / "working-forced-colors.png")
    assert sideways_overflow(page, "#coreskills-course") == []
    assert shown.evaluate(INVISIBLE) == []
    assert accessibility_faults(page, "#coreskills-course") == []


def test_validate_saves_first_and_leads_to_the_failing_check(page: Page, lab: JupyterLab) -> None:
    """An unsaved notebook is saved, and it says so; the failing check is a link to its cell; then Submit is next."""
    lab.room.panel = panel_states.WORKING
    write_lab(lab, "assert value == 42, 'value is not 42'")
    shown = panel(page, lab)
    shown.locator("[data-primary]").click()
    expect(page.locator(".jp-Notebook")).to_be_visible(timeout=30_000)
    page.evaluate("() => window.jupyterapp.shell.currentWidget.context.ready.then(() => null)")
    page.evaluate(
        "() => { window.jupyterapp.shell.currentWidget.content.widgets[0].model.sharedModel.setSource('value = 40') }"
    )
    shown.locator(f"button[data-lab='{LAB}']:not([data-action])").click()
    shown.locator("li [data-action=validate]").click()
    expect(shown).to_contain_text(f"Saved {LAB}.ipynb. 0 of 1 checks pass.", timeout=90_000)
    expect(shown).to_contain_text("value is not 42")
    assert "value = 40" in (lab.folder / LAB / f"{LAB}.ipynb").read_text()
    shown.get_by_role("button", name="t1-check").click()
    expect(page.locator(".jp-coreskills-shown")).to_have_count(1)
    page.evaluate(
        "() => { window.jupyterapp.shell.currentWidget.content.widgets[0].model.sharedModel.setSource('value = 42') }"
    )
    shown.locator("li [data-action=validate]").click()
    expect(shown).to_contain_text(
        "The one check you can see passes. Hidden checks run after you submit.", timeout=90_000
    )
    expect(shown.locator("[data-primary]")).to_have_text("Submit")


def test_an_absent_service_leaves_the_last_values(page: Page, lab: JupyterLab) -> None:
    """As of when, what still works, why Submit does not; it comes back by itself."""
    lab.room.panel = panel_states.WORKING
    write_lab(lab, "assert True")
    shown = panel(page, lab)
    lab.room.panel = None
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    page.evaluate("() => window.jupyterapp.shell.activateById('coreskills-course')")
    expect(shown).to_contain_text(re.compile(r"As of \d\d:\d\d: the course service answered 503"))
    expect(shown).to_contain_text("passed 18/20")
    shown.locator(f"button[data-lab='{LAB}']:not([data-action])").click()
    shown.locator("li [data-action=submit]").press("Enter")  # not clickable by design, and it says why
    expect(shown).to_contain_text("Not submitted: the course service is away. Your work is safe here")
    lab.room.panel = panel_states.WORKING
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    page.evaluate("() => window.jupyterapp.shell.activateById('coreskills-course')")
    expect(shown).not_to_contain_text("answered 503")


def test_the_first_day_and_the_last(page: Page, lab: JupyterLab) -> None:
    """A new learner is told where to start; who has done all sees the badge."""
    lab.room.panel = copy.deepcopy(panel_states.FIRST_DAY)
    shown = panel(page, lab)
    expect(shown.locator(".jp-coreskills-next")).to_contain_text("Start withB1.1 First API callAbout 60 min.")
    lab.room.panel = panel_states.ALL_DONE
    shown = panel(page, lab)
    expect(shown.locator(".jp-coreskills-next")).to_have_text("Badge earned: all modules and the capstone")


def test_no_token_reaches_the_page(page: Page, lab: JupyterLab) -> None:
    """The service was asked with the hub's token; nothing the browser received holds it."""
    lab.room.panel = panel_states.WORKING
    received: list[str] = []
    page.on("response", lambda answer: received.append(answer.text()) if "/coreskills/" in answer.url else None)
    panel(page, lab)
    assert lab.room.asked[-1] == f"token {lab.room.token}"
    assert received
    assert not any(lab.room.token in text for text in [*received, page.content()])


def test_the_status_bar_follows_the_notebook(page: Page, lab: JupyterLab) -> None:
    """Spent, of how much, from where; a button opens a card that goes on counting; Esc gives the focus back."""
    lab.room.panel = panel_states.WORKING
    open_notebook(
        page,
        lab,
        lab.notebook(
            "meter/meter.ipynb", [CALL, "from coreskills_widgets import CostMeter\nCostMeter()"], kernel="coreskills"
        ),
    )
    run_all(page)
    status = page.locator(".jp-coreskills-status")
    expect(status).to_contain_text(re.compile(r"\$0\.0.*/ \$0\.50 · 0 %.*offline"))
    expect(page.locator(".jp-coreskills-amount").first).to_contain_text("$0.0")
    status.press("Enter")
    card = page.get_by_role("dialog", name="Cost of")
    expect(card).to_contain_text("1 call")  # it follows while it is open
    expect(card.get_by_role("button", name="Close")).to_be_focused()
    box = card.bounding_box()
    assert box is not None
    assert box["width"] >= 280
    expect(card.get_by_role("button", name="Close")).to_be_in_viewport(ratio=1)
    assert accessibility_faults(page, ".jp-coreskills-status-item", ".jp-coreskills-popup") == []
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    expect(status).to_be_focused()
    page.set_viewport_size({"width": 500, "height": 700})
    expect(status).to_be_visible()
    expect(status.locator(".jp-coreskills-status-total")).to_be_hidden()
