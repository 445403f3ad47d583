"""What the curves of a training say."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import TypeAlias

Curve: TypeAlias = Sequence[tuple[int, float]]
"""Steps with their values."""

_NOTICEABLE_RISE = 0.03
"""Gain of a score over the last half of a run that is no chance; validations of one state differ by less."""


def still_falling(curve: Curve) -> bool:
    """Whether the last third of a loss curve lies clearly below the third before it, and still goes down."""
    if len(curve) < 4:
        return False
    third = max(1, len(curve) // 3)
    last = fmean(v for _, v in curve[-third:])
    before = fmean(v for _, v in curve[-2 * third : -third])
    return last < before * 0.97 and curve[-1][1] <= min(v for _, v in curve) * 1.05


def still_rising(curve: Curve) -> bool:
    """Whether the last value of a score is the best, and clearly above those of the half before."""
    if len(curve) < 3:
        return False
    before = [value for _, value in curve[: -(len(curve) // 2)]]
    return curve[-1][1] >= max(value for _, value in curve) and curve[-1][1] > max(before) + _NOTICEABLE_RISE


def learnt_by_heart(train: Curve, validation: Curve) -> bool:
    """Whether the validation loss rose again while the training loss went on falling."""
    if len(validation) < 4 or len(train) < 4:
        return False
    best = min(range(len(validation)), key=lambda i: validation[i][1])
    early = best < len(validation) * 0.7
    quarter = max(1, len(train) // 4)
    falls = fmean(v for _, v in train[-quarter:]) < fmean(v for _, v in train[-2 * quarter : -quarter])
    return early and falls and validation[-1][1] > validation[best][1] * 1.1
