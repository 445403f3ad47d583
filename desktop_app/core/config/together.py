"""Several models used together, such as those of a cross-validation: which may be, and what they are as one."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.errors import UserError
from desktop_app.core.recipes.registry import RECIPES

_ALIKE = {
    "recipe": "another method",
    "dimensions": "another number of dimensions",
    "input_channels": "another number of image channels",
    "output_channels": "other outputs",
    "class_names": "other classes",
    "normalisation": "another grey scale",
}
"""What must be equal for the mean of two models to mean anything, and what it is called where it is not."""


def difference(first: ModelCard, other: ModelCard) -> str:
    """Why two models cannot be used together, in words; empty where they can."""
    recipe = RECIPES.get(first.recipe)
    if recipe is None or not recipe.together:
        return "a method whose models work alone"
    words = next((words for name, words in _ALIKE.items() if getattr(first, name) != getattr(other, name)), "")
    scales, theirs = (recipe.scales(card, card.prediction) for card in (first, other))
    return words or ("another scale at which it learned" if scales != theirs else "")


def go_together(first: ModelCard, other: ModelCard) -> bool:
    """Whether two models can be used together and say two things: a second copy of the same weights adds nothing."""
    return not _same_weights(first, other) and not difference(first, other)


def _same_weights(first: ModelCard, other: ModelCard) -> bool:
    return bool(first.weights_sha256) and first.weights_sha256 == other.weights_sha256


def together(cards: Sequence[ModelCard]) -> ModelCard:
    """Several models as one: the first one's settings, tiles that suit all, and a checksum of all weights.

    Raises:
        UserError: If one of them does not go with the first.
    """
    first, *others = cards
    for place, other in enumerate(others, start=1):
        words = difference(first, other)
        if words:
            raise UserError(
                f"“{other.name}” cannot be used together with “{first.name}”: it has {words}.",
                hint="Use models of one training data set and method, such as those of a cross-validation.",
            )
        if any(_same_weights(other, earlier) for earlier in cards[:place]):
            raise UserError(
                f"“{other.name}” is named twice, or is a copy: it would only say the same again.",
                hint="Leave it out, or use models of several trainings.",
            )
    if not others:
        return first
    sums = "".join(card.weights_sha256 for card in cards)
    z, y, x = (math.lcm(*(card.divisor[axis] for card in cards)) for axis in range(3))
    return first.model_copy(
        update={
            "name": " + ".join(card.name for card in cards),
            "divisor": (z, y, x),
            "weights_sha256": hashlib.sha256(sums.encode()).hexdigest(),
        }
    )
