"""How the score of validation images depends on a parameter of making objects: points told while it is chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from desktop_app.core.job import Metric

_PREFIX = "tuning/"
_PARTS = 100
"""Of one, in which values are told: thresholds and smoothings are tried in hundredths at the finest."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A value that was tried.

    Attributes:
        name: Of the parameter.
        value: Of it, the others being the best so far.
        score: Of the validation images, 0 to 1.
    """

    name: str
    value: float
    score: float


def told(tried: Tried) -> Metric:
    """The point as jobs tell it."""
    return Metric(f"{_PREFIX}{tried.name}", round(tried.value * _PARTS), tried.score)


def heard(metric: Metric) -> Tried | None:
    """The point that a job told; None where it is another one."""
    if not metric.name.startswith(_PREFIX):
        return None
    return Tried(metric.name.removeprefix(_PREFIX), metric.step / _PARTS, metric.value)


def threshold_curves(points: Iterable[Tried]) -> dict[str, list[Tried]]:
    """Points of each parameter in the order of its values, each value once; of parameters between 0 and 1 alone."""
    found: dict[str, dict[float, Tried]] = {}
    for point in points:
        found.setdefault(point.name, {})[point.value] = point
    curves = {name: [tried[value] for value in sorted(tried)] for name, tried in found.items()}
    return {name: curve for name, curve in curves.items() if len(curve) > 1 and all(0 < p.value < 1 for p in curve)}


def curve_in_words(title: str, curve: list[Tried], chosen: float) -> str:
    """What a curve says, in a sentence.

    Args:
        title: Of the parameter.
        curve: In the order of its values.
        chosen: The value that the model has.
    """
    points = ", ".join(f"{point.score:.3f} at {point.value:g}" for point in curve)
    kept = next((point.score for point in curve if point.value == chosen), None)
    better = kept is not None and max(point.score for point in curve) > kept
    return f"{title}: {points}; {chosen:g} is set{', as no other is clearly better' if better else ''}."


def chosen_values(decode: Mapping[str, object], names: Iterable[str]) -> dict[str, float]:
    """What a model has for these parameters."""
    return {name: float(value) for name in names if isinstance(value := decode.get(name), int | float)}
