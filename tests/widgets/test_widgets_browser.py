"""Each widget in a real JupyterLab, used as a person would, in three widths and two themes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import gallery
import pytest
from gallery_page import FULL, NARROW, NOTEBOOK, SHOTS, Gallery, open_gallery
from jupyterlab_harness import JupyterLab, accessibility_faults, set_theme, set_width, sideways_overflow
from playwright.sync_api import Browser, expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("widgets-browser"),
    pytest.mark.timeout(240),
]


@pytest.fixture(scope="module", params=["cost", "retrieval", "trace"])
def states(request: pytest.FixtureRequest, browser: Browser, lab: JupyterLab) -> Iterator[Gallery]:
    """All states of one kind of widget."""
    shown = open_gallery(browser, lab, [name for name in gallery.STATES if name.startswith(request.param)])
    yield shown
    shown.page.close()


def test_no_state_breaks_in_any_width_and_theme(states: Gallery) -> None:
    """No fault by axe-core, nothing sticks out, nothing of the data became markup, no error in the page."""
    shown = states
    SHOTS.mkdir(parents=True, exist_ok=True)
    for theme in ("light", "dark"):
        set_theme(shown.page, theme)
        for width in (NARROW, NOTEBOOK, FULL):
            set_width(shown.page, width)
            for name in shown.names:
                shown[name].screenshot(path=SHOTS / f"{name}-{theme}-{width}.png")
            assert sideways_overflow(shown.page, ".jp-Cell-outputArea .jp-coreskills") == [], (theme, width)
            assert accessibility_faults(shown.page, ".jp-coreskills") == [], (theme, width)
    assert shown.page.locator(".jp-coreskills script, .jp-coreskills b, .jp-coreskills img").count() == 0
    assert (shown.errors, shown.dialogs) == ([], [])


@pytest.fixture(scope="module")
def opened(browser: Browser, lab: JupyterLab) -> Iterator[Gallery]:
    """The widgets that the tests below use."""
    names = [
        "cost-half",
        "cost-unpriced",
        "cost-103",
        "cost-thousand",
        "retrieval-two",
        "retrieval-many",
        "retrieval-hostile",
        "trace-mixed",
        "trace-thousand",
    ]
    shown = open_gallery(browser, lab, names)
    set_width(shown.page, NOTEBOOK)
    yield shown
    shown.page.close()


def test_the_meter_says_what_was_spent_and_of_how_much(opened: Gallery) -> None:
    """In numbers, in a bar with a spoken value, and in words about who paid."""
    widget = opened["cost-half"]
    expect(widget.locator(".jp-coreskills-amount")).to_have_text("$0.312")
    expect(widget).to_contain_text("of $0.50 · 62 %")
    expect(widget.get_by_role("meter")).to_have_attribute(
        "aria-valuetext", "31.2 cents of 50 cents, 62 percent, offline"
    )
    expect(widget.locator(".jp-coreskills-badge")).to_have_text("offline")


def test_a_call_without_a_price_is_never_zero(opened: Gallery) -> None:
    """The total says at least, and how many calls it misses."""
    widget = opened["cost-unpriced"]
    expect(widget.locator(".jp-coreskills-amount")).to_have_text("at least $0.304")
    expect(widget).to_contain_text("At least: 2 calls without a known price.")
    expect(opened["cost-103"]).to_contain_text("+$0.0152 over. Budget spent. Calls are refused (429) from now on.")


def test_a_table_leads_back_to_its_cell(opened: Gallery) -> None:
    """Enter on a row of By cell makes that cell the active one, outlined."""
    widget = opened["cost-half"]
    widget.get_by_role("button", name="Show as table").click()
    expect(widget.get_by_role("tab", name="By cell")).to_be_focused()
    widget.get_by_role("button", name="cell 2", exact=True).press("Enter")
    expect(opened.page.locator(".jp-coreskills-shown")).to_have_count(1)
    index = opened.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.activeCellIndex")
    assert index == 1


def test_a_thousand_calls_are_drawn_as_far_as_they_are_seen(opened: Gallery) -> None:
    """The true count is told, few rows are in the page, keys reach the last, find finds."""
    widget = opened["cost-thousand"]
    widget.get_by_role("button", name="Details").click()
    widget.get_by_role("tab", name="Calls").click()
    grid = widget.get_by_role("grid")
    expect(grid).to_have_attribute("aria-rowcount", "1001")
    assert grid.get_by_role("row").count() < 40
    grid.focus()
    opened.page.keyboard.press("End")
    expect(grid.locator("[aria-selected=true]")).to_have_attribute(
        "aria-label", "Call 1, claude-haiku-5-5, 200, 340 milliseconds, 0.08 cents, offline"
    )
    widget.get_by_role("searchbox").fill("opus")
    expect(widget).not_to_contain_text("1,000 calls, newest first")
    assert 0 < int(str(grid.get_attribute("aria-rowcount"))) < 1001


def test_a_notebook_key_does_nothing_while_a_widget_has_the_keys(opened: Gallery) -> None:
    """`a` adds a cell in JupyterLab; not while the focus is inside our widget. Esc gives the keys back."""
    count = "() => window.jupyterapp.shell.currentWidget.content.widgets.length"
    before = opened.page.evaluate(count)
    widget = opened["retrieval-two"]
    widget.get_by_role("tab", name="Hits").focus()
    for key in ("a", "b", "x", "m"):
        opened.page.keyboard.press(key)
    assert opened.page.evaluate(count) == before
    opened.page.keyboard.press("Escape")
    assert opened.page.evaluate("() => !document.activeElement.closest('.jp-coreskills')")


def test_the_verdict_comes_first_and_a_hit_opens_in_its_page(opened: Gallery) -> None:
    """What gold missed and where it stands; before, chunk and after; matches stepped through."""
    widget = opened["retrieval-two"]
    expect(widget.locator(".jp-coreskills-verdict")).to_have_text(
        "2 of 3 right chunks in the top 5; first at rank 1; missing: faq (rank 12)"
    )
    first = widget.locator("[data-side=a] button").first
    expect(first).to_have_attribute(
        "aria-label",
        "Rank 1, returns.pdf p. 3, score 0.821, right, was 2 in BM25, matches opened, tent, return",
    )
    first.press("Enter")
    expect(widget.locator(".jp-coreskills-chunk")).to_have_text(
        "An opened tent may be returned within 30 days if it is dry and complete."
    )
    expect(widget.locator(".jp-coreskills-around").first).to_contain_text("Every tent is checked")
    widget.get_by_role("button", name="Next match").click()
    expect(widget.locator("mark[data-current]")).to_have_text("opened")


def test_arrows_walk_the_hits_and_cross_to_the_other_list(opened: Gallery) -> None:
    """Down, Up, End in a list; Left to the same chunk in the other one."""
    widget = opened["retrieval-two"]
    widget.locator("[data-side=a] button").first.focus()
    opened.page.keyboard.press("ArrowDown")
    opened.page.keyboard.press("ArrowDown")
    expect(widget.locator("[data-side=a] button").nth(2)).to_be_focused()
    opened.page.keyboard.press("ArrowLeft")
    expect(widget.locator("[data-side=b] button").first).to_be_focused()
    assert widget.locator("[data-side=a] button[tabindex='0']").count() == 1


def test_two_hundred_hits_are_drawn_as_far_as_they_are_seen(opened: Gallery) -> None:
    """Few rows in the page; End reaches rank 200."""
    widget = opened["retrieval-many"]
    assert widget.locator("[data-side=a] li").count() < 30
    widget.locator("[data-side=a] button").first.focus()
    opened.page.keyboard.press("End")
    expect(opened.page.locator(":focus")).to_have_attribute(
        "aria-label",
        r"Rank 200, returns.pdf p. 199, score 0.005, was 58 in BM25, matches opened, tent, return",
    )


def test_a_long_chunk_says_how_much_is_cut(opened: Gallery) -> None:
    """100,000 characters of hostile text: its head, the true count, all of it on request, as text."""
    widget = opened["retrieval-hostile"]
    widget.locator("[data-side=a] button").first.click()
    expect(widget.locator(".jp-coreskills-chunk")).to_contain_text(
        "<script>alert(1)</script><b>tent</b> ␀␛[31m opened tent"
    )
    widget.get_by_role("button", name="Show all 108,044 characters").click()
    assert len(widget.locator(".jp-coreskills-chunk").inner_text()) > 107_000
    assert opened.dialogs == []


def test_a_call_opens_with_what_the_sdk_added_and_without_the_key(opened: Gallery) -> None:
    """Conversation, tries as one row, the diff of a miss; the key is hidden everywhere."""
    widget = opened["trace-mixed"]
    tree = widget.get_by_role("treegrid")
    expect(tree.get_by_role("row")).to_have_count(5)
    tree.focus()
    opened.page.keyboard.press("Home")
    opened.page.keyboard.press("ArrowDown")
    opened.page.keyboard.press("ArrowDown")
    opened.page.keyboard.press("ArrowRight")
    expect(tree.get_by_role("row")).to_have_count(8)
    opened.page.keyboard.press("Enter")
    expect(widget.locator(".jp-coreskills-detail")).to_contain_text("3 tries, two 429, waited 1.96 s (recorded)")
    opened.page.keyboard.press("Escape")
    expect(tree).to_be_focused()
    opened.page.keyboard.press("ArrowUp")
    opened.page.keyboard.press("Enter")
    detail = widget.locator(".jp-coreskills-detail")
    expect(detail).to_contain_text("added by the SDK: 4 things your code did not write")
    detail.locator("summary").click()
    expect(detail).to_contain_text("hidden")
    widget.get_by_role("tab", name="Replay").click()
    expect(detail.locator("del")).to_have_text("Classify")
    expect(detail.locator("ins")).to_have_text("Sort")
    assert "sk-secret" not in widget.inner_html()


def test_a_thousand_calls_cost_few_elements(opened: Gallery) -> None:
    """What is drawn before anybody asks grows with the cells, not with the calls."""
    set_width(opened.page, FULL)
    elements = opened["cost-thousand"].evaluate("widget => widget.querySelectorAll('*').length")
    set_width(opened.page, NOTEBOOK)
    assert elements < 2_000


def test_the_saved_notebook_holds_a_script_free_copy(browser: Browser, lab: JupyterLab) -> None:
    """Saved, and opened with no kernel: the same facts as plain tables, escaped, and no widget state over 200 kB."""
    shown = open_gallery(browser, lab, ["cost-hostile", "retrieval-hostile"])
    shown.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    shown.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    shown.page.close()
    saved: dict[str, Any] = json.loads(
        (lab.folder / "cost-hostile-retrieval-hostile.ipynb").read_text(encoding="utf-8")
    )
    outputs = [output["data"] for cell in saved["cells"] for output in cell["outputs"] if "data" in output]
    assert len(outputs) == 2
    for data in outputs:
        html = "".join(data["text/html"])
        assert "<table" in html
        assert "saved copy" in html
        assert "<script" not in html
        assert "&lt;script&gt;" in html
        assert len(html.encode()) < 50_000
        assert "".join(data["text/plain"]).startswith(("CostMeter: ", "RetrievalViewer: "))
