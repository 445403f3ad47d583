"""The learning rate over a run.

Rates are functions of the step alone, so that a run goes on without any state of a schedule; ``lr_scheduler`` keeps one
in the optimiser's groups, which checkpoints of earlier versions lack.
"""

from __future__ import annotations

import math
from collections.abc import Callable

_LAST_SHARE = 0.01  # of the highest rate: the end still learns a little
_FIRST_DIVISOR, _LAST_DIVISOR = 25.0, 1e4  # as in torch's OneCycleLR


def learning_rate(step: int, steps: int, highest: float, warm_up: float) -> float:
    """Rises linearly during the warm-up, then falls along half a cosine (Loshchilov and Hutter 2017, arXiv 1608.03983).

    Args:
        step: From 0.
        steps: Length of the run.
        highest: At the end of the warm-up.
        warm_up: Share of the steps, 0 to 1.
    """
    rising = max(1, round(warm_up * steps))
    if step < rising:
        return highest * (step + 1) / rising
    fraction = (step - rising) / max(1, steps - rising)
    return highest * (_LAST_SHARE + (1 - _LAST_SHARE) * 0.5 * (1 + math.cos(math.pi * min(1.0, fraction))))


def one_cycle(step: int, steps: int, highest: float, rise: float) -> float:
    """Rises and falls along half cosines, from a 25th of the highest to a ten-thousandth of that (Smith 2018, arXiv
    1708.07120, with cosines).

    Args:
        step: From 0.
        steps: Length of the run.
        highest: At the end of the rise.
        rise: Share of the steps, 0 to 1.
    """
    first = highest / _FIRST_DIVISOR
    top = rise * steps - 1
    if step <= top:
        return _along_cosine(first, highest, step / top if top > 0 else 1.0)
    return _along_cosine(highest, first / _LAST_DIVISOR, (step - top) / max(1e-9, steps - 1 - top))


def _along_cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2 * (1 + math.cos(math.pi * min(1.0, share)))


SCHEDULES: dict[str, Callable[[int, int, float, float], float]] = {"warm_up": learning_rate, "one_cycle": one_cycle}
