"""When a lab is passed, a module complete, the badge earned: compared exactly, never rounded.

Scores are exact decimals. "More than 70 %" of 20 points means more than 14: 14 is not a pass, 14.01 is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from coreskills.course import Completion, Course, Lab, Module, Track

ZERO = Decimal(0)
_AUTO_FLOOR_PERCENT = 50  # a person's judgement cannot lift checks below this to a pass


@dataclass(frozen=True)
class Score:
    """What a learner has in one lab, the best attempt.

    Attributes:
        manual: ``None`` while a person's judgement is to come; it counts as nothing until then.
        auto_max: Points the checks can give.
    """

    auto: Decimal
    manual: Decimal | None
    max: Decimal
    auto_max: Decimal

    @property
    def points(self) -> Decimal:
        return self.auto + (self.manual or ZERO)


@dataclass(frozen=True)
class LabStatus:
    """How a learner stands in a lab."""

    lab: Lab
    score: Score | None
    is_passed: bool

    @property
    def waits(self) -> bool:
        """Graded by the checks, and waiting for a person."""
        return self.score is not None and self.score.manual is None and self.lab.points.manual > 0


@dataclass(frozen=True)
class ModuleStatus:
    """How a learner stands in a module.

    Attributes:
        track: The track it is counted in: the one that is complete, or the one further on (the learner's own on a tie).
    """

    module: Module
    track: Track
    passed: int
    total: int

    @property
    def is_complete(self) -> bool:
        return self.total > 0 and self.passed == self.total


@dataclass(frozen=True)
class Status:
    """How a learner stands in the course.

    Attributes:
        track3: Why Track 3 is open; empty while it is not.
        opt_ins: AWS certifications worth knowing about now: information only, nothing here certifies them.
    """

    labs: tuple[LabStatus, ...]
    modules: tuple[ModuleStatus, ...]
    capstone: LabStatus | None
    has_badge: bool
    track3: str
    opt_ins: tuple[str, ...]

    @property
    def modules_done(self) -> int:
        return sum(module.is_complete for module in self.modules)


def passes_lab(score: Score, rule: Completion) -> bool:
    """More than the pass mark, and at least half of what the checks can give."""
    above_mark = 100 * score.points > rule.lab_pass_above_percent * score.max
    return above_mark and 100 * score.auto >= _AUTO_FLOOR_PERCENT * score.auto_max


def passes_capstone(score: Score, rule: Completion) -> bool:
    """At least the capstone's mark."""
    return 100 * score.points >= rule.capstone_pass_percent * score.max


def completion(
    course: Course, scores: Mapping[str, Score], *, track: Track = "beginner", recommendation: str = ""
) -> Status:
    """How a learner with these scores stands.

    Args:
        scores: Best score by lab; a lab that is missing was never handed in, which is 0 and not "pending".
        track: The learner's own; tracks may be mixed, a whole module at a time.
        recommendation: An instructor's written reason for Track 3; blank is none.
    """
    labs = tuple(_lab(lab, scores.get(lab.id), course.completion) for lab in course.labs)
    modules = tuple(_module(module, labs, track) for module in course.modules if _has_labs(course, module))
    done = {module.module.id for module in modules if module.is_complete}
    capstone = _capstone(labs, track)
    is_passed = capstone is not None and capstone.is_passed
    return Status(
        labs=labs,
        modules=modules,
        capstone=capstone,
        has_badge=is_passed and all(module.is_complete for module in modules),
        track3=_track3(capstone, course.completion, recommendation),
        opt_ins=_opt_ins(course, done, has_capstone=is_passed),
    )


def _lab(lab: Lab, score: Score | None, rule: Completion) -> LabStatus:
    test = passes_capstone if lab.kind == "capstone" else passes_lab
    return LabStatus(lab, score, score is not None and test(score, rule))


def _has_labs(course: Course, module: Module) -> bool:
    return any(lab.module == module.id and lab.kind == "lab" for lab in course.labs)


def _module(module: Module, labs: tuple[LabStatus, ...], own: Track) -> ModuleStatus:
    other: Track = "advanced" if own == "beginner" else "beginner"
    counts = [_count(module, labs, track) for track in (own, other)]
    # max() keeps the first of equals: the learner's own track. A track without labs here counts for nothing.
    return max(counts, key=lambda status: (status.is_complete, status.passed))


def _count(module: Module, labs: tuple[LabStatus, ...], track: Track) -> ModuleStatus:
    mine = [each for each in labs if each.lab.module == module.id and each.lab.kind == "lab"]
    mine = [each for each in mine if each.lab.track in (track, "both")]
    return ModuleStatus(module, track, sum(each.is_passed for each in mine), len(mine))


def _capstone(labs: tuple[LabStatus, ...], own: Track) -> LabStatus | None:
    """The capstone that counts: the better one in percent, the learner's own track on a tie."""
    found = [each for each in labs if each.lab.kind == "capstone"]
    found.sort(key=lambda each: each.lab.track != own)
    return max(found, key=lambda each: each.score.points / each.score.max if each.score else ZERO, default=None)


def _track3(capstone: LabStatus | None, rule: Completion, recommendation: str) -> str:
    if recommendation.strip():
        return f"recommended: {recommendation.strip()}"
    score = capstone.score if capstone else None
    if score is not None and 100 * score.points >= rule.track3_percent * score.max:
        return f"capstone {score.points} of {score.max}"
    return ""


def _opt_ins(course: Course, done: set[str], *, has_capstone: bool) -> tuple[str, ...]:
    """Each opt-in once its module is complete; the first one names two modules, its own and the one before."""
    labs_modules = [module for module in course.modules if _has_labs(course, module)]
    found: list[str] = []
    for place, module in enumerate(course.modules):
        if module.aws_opt_in is None:
            continue
        is_first = not any(before.aws_opt_in for before in course.modules[:place])
        needed = {course.modules[place - 1].id} if is_first and place else set()
        is_done = module.id in done or (module not in labs_modules and has_capstone)
        if is_done and needed <= done:
            found.append(module.aws_opt_in)
    return tuple(found)
