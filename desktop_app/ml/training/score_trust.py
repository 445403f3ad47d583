"""Scores that promise no more than what comes: ranges, and decoding that was tuned on other images."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.job import JobContext
from desktop_app.core.score_trust import Range, ScoreTrust
from desktop_app.ml.data.images import TrainingImage
from desktop_app.ml.recipes.base import Case, Recipe, Task, TrainingData, shown_scores

_Counts = TypeVar("_Counts")

_DRAWS = 400
"""Of images with replacement; the ends of the range then vary by less than a hundredth where objects are counted."""
_ENDS = (0.05, 0.95)
"""Between which nine of ten draws lie."""
_MOST_PARTS = 4
"""Of images tuned without each other: each part costs one more tuning."""


@dataclass(frozen=True, slots=True)
class ImageScores:
    """Scores of one image that was kept aside.

    Attributes:
        specimen: What it is of.
        scores: By name, with the counts that serve to pool them.
        present: Numbers of the classes that its labels have.
    """

    specimen: str
    scores: dict[str, float]
    present: frozenset[int]


def score_trust(found: Sequence[ImageScores], recipe: Recipe, data: TrainingData) -> ScoreTrust:
    """How far the pooled scores of these images can be trusted."""
    return _trust(found, recipe, data.task, {image.specimen for image in data.train})


def trust_of_parts(found: Sequence[ImageScores], recipe: Recipe, parts: Sequence[TrainingData]) -> ScoreTrust:
    """The same of the images of all parts of a cross-validation, each scored by the model of its part."""
    known = {
        image.specimen
        for data in parts
        for image in data.validation
        if image.specimen in {learned.specimen for learned in data.train}
    }
    return replace(_trust(found, recipe, parts[0].task, known), parts=len(parts))


def _trust(found: Sequence[ImageScores], recipe: Recipe, task: Task, learned: Set[str]) -> ScoreTrust:
    specimens = tuple(dict.fromkeys(one.specimen for one in found))
    present = frozenset[int]().union(*(one.present for one in found))
    names = task.class_names if task.kind == "classes" else ()
    return ScoreTrust(
        ranges=score_ranges(found, recipe),
        images=len(found),
        specimens=specimens,
        known_specimens=tuple(name for name in specimens if name in learned),
        unseen=tuple(name for number, name in enumerate(names, start=1) if number not in present),
    )


def score_ranges(found: Sequence[ImageScores], recipe: Recipe) -> dict[str, Range]:
    """Between what each score lies when specimens, and images of these, are drawn anew (a bootstrap of two stages).

    Images of a specimen are alike, so that drawing images alone would make ranges too narrow (Davison and Hinkley 1997,
    "Bootstrap Methods and their Application", section 3.8). Nothing where there is one image.
    """
    of_specimen: dict[str, list[dict[str, float]]] = {}
    for one in found:
        of_specimen.setdefault(one.specimen, []).append(one.scores)
    return ranges_of_draws(list(of_specimen.values()), lambda drawn: shown_scores(recipe.pool([*drawn])))


def ranges_of_draws(
    groups: Sequence[Sequence[_Counts]], pooled: Callable[[Sequence[_Counts]], Mapping[str, float]]
) -> dict[str, Range]:
    """The same for anything that is counted by image.

    Args:
        groups: What was counted, one list for each specimen.
        pooled: From images, of which each may be there more than once, to their scores by name.

    Returns:
        Of each score; nothing where there is one image.
    """
    if sum(len(group) for group in groups) < 2:
        return {}
    rng = np.random.default_rng(0)
    values: dict[str, list[float]] = {}
    for _ in range(_DRAWS):
        drawn = [groups[i] for i in rng.integers(len(groups), size=len(groups))]
        images = [group[i] for group in drawn for i in rng.integers(len(group), size=len(group))]
        for name, value in pooled(images).items():
            values.setdefault(name, []).append(value)
    return {name: _ends(drawn) for name, drawn in values.items()}


def _ends(values: Sequence[float]) -> Range:
    low, high = np.quantile(values, _ENDS).round(6).tolist()  # decimals, far beyond what is shown
    return low, high


def present_classes(truth: NDArray[Any], task: Task) -> frozenset[int]:
    """Numbers, from 1, of the classes that labels ``(Z, Y, X)`` have; none where labels number objects."""
    if task.kind == "objects":
        return frozenset()
    values = set(np.unique(task.values_of(truth)).tolist())
    return frozenset(number for number, value in enumerate(task.class_values, start=1) if value in values)


def tuned_on_others(
    cases: Sequence[Case], images: Sequence[TrainingImage], recipe: Recipe, task: Task, card: ModelCard, ctx: JobContext
) -> list[dict[str, Any]]:
    """Parameters of decoding for each image, tuned on images of other specimens, so that its score flatters nobody.

    Args:
        cases: Predictions of ``images``.
        images: Those that decoding is tuned on, in the same order.
        recipe: Tunes.
        task: What is learned.
        card: With the parameters from before the tuning.
        ctx: May cancel.

    Returns:
        One for each image; none where there is one image only, which no other can stand in for.
    """
    names = [image.specimen for image in images]
    units = names if len(set(names)) > 1 else [image.name for image in images]
    parts = {unit: place % _MOST_PARTS for place, unit in enumerate(dict.fromkeys(units))}
    if len(set(parts.values())) < 2:
        return []
    tuned: Mapping[int, dict[str, Any]] = {
        part: recipe.calibrate(
            [case for case, unit in zip(cases, units, strict=True) if parts[unit] != part], task, card, ctx
        )
        for part in sorted(set(parts.values()))
    }
    return [tuned[parts[unit]] for unit in units]
