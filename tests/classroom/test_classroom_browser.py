"""One lab all the way in a real classroom: hub, proxy, walled server, kernel, gateway, exchange, examiner, Chromium."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from jupyterlab_harness import chromium
from playwright.sync_api import Browser, Locator, Page, Response, expect

from coreskills.classroom.hub.wall import uid_of
from coreskills.classroom.preflight import free_ports

ROOT = Path(__file__).parents[2]
LAB = "b1-1-first-call"
COMMAND = str(Path(sys.executable).with_name("coreskills"))
AXE = ROOT / "ui" / "node_modules" / "axe-core" / "axe.min.js"
SHOTS = ROOT / "screenshots" / "classroom"

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(420)]


@dataclass(frozen=True)
class Classroom:
    """A classroom that `coreskills up` started."""

    url: str
    passwords: dict[str, str]
    state: Path
    process: subprocess.Popen[str]


@pytest.fixture(scope="module")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Classroom]:
    """The classroom of this course, with a state folder of its own; nothing of it may be left running."""
    state, (port,) = tmp_path_factory.mktemp("classroom") / "state", free_ports(1)
    process = subprocess.Popen(
        [COMMAND, "up", "--port", str(port), "--json"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "CORESKILLS_STATE": str(state)},
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "coreskills up said nothing"
    told = json.loads(line)
    family = psutil.Process(process.pid).children(recursive=True)
    yield Classroom(told["url"], told["passwords"], state, process)
    family += psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 0
    assert [each for each in family if each.is_running() and each.status() != psutil.STATUS_ZOMBIE] == []


@pytest.fixture(scope="module")
def browser() -> Browser:
    return chromium()


def log_in(browser: Browser, room: Classroom, name: str) -> Page:
    # The pages' own policy forbids foreign scripts, and axe is one: for the test the browser may set it aside.
    page = browser.new_context(viewport={"width": 1400, "height": 900}, bypass_csp=True).new_page()
    page.goto(room.url)
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", room.passwords[name])
    page.click("#login_submit")
    page.wait_for_selector(".jp-Launcher, .jp-NotebookPanel", timeout=120_000)
    return page


def shoot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def test_a_lab_goes_all_the_way(classroom: Classroom, browser: Browser) -> None:
    """Fetch, run, submit, be graded, read feedback and score as a learner; judge and see it as an instructor."""
    page = log_in(browser, classroom, "ada")
    unfolded(page).get_by_role("button", name=re.compile("^Fetch B1.1")).first.click()
    home = classroom.state / "home" / "ada"
    wait_for(lambda: (home / LAB / f"{LAB}.ipynb").is_file(), "the fetched notebook")
    shoot(page, "1-fetched")
    page.close()
    solve(home)
    page = open_again(page, classroom)
    run_all_cells(page)
    look_at_answer_and_cost(page)
    submit_and_wait(page, classroom)
    assert answer_of_last_task() in (home / LAB / f"{LAB}.ipynb").read_text(), "Submit did not save first"
    expect(unfolded(page)).to_contain_text("passed 18/20", timeout=60_000)
    shoot(page, "3-graded")
    read_feedback(page, classroom)
    instructor = log_in(browser, classroom, "instructor")
    open_formgrader_from_the_menu(instructor)
    look_at_formgrader(instructor, classroom)
    expect(unfolded(page)).to_contain_text("passed 20/20", timeout=60_000)
    look_at_class_page(instructor, classroom)


def wait_for(condition: object, what: str, *, timeout_s: float = 60) -> None:
    end = time.monotonic() + timeout_s
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, f"{what} did not come"
        time.sleep(0.3)


def solve(home: Path) -> None:
    """What a learner would have written: the reference's answers in the fetched notebook."""
    target = home / LAB / f"{LAB}.ipynb"
    source = json.loads((ROOT / "source" / LAB / f"{LAB}.ipynb").read_text())
    answers = {cell["id"]: cell["source"] for cell in source["cells"]}
    notebook = json.loads(target.read_text())
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("solution"):
            lines = "".join(answers[cell["id"]]).splitlines(keepends=True)
            cell["source"] = [line for line in lines if "### BEGIN" not in line and "### END" not in line]
    target.write_text(json.dumps(notebook))


def open_again(closed: Page, room: Classroom) -> Page:
    """A new page of the same browser: what the other one had on its screen is gone, what is on disk is shown."""
    page = closed.context.new_page()
    page.goto(f"{room.url}/user/ada/lab/tree/{LAB}/{LAB}.ipynb")
    page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=60_000)
    return page


