"""The recipes a user may choose, described without loading torch."""

from __future__ import annotations

from collections.abc import MutableMapping

from desktop_app.core.late_table import LateTable
from desktop_app.core.recipes.base import RecipeInfo
from desktop_app.core.recipes.goals import Goal
from desktop_app.core.recipes.looks import UNCERTAINTY_END, Mode
from desktop_app.core.recipes.scores import SCORES, Score


def _read_recipes() -> tuple[RecipeInfo, ...]:
    from desktop_app.core.recipes.embedding.recipe import EMBEDDING
    from desktop_app.core.recipes.panoptic.recipe import PANOPTIC
    from desktop_app.core.recipes.semantic.recipe import SEMANTIC
    from desktop_app.core.recipes.unsupervised.recipe import UNSUPERVISED

    return (
        SEMANTIC,
        PANOPTIC,
        EMBEDDING,
        UNSUPERVISED,
    )


RECIPES: MutableMapping[str, RecipeInfo] = LateTable(_read_recipes)
"""The first one is what is meant where nothing is said; how each computes stands in ``ml.recipes.registry``."""

DEFAULT_RECIPE = "semantic"
"""Name of the first."""


def modes_of(recipe: str, dimensions: int) -> tuple[Mode, ...]:
    """The ways to go through an image that a model has; none if the recipe is unknown."""
    info = RECIPES.get(recipe)
    return tuple(mode for mode in info.modes if dimensions in mode.dimensions) if info else ()


def all_goals() -> dict[str, Goal]:
    """What a user may want a model for, by name, in the order of the table."""
    return {goal.name: goal for info in RECIPES.values() for goal in info.goals}


def recipes_for(goal: str) -> tuple[RecipeInfo, ...]:
    """The recipes that serve a goal, the usual one first."""
    return tuple(info for info in RECIPES.values() if any(known.name == goal for known in info.goals))


def all_scores() -> dict[str, Score]:
    """What is known of scores, the most telling first."""
    return SCORES | {score.key: score for info in RECIPES.values() for score in info.scores}


def further_results() -> frozenset[str]:
    """Ends of the names of label files that some recipe may write beside its result."""
    ends = frozenset(end for info in RECIPES.values() for end in info.further_results)
    return ends | {UNCERTAINTY_END}
