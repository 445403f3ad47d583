from __future__ import annotations

from desktop_app.core.advice.curves import learned_by_heart, still_falling, still_rising


def line(*values: float) -> list[tuple[int, float]]:
    return [((index + 1) * 100, value) for index, value in enumerate(values)]


FALLING = line(1.0, 0.8, 0.65, 0.55, 0.45, 0.37)
FLAT = line(1.0, 0.5, 0.41, 0.4, 0.4, 0.4)
RISING = line(1.0, 0.6, 0.5, 0.6, 0.75, 0.9)


def test_falling_flat_and_rising_curves_are_told_apart() -> None:
    assert still_falling(FALLING)
    assert not still_falling(FLAT)
    assert not still_falling(RISING)
    assert learned_by_heart(FALLING, RISING)
    assert not learned_by_heart(FALLING, FALLING)
    assert not still_falling(FALLING[:2])


def test_a_score_that_ends_at_its_best_still_rises() -> None:
    assert still_rising(line(0.5, 0.6, 0.7, 0.8))
    assert not still_rising(line(0.5, 0.8, 0.81, 0.82))
    assert not still_rising(line(0.5, 0.6, 0.9, 0.8))
    assert not still_rising(line(0.5, 0.9))