def run_all_cells(page: Page) -> None:
    """Run the notebook as a learner would; the cell that fails on purpose must not end the run."""
    expect(page.locator("#jp-main-statusbar")).to_contain_text("CoreSkills (Python 3) | Idle", timeout=60_000)
    choose(page, "Run", "Run All Cells")
    # Cells run in order, and the view goes to the last one: when that has a number, all have run.
    cells = json.loads((ROOT / "release" / LAB / f"{LAB}.ipynb").read_text())["cells"]
    last = max(place for place, cell in enumerate(cells) if cell["cell_type"] == "code")
    prompt = page.locator(f".jp-Cell[data-windowed-list-index='{last}'] .jp-InputPrompt")
    expect(prompt).to_have_text(re.compile(r"^\[\d+\]:$"), timeout=120_000)


def choose(page: Page, menu: str, item: str) -> None:
    page.get_by_role("menuitem", name=menu, exact=True).click()
    page.get_by_role("menuitem", name=re.compile(f"^{item}$")).click()


def look_at_answer_and_cost(page: Page) -> None:
    """The answer as recorded, the note of its cost below, the meter in the status bar."""
    answer = page.locator(".jp-OutputArea", has_text=answer_of_last_task())
    reveal(page, answer)
    note = answer.locator(".jp-coreskills-note")
    expect(note).to_contain_text(re.compile(r"1 call.* in, .* out.*\$0\.0000\d+.*left.*offline"))
    meter = page.locator("#jp-main-statusbar .jp-coreskills-status")
    expect(meter).to_contain_text(re.compile(r"\$0\.00\d*[1-9]"), timeout=30_000)
    shoot(page, "2-ran")


def answer_of_last_task() -> str:
    """What the recording says to the last task's question."""
    cassette = json.loads((ROOT / "cassettes" / LAB / f"{LAB}.json").read_text())
    (said,) = (each for each in cassette["interactions"] if each["coreskills"]["cell"] == "b11-t6-code")
    text: str = json.loads(said["response"]["body"]["string"])["content"][0]["text"]
    return text


def reveal(page: Page, what: Locator) -> None:
    """Turn the wheel upwards until it is there: JupyterLab draws only the cells in view."""
    page.locator(".jp-NotebookPanel .jp-Notebook").first.hover()

    def is_there() -> bool:
        page.mouse.wheel(0, -300)
        return what.count() > 0 and what.first.is_visible()

    wait_for(is_there, "the cell that was looked for")
    what.first.scroll_into_view_if_needed()


def unfolded(page: Page) -> Locator:
    """The Course panel, with the lab's module and the lab open."""
    panel = page.locator(".jp-coreskills-panel").first
    for which in ("[data-module='M1']", f"[data-lab='{LAB}']"):
        button = panel.locator(f".jp-coreskills-unfold-button{which}")
        button.wait_for(timeout=30_000)
        if button.get_attribute("aria-expanded") != "true":
            button.click()
    return panel


def submit_and_wait(page: Page, room: Classroom) -> None:
    """Submit with the panel's button; wait until the panel's data say graded."""
    unfolded(page).get_by_role("button", name=re.compile("^Submit B1.1")).first.click()
    dialog = page.locator(".jp-Dialog .jp-mod-accept")
    if dialog.count():
        dialog.first.click()

    def state() -> str:
        answer = page.request.get(f"{room.url}/services/course/api/panel")
        table = answer.json() if answer.ok else {"modules": []}
        rows = {lab["id"]: lab for module in table["modules"] for lab in module["labs"]}
        return str(rows.get(LAB, {}).get("state"))

    page.request.get(f"{room.url}/services/course/feedback/0")  # logs this browser in at the course service
    wait_for(lambda: state() in ("submitted", "grading", "passed", "not_yet"), "the submission", timeout_s=40)
    wait_for(lambda: state() in ("passed", "not_yet"), "the grade", timeout_s=150)
    assert state() == "passed"


def read_feedback(page: Page, room: Classroom) -> None:
    shown = page.context.new_page()
    rows = page.request.get(f"{room.url}/services/course/api/submissions").json()["submissions"]
    shown.goto(f"{room.url}/services/course/feedback/{rows[-1]['id']}")
    expect(shown.locator("h1")).to_have_text("B1.1 First API call")
    expect(shown.locator(".score")).to_contain_text("passed")
    assert "BEGIN HIDDEN" not in shown.content()
    assert shown.locator("script").count() == 0
    shoot(shown, "4-feedback")
    check_accessible(shown)
    shown.close()


def check_accessible(page: Page) -> None:
    """axe finds nothing to object to."""
    page.add_script_tag(path=AXE)
    found = page.evaluate("async () => (await axe.run()).violations.map(v => [v.id, v.nodes.map(n => n.html)])")
    assert found == []


