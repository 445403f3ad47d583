"""Minutes in place of steps: how many steps, with how many checks, fit into a time."""

from __future__ import annotations

from dataclasses import dataclass

from desktop_app.core.config.learning import MOST_STEPS, SELDOM
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.recipes.registry import RECIPES

CHOICES = (5, 15, 60)
"""Minutes that are offered: a first look, a usual training, a final model."""

_FEWEST = 20
"""Steps below which nothing is learned; a time that is too short for them is exceeded."""
_LARGEST_SHARE = 0.3
"""Of the time that checks may take, by trial; where a check takes long there are fewer of them."""
_TUNING = 2.0
"""Checks that the end takes: one of all images kept aside, and about as long to tune how objects are made."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a training goes on a computer.

    Attributes:
        step: Seconds of a step, with the drawing of its patches.
        check: Seconds to look at the images that are checked while it learns.
        last_check: Seconds to look at all images kept aside, at the end.
        start: Seconds until the first step.
    """

    step: float
    check: float
    last_check: float
    start: float = 0.0

    def seconds(self, config: TrainingConfig) -> float:
        """What a training takes."""
        rates = config.optimisation
        checks = -(-rates.iterations // config.validation.every)
        return self.start + rates.iterations * self.step + checks * self.check + _TUNING * self.last_check


def with_time(config: TrainingConfig, pace: Pace) -> TrainingConfig:
    """The configuration with as many steps as fit into its minutes; as it was where it counts steps.

    The learning rate rises and falls over these steps, and what else counts steps keeps its share of them.
    """
    rates = config.optimisation
    if not rates.minutes:
        return config
    seconds = 60 * rates.minutes
    usual = -(-rates.iterations // config.validation.every)
    checks = max(1, min(usual, int(_LARGEST_SHARE * seconds / pace.check) if pace.check > 0 else usual))
    left = seconds - pace.start - checks * pace.check - _TUNING * pace.last_check
    steps = min(MOST_STEPS, max(_FEWEST, int(left / pace.step)))
    return with_steps(config, steps, -(-steps // checks))


def with_steps(config: TrainingConfig, steps: int, every: int) -> TrainingConfig:
    """The configuration with so many steps, checked every so often; what else counts steps keeps its share of them."""
    rates, before = config.optimisation, config.optimisation.iterations
    fall_every = max(1, round(rates.fall_every * steps / before))
    return config.model_copy(
        update={
            "optimisation": rates.model_copy(update={"iterations": steps, "fall_every": fall_every}),
            "validation": config.validation.model_copy(update={"every": min(every, SELDOM)}),
            "recipe_parameters": RECIPES[config.recipe].with_steps(config.recipe_parameters, before, steps),
        }
    )
