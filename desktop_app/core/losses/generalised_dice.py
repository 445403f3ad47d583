"""Overlap in which rare classes count as much as large ones."""

from __future__ import annotations

from desktop_app.core.config.base import Parameters
from desktop_app.core.losses.base import LossInfo


class GeneralisedDiceParameters(Parameters):
    """It has none: the classes are weighted by their volume."""

    pass


GENERALISED_DICE = LossInfo(
    "generalised_dice",
    "Overlap of uneven classes",
    "Generalised Dice: for several classes of very different size.",
    GeneralisedDiceParameters,
    recipes=("semantic",),
)