def open_formgrader_from_the_menu(page: Page) -> None:
    """JupyterLab shows it in a frame, which JupyterHub forbids unless the server's configuration allows it."""
    choose(page, "Nbgrader", "Formgrader")
    shown = page.frame_locator("iframe[src*='formgrader']")
    expect(shown.locator("body")).to_contain_text("Manage Assignments", timeout=60_000)


def look_at_formgrader(page: Page, room: Classroom) -> None:
    """Judge the reflection in formgrader; the learner's score follows when feedback is given back."""
    page.goto(f"{room.url}/user/instructor/formgrader/manage_submissions/{LAB}")
    expect(page.locator("td.student-id").first).to_contain_text("ada", timeout=30_000)
    shoot(page, "5-formgrader")
    page.goto(f"{room.url}/user/instructor/formgrader/gradebook/{LAB}/{LAB}")
    page.get_by_role("link", name=re.compile("Submission #")).first.click(timeout=30_000)
    expect(page.locator("body")).to_contain_text("First API call", timeout=30_000)
    # formgrader listens only after it has fetched the grades; its sign is the extra credit's placeholder.
    expect(page.locator("input.extra-credit").last).to_have_attribute("placeholder", "0", timeout=60_000)
    score = page.locator("input.score:not([disabled])").last
    with page.expect_response(saved_score, timeout=30_000) as answer:
        score.fill("2")
        score.blur()
    assert answer.value.ok
    shoot(page, "6-manual-grading")
    said = subprocess.run(
        [COMMAND, "feedback", LAB, "--json"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "CORESKILLS_STATE": str(room.state)},
    )
    (row,) = json.loads(said.stdout)
    assert (row["learner"], row["returned"], row["max"]) == ("ada", True, "20")
    assert float(row["score"]) == 20


def saved_score(response: Response) -> bool:
    """formgrader saves a score behind the page's back; only its answer tells that it is in the gradebook."""
    return "/formgrader/api/grade/" in response.url and response.request.method == "PUT"


def look_at_class_page(page: Page, room: Classroom) -> None:
    """Overview, item analysis, one learner and the money: there, right, and accessible."""
    for name, path, text in (
        ("7-class", "/class", "Ada Lovelace"),
        ("8-lab", f"/class/labs/{LAB}", "1 of 3 handed in"),
        ("9-learner", "/class/learners/ada", "B1.1"),
        ("10-spend", "/class/spend", "at list price"),
    ):
        page.goto(f"{room.url}/services/course{path}")
        expect(page.locator("main")).to_contain_text(text, timeout=30_000)
        shoot(page, name)
        check_accessible(page)
    page.set_viewport_size({"width": 320, "height": 800})
    page.goto(f"{room.url}/services/course/class")
    expect(page.locator(".cards")).to_contain_text("Ada Lovelace")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    shoot(page, "11-class-narrow")


def test_a_learners_server_sees_nothing_of_the_course(classroom: Classroom) -> None:
    """The wall, from inside: no course, no hub files, no other home, no course side of the package."""
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    from coreskills.classroom.hub.wall import give_home, walled

    home = classroom.state / "home" / "grace"
    give_home(home, "grace")
    looked = [
        ROOT / "source",
        ROOT / "cassettes",
        ROOT / "coreskills",
        classroom.state / "hub",
        classroom.state / "home",
    ]
    code = (
        "import os, json, importlib.util as u;"
        f"print(json.dumps([sorted(os.listdir(p)) if os.path.isdir(p) else None for p in {list(map(str, looked))!r}]"
        " + [u.find_spec('coreskills') is None, u.find_spec('coreskills_widgets') is not None,"
        " os.getuid(), len([p for p in os.listdir('/proc') if p.isdigit()])]))"
    )
    line = walled([sys.executable, "-c", code], name="grace", home=home, readable=[classroom.state / "learner"])
    said = subprocess.run(line, capture_output=True, text=True, check=True, env={"HOME": str(home)}).stdout
    *folders, course_side, learner_side, uid, processes = json.loads(said)
    assert folders == [None, None, None, None, ["grace"]]
    assert (course_side, learner_side) == (True, True)
    assert uid == (uid_of("grace") if os.getuid() == 0 else os.getuid())
    assert processes <= 3


def test_up_says_when_the_port_is_taken(classroom: Classroom) -> None:
    """A second classroom on the same port: exit 1, the reason, a way out."""
    port = classroom.url.rpartition(":")[2]
    said = subprocess.run(
        [COMMAND, "up", "--port", port],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "CORESKILLS_STATE": str(classroom.state)},
    )
    assert said.returncode == 1
    assert f"Port {port} is taken" in said.stderr
    assert "--port" in said.stderr
