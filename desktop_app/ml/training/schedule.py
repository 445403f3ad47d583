"""The learning rate over a run.

Rates are functions of the step and of the falls so far, which checkpoints keep, so that a run goes on without any state
of a schedule; ``lr_scheduler`` keeps one in the optimiser's groups, which checkpoints of earlier versions lack.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from desktop_app.core.config.learning import OptimisationParameters, ScheduleName

_LAST_SHARE = 0.01  # of the highest rate: the end still learns a little
_FIRST_DIVISOR, _LAST_DIVISOR = 25.0, 1e4  # as in torch's OneCycleLR


def rate_at(rates: OptimisationParameters, step: int, steps: int, falls: int = 0) -> float:
    """The learning rate of a step.

    Args:
        rates: The highest rate, and how it changes.
        step: From 0, since the run or its present stretch began.
        steps: Length of the run, or of the stretch.
        falls: How often the rate has fallen because nothing got better.
    """
    if rates.schedule == "one_cycle":
        return one_cycle(step, steps, rates.learning_rate, rates.warm_up)
    rising = warm_up_steps(steps, rates.warm_up)
    if step < rising:
        return rates.learning_rate * (step + 1) / rising
    return rates.learning_rate * SHAPES[rates.schedule](rates, step - rising, max(1, steps - rising), falls)


def warm_up_steps(steps: int, share: float) -> int:
    """How many steps rise in a line; one where none is wanted, which has the whole rate."""
    return max(1, round(share * steps))


def cosine(done: float) -> float:
    """Half a cosine from 1 to a hundredth, of the share done (Loshchilov and Hutter 2017, arXiv 1608.03983)."""
    return _LAST_SHARE + (1 - _LAST_SHARE) * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def polynomial(done: float, power: float) -> float:
    """``(1 - done)`` to a power (Chen et al. 2018, arXiv 1606.00915, section 4.1)."""
    return float(max(0.0, 1 - done) ** power)


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


SHAPES: dict[ScheduleName, Callable[[OptimisationParameters, int, int, int], float]] = {
    "cosine": lambda rates, step, steps, falls: cosine(step / steps),
    "poly": lambda rates, step, steps, falls: polynomial(step / steps, rates.power),
    "step": lambda rates, step, steps, falls: rates.fall ** (step // rates.fall_every),
    "plateau": lambda rates, step, steps, falls: rates.fall**falls,
    "constant": lambda rates, step, steps, falls: 1.0,
}
"""Share of the highest rate after the warm-up: of the parameters, the steps since then, their number, the falls."""
