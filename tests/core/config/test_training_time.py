from __future__ import annotations

import pytest

from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.config.training_time import Pace, with_time
from desktop_app.core.recipes.registry import RECIPES


def timed(minutes: float, **more: object) -> TrainingConfig:
    config = TrainingConfig.model_validate({"optimisation": {"minutes": minutes, **more}})
    return config.model_copy(update={"validation": config.validation.model_copy(update={"every": 200})})


def test_without_minutes_steps_stay() -> None:
    config = timed(0)
    assert with_time(config, Pace(step=1.0, check=1.0, last_check=1.0)) is config


@pytest.mark.parametrize("minutes", [5, 15, 60])
def test_steps_and_checks_fill_the_time(minutes: int) -> None:
    pace = Pace(step=0.25, check=5.0, last_check=10.0, start=4.0)
    fixed = with_time(timed(minutes), pace)
    assert pace.seconds(fixed) == pytest.approx(60 * minutes, rel=0.02)
    assert -(-fixed.optimisation.iterations // fixed.validation.every) == 4
    assert with_time(fixed, pace) == fixed


def test_where_a_check_takes_long_there_are_fewer() -> None:
    pace = Pace(step=0.25, check=40.0, last_check=40.0)
    fixed = with_time(timed(5), pace)
    assert -(-fixed.optimisation.iterations // fixed.validation.every) == 2
    assert pace.seconds(fixed) == pytest.approx(300, rel=0.02)


def test_a_time_that_is_too_short_gives_the_fewest_steps() -> None:
    fixed = with_time(timed(0.1), Pace(step=10.0, check=100.0, last_check=100.0))
    assert (fixed.optimisation.iterations, fixed.validation.every) == (20, 20)


def test_what_counts_steps_keeps_its_share() -> None:
    fixed = with_time(timed(5, iterations=800, fall_every=200), Pace(step=0.15, check=0.0, last_check=0.0))
    assert (fixed.optimisation.iterations, fixed.optimisation.fall_every) == (2000, 500)
    parameters = RECIPES["embedding"].with_steps({"kept_steps": 400}, 800, 2000)
    assert parameters["kept_steps"] == 1000
