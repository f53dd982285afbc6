"""Three tiers of ability: dials set by hand so that labs see an ordering; none is a fact about a real model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TierName = Literal["small", "medium", "large"]


@dataclass(frozen=True)
class Tier:
    """How much of the shared knowledge a tier has, and how noisy it is.

    Attributes:
        level: 1, 2 or 3.
        label_noise: Standard deviation of the noise on a label's score, in cosine units.
        cue_described: What a concept cue adds when the prompt's label description calls it up.
        cue_named: The same when only the label's name does.
        bank_described: How much built-in examples of a matter count when the prompt describes the label ...
        bank_named: ... and when it only names it.
        example_weight: How much the prompt's own examples count.
        max_examples: How many of the last examples it keeps in mind.
        heat: Extra noise per unit of temperature.
        word_weight: How much shared words count beside the vectors when reading.
        read_noise: Noise on a sentence's score when reading.
        doubt_told: Below this likeness it abstains when the prompt asks for that ...
        doubt_free: ... and below this one when it does not.
        judge_noise: Noise on a judgement, as a share of the scale.
        length_bias: How much a long answer gains from a judge.
        position_bias: How much the first answer gains in a comparison.
        bank: Built-in examples it knows per polarity or concept.
        bare_free: Share of answers in the bare format when the prompt does not ask for it ...
        bare_told: ... when it does ...
        bare_shown: ... and when its examples show it.
    """

    name: TierName
    level: int
    label_noise: float
    cue_described: float
    cue_named: float
    bank_described: float
    bank_named: float
    example_weight: float
    max_examples: int
    heat: float
    word_weight: float
    read_noise: float
    doubt_told: float
    doubt_free: float
    judge_noise: float
    length_bias: float
    position_bias: float
    bank: int
    bare_free: float
    bare_told: float
    bare_shown: float


TIERS: dict[TierName, Tier] = {
    tier.name: tier
    for tier in (
        Tier(
            name="small", level=1, label_noise=0.13, cue_described=0.10, cue_named=0.0,
            bank_described=0.10, bank_named=0.0, example_weight=0.5,
            max_examples=8, heat=0.10, word_weight=0.10, read_noise=0.08, doubt_told=0.30, doubt_free=0.18,
            judge_noise=0.16, length_bias=0.35, position_bias=0.20, bank=8,
            bare_free=0.25, bare_told=0.90, bare_shown=0.96,
        ),
        Tier(
            name="medium", level=2, label_noise=0.05, cue_described=0.18, cue_named=0.06,
            bank_described=0.25, bank_named=0.15, example_weight=0.7,
            max_examples=32, heat=0.06, word_weight=0.30, read_noise=0.04, doubt_told=0.44, doubt_free=0.30,
            judge_noise=0.08, length_bias=0.12, position_bias=0.06, bank=16,
            bare_free=0.60, bare_told=0.985, bare_shown=1.0,
        ),
        Tier(
            name="large", level=3, label_noise=0.02, cue_described=0.25, cue_named=0.16,
            bank_described=0.35, bank_named=0.45, example_weight=0.8,
            max_examples=128, heat=0.04, word_weight=0.45, read_noise=0.01, doubt_told=0.48, doubt_free=0.38,
            judge_noise=0.03, length_bias=0.03, position_bias=0.0, bank=40,
            bare_free=0.85, bare_told=1.0, bare_shown=1.0,
        ),
    )
}  # fmt: skip
