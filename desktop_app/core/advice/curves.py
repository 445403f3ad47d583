"""What the curves of a training say."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import TypeAlias

Curve: TypeAlias = Sequence[tuple[int, float]]
"""Steps with their values."""

_NOTICEABLE_RISE = 0.03
"""Gain of a score over the last half of a run that is no chance; validations of one state differ by less."""
_LEAST_FALL = 0.97
"""Of the mean of the third before: a loss that fell by less may only have wavered."""
_AT_THE_LOWEST = 1.05
"""Of the lowest value: above it the loss has turned round, or wavers too much to say."""
_EARLY = 0.7
"""Of all checks: a lowest value behind that may be the last one of a run that still learns."""
_CLEAR_RISE = 1.1
"""Of the lowest value: a smaller rise is seen in runs that learn nothing by heart, too."""
_FEWEST_TO_FALL = 4
"""Points of a loss curve: two for each of the two stretches that are compared."""
_FEWEST_TO_RISE = 3
"""Checks of a score: one that may rise, and two before it that show how much it wavers."""


def still_falling(curve: Curve) -> bool:
    """Whether the last third of a loss curve lies clearly below the third before it, and still goes down."""
    if len(curve) < _FEWEST_TO_FALL:
        return False
    third = max(1, len(curve) // 3)  # of the run: its steep start is left out; by eye
    last = fmean(v for _, v in curve[-third:])
    before = fmean(v for _, v in curve[-2 * third : -third])
    return last < before * _LEAST_FALL and curve[-1][1] <= min(v for _, v in curve) * _AT_THE_LOWEST


def still_rising(curve: Curve) -> bool:
    """Whether the last value of a score is the best, and clearly above those of the half before."""
    if len(curve) < _FEWEST_TO_RISE:
        return False
    before = [value for _, value in curve[: -(len(curve) // 2)]]
    return curve[-1][1] >= max(value for _, value in curve) and curve[-1][1] > max(before) + _NOTICEABLE_RISE


def rise_since_half(curve: Curve) -> float | None:
    """By how much a score has risen since half of the steps were done; None where it was not looked at before.

    A learning curve falls off about as a power of the steps (Hestness et al. 2017, arXiv 1712.00409), so that doubling
    them brings no more than the last doubling did.
    """
    ends = _half_and_end(curve)
    return None if ends is None else ends[1] - ends[0]


def fall_since_half(curve: Curve) -> float:
    """Which share of a loss has gone since half of the steps were done, 0 to 1."""
    ends = _half_and_end(curve)
    return 0.0 if ends is None or ends[0] <= 0 else min(1.0, max(0.0, 1 - ends[1] / ends[0]))


def _half_and_end(curve: Curve) -> tuple[float, float] | None:
    """The values when half of the steps were done, and at the end; None where it was not looked at before."""
    if len(curve) < 2:
        return None
    last, value = curve[-1]
    before = [early for step, early in curve if 2 * step <= last]
    return (before[-1], value) if before else None


def learned_by_heart(train: Curve, validation: Curve) -> bool:
    """Whether the validation loss rose again while the training loss went on falling."""
    if min(len(validation), len(train)) < _FEWEST_TO_FALL:
        return False
    best = min(range(len(validation)), key=lambda i: validation[i][1])
    early = best < len(validation) * _EARLY
    quarter = max(1, len(train) // 4)  # of the run: shorter ends waver; by eye
    falls = fmean(v for _, v in train[-quarter:]) < fmean(v for _, v in train[-2 * quarter : -quarter])
    return early and falls and validation[-1][1] > validation[best][1] * _CLEAR_RISE
