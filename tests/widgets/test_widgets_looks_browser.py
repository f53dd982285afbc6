"""How the faces look and take keys where people need more than the usual: zoom, contrast, little room, no mouse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from approved import assert_approved, difference, skip_elsewhere
from gallery_page import NOTEBOOK, SHOTS, Gallery, open_gallery
from jupyterlab_harness import JupyterLab, accessibility_faults, set_theme, set_width, sideways_overflow
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("widgets-browser"),
    pytest.mark.timeout(240),
]

STATES = ["cost-half", "cost-80", "cost-unpriced", "retrieval-two", "trace-mixed"]
APPROVED = Path(__file__).resolve().parent / "approved"
WIDGETS = ".jp-Cell-outputArea .jp-coreskills"
FOCUSABLE = "button, input, select, textarea, summary, a[href], [tabindex]"
WITHOUT_MARK = """
focusable => [...document.querySelectorAll('.jp-coreskills')]
  .flatMap(root => [...root.querySelectorAll(focusable)])
  .filter(one => one.getAttribute('data-lm-suppress-shortcuts') !== 'true')
  .map(one => one.outerHTML.slice(0, 120))
"""
MOVING = """
() => [...document.querySelectorAll('.jp-coreskills, .jp-coreskills *')]
  .filter(one => getComputedStyle(one).animationName !== 'none').length
"""
INVISIBLE_FILLS = """
() => ['.jp-coreskills-meter-fill', '.jp-coreskills-axis > span', '.jp-coreskills-time > span']
  .filter(selector => {
    const fill = document.querySelector(selector);
    return getComputedStyle(fill).backgroundColor === getComputedStyle(fill.parentElement).backgroundColor;
  })
"""


@pytest.fixture(scope="module")
def shown(browser: Browser, lab: JupyterLab) -> Iterator[Gallery]:
    """One notebook with a few widgets."""
    opened = open_gallery(browser, lab, STATES)
    yield opened
    opened.page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_widgets_look_as_approved(shown: Gallery, theme: str) -> None:
    """The same picture as the one that was looked at, give or take a pixel; see tests/harness/approved.py."""
    skip_elsewhere(shown.page, APPROVED)
    set_theme(shown.page, theme)
    set_width(shown.page, NOTEBOOK)
    for name in STATES:
        assert_approved(shown[name], APPROVED, f"{name}-{theme}")


def test_an_approved_picture_tells_a_bar_from_none() -> None:
    """The comparison forgives a pixel's shift and rounding, and finds a missing bar, another size, other colours."""
    plain = Image.new("RGB", (400, 160), "white")
    drawn, moved = plain.copy(), plain.copy()
    ImageDraw.Draw(drawn).rectangle((20, 40, 260, 54), fill="#1976d2")
    ImageDraw.Draw(moved).rectangle((21, 40, 261, 54), fill="#1874d4")
    assert difference(moved, drawn) == ""
    assert "brightness differs" in difference(plain, drawn)
    assert "brightness differs" in difference(Image.eval(drawn, lambda value: 255 - value), drawn)
    assert "400 x 160 pixels" in difference(plain, Image.new("RGB", (400, 200), "white"))


def test_zoom_contrast_and_little_room_lose_nothing(shown: Gallery) -> None:
    """Zoomed to 200 %, with the system's high contrast, without motion, and in a window of 320 pixels."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page = shown.page
    set_theme(page, "light")
    set_width(page, NOTEBOOK)
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    assert page.evaluate(INVISIBLE_FILLS) == []
    assert page.evaluate(MOVING) == 0
    for name in ("cost-80", "retrieval-two", "trace-mixed"):
        shown[name].screenshot(path=SHOTS / f"{name}-forced-colors.png")
    assert accessibility_faults(page, WIDGETS) == []
    page.emulate_media(forced_colors="none", reduced_motion="no-preference")
    set_theme(page, "contrast")
    assert accessibility_faults(page, WIDGETS) == []
    shown["retrieval-two"].screenshot(path=SHOTS / "retrieval-two-contrast-theme.png")
    set_theme(page, "light")
    page.evaluate("() => document.getElementById('test-width').remove()")
    for width in (640, 320):  # a window of 1280 pixels at 200 and at 400 %
        page.set_viewport_size({"width": width, "height": 900})
        shown["retrieval-two"].screenshot(path=SHOTS / f"retrieval-two-window-{width}.png")
        assert sideways_overflow(page, WIDGETS) == [], width
        assert accessibility_faults(page, WIDGETS) == [], width
    page.set_viewport_size({"width": 1500, "height": 1200})


def test_every_stop_of_the_focus_keeps_its_keys(shown: Gallery) -> None:
    """JupyterLab looks for the mark on the focused element itself: each one has it, in all that unfolds, too."""
    page = shown.page
    set_width(page, NOTEBOOK)
    cost, hits, trace = (shown[name] for name in ("cost-half", "retrieval-two", "trace-mixed"))
    cost.get_by_role("button", name="Details").click()
    for tab in ("By model", "By cell", "Calls"):
        cost.get_by_role("tab", name=tab).click()
        assert page.evaluate(WITHOUT_MARK, FOCUSABLE) == [], tab
    hits.locator("[data-side=a] button").first.click()
    expect(hits.locator(".jp-coreskills-chunk")).to_be_visible()
    for tab in ("Map", "As table", "Hits"):
        hits.get_by_role("tab", name=tab).click()
        assert page.evaluate(WITHOUT_MARK, FOCUSABLE) == [], tab
    trace.get_by_role("row").nth(1).click()
    for tab in ("Request", "Response", "Replay", "Conversation"):
        trace.get_by_role("tab", name=tab).click()
        assert page.evaluate(WITHOUT_MARK, FOCUSABLE) == [], tab
