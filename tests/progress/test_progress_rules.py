"""When a lab is passed, a module complete, the badge earned."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreskills.course import Course, load_course
from coreskills.progress.rules import Score, completion, passes_capstone, passes_lab

COURSE = load_course(Path(__file__).parents[2])
RULE = COURSE.completion
points = st.decimals(min_value=0, max_value=60, places=2)


def lab_score(points: str, of: str = "20", *, manual: str | None = "0", auto_max: str = "18") -> Score:
    return Score(Decimal(points), None if manual is None else Decimal(manual), Decimal(of), Decimal(auto_max))


def full_scores(course: Course = COURSE, *, track: str = "beginner") -> dict[str, Score]:
    return {
        lab.id: Score(
            Decimal(lab.points.visible + lab.points.hidden),
            Decimal(lab.points.manual),
            Decimal(lab.points.total),
            Decimal(lab.points.visible + lab.points.hidden),
        )
        for lab in course.labs
        if lab.track in (track, "both")
    }


@pytest.mark.parametrize(
    ("auto", "of", "passed"),
    [
        pytest.param("14", "20", False, id="exactly-seventy-percent"),
        pytest.param("14.01", "20", True, id="a-hair-above"),
        pytest.param("15", "20", True, id="fifteen-of-twenty"),
        pytest.param("15.4", "22", False, id="seventy-percent-of-twenty-two"),
        pytest.param("0", "20", False, id="nothing"),
    ],
)
def test_a_lab_is_passed_above_seventy_percent(auto: str, of: str, passed: bool) -> None:
    """Strictly more than 70 %, compared exactly."""
    assert passes_lab(lab_score(auto, of), RULE) is passed


@pytest.mark.parametrize(
    ("points", "passed"),
    [pytest.param("74.99", False, id="a-hair-below"), pytest.param("75", True, id="exactly-seventy-five")],
)
def test_a_capstone_is_passed_at_seventy_five(points: str, passed: bool) -> None:
    """75 % is enough, 74.99 is not: nothing is rounded up."""
    assert passes_capstone(lab_score(points, "100", auto_max="60"), RULE) is passed


def test_a_persons_judgement_cannot_lift_weak_checks() -> None:
    """With less than half of the checks' points no manual score makes a pass."""
    weak = Score(Decimal("8.9"), Decimal(11), Decimal(20), Decimal(18))
    assert weak.points > 14
    assert not passes_lab(weak, RULE)


@given(auto=points, manual=points, more=st.decimals(min_value=0, max_value=5, places=2))
def test_more_points_never_lose_a_pass(auto: Decimal, manual: Decimal, more: Decimal) -> None:
    """Passing is monotone in the points."""
    before = passes_lab(Score(auto, manual, Decimal(100), Decimal(60)), RULE)
    after = passes_lab(Score(auto + more, manual, Decimal(100), Decimal(60)), RULE)
    assert after or not before


@given(auto=points, manual=st.none() | points, of=st.integers(min_value=1, max_value=100))
def test_a_pass_is_what_exact_fractions_say(auto: Decimal, manual: Decimal | None, of: int) -> None:
    """The rule equals its definition in exact arithmetic, whatever the numbers."""
    score = Score(auto, manual, Decimal(of), Decimal(of))
    total = Fraction(auto) + Fraction(manual or 0)
    assert passes_lab(score, RULE) is (total > Fraction(7, 10) * of and Fraction(auto) >= Fraction(1, 2) * of)


def test_full_marks_in_one_track_earn_the_badge() -> None:
    """All modules and the capstone, nothing from the other track."""
    for track in ("beginner", "advanced"):
        status = completion(COURSE, full_scores(track=track), track=track)
        assert (status.has_badge, status.modules_done) == (True, len(status.modules))


def test_one_lab_missing_keeps_the_badge_away() -> None:
    """Each lab of a track counts, whichever is missing."""
    full = full_scores()
    for missing in full:
        left = {lab: score for lab, score in full.items() if lab != missing}
        assert not completion(COURSE, left).has_badge, missing


def test_tracks_mix_by_whole_modules_only() -> None:
    """One module in the other track counts; half of each track of a module does not."""
    beginner, advanced = full_scores(), full_scores(track="advanced")
    of_module = {lab.id: lab.module for lab in COURSE.labs}
    whole = {lab: score for lab, score in beginner.items() if of_module[lab] != "M3"}
    whole |= {lab: score for lab, score in advanced.items() if of_module[lab] == "M3"}
    status = completion(COURSE, whole)
    assert status.has_badge
    assert [m.track for m in status.modules if m.module.id == "M3"] == ["advanced"]
    halves = dict(list(whole.items()))
    del halves["a3-4-blue-green"]
    halves |= {lab: score for lab, score in beginner.items() if lab in ("b3-1-prompt-versions", "b3-2-prompt-testing")}
    assert not completion(COURSE, halves).has_badge


@given(st.sets(st.sampled_from([lab.id for lab in COURSE.labs])))
def test_a_module_is_complete_when_all_labs_of_one_track_are(passed: set[str]) -> None:
    """The definition, for any set of passed labs."""
    everything = full_scores() | full_scores(track="advanced")
    status = completion(COURSE, {lab: everything[lab] for lab in passed})
    for module in status.modules:
        labs = [lab for lab in COURSE.labs if lab.module == module.module.id and lab.kind == "lab"]
        whole = [
            all(lab.id in passed for lab in mine)
            for track in ("beginner", "advanced")
            if (mine := [lab for lab in labs if lab.track in (track, "both")])
        ]
        assert module.is_complete == any(whole)


@pytest.mark.parametrize(
    ("points", "reason", "opens"),
    [
        pytest.param("84.99", "", False, id="a-hair-below"),
        pytest.param("85", "", True, id="exactly-eighty-five"),
        pytest.param("10", "Led the design review.", True, id="recommended"),
        pytest.param("84.99", "   ", False, id="recommended-without-a-reason"),
    ],
)
def test_track_three_opens_by_score_or_by_a_written_reason(points: str, reason: str, opens: bool) -> None:
    """85 % of the capstone, or an instructor's reason in words."""
    scores = {"b7-rag-app": lab_score(points, "100", auto_max="60")}
    assert bool(completion(COURSE, scores, recommendation=reason).track3) is opens


def test_aws_opt_ins_come_after_their_modules() -> None:
    """The first after M1 and M2, the second after M6, the third after the capstone."""
    full = full_scores()
    of_module = {lab.id: lab.module for lab in COURSE.labs}

    def told(*modules: str) -> int:
        scores = {lab: score for lab, score in full.items() if of_module[lab] in modules}
        return len(completion(COURSE, scores).opt_ins)

    assert [told("M0", "M2"), told("M1", "M2"), told("M6"), told("M7")] == [0, 1, 1, 1]
    assert len(completion(COURSE, full).opt_ins) == 3
