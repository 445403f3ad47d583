"""The losses a user may choose, described without loading torch."""

from __future__ import annotations

from desktop_app.core.losses.base import LossInfo
from desktop_app.core.losses.dice_cross_entropy import DICE_CROSS_ENTROPY
from desktop_app.core.losses.panoptic import PANOPTIC_LOSS

LOSSES: dict[str, LossInfo] = {info.name: info for info in (DICE_CROSS_ENTROPY, PANOPTIC_LOSS)}
"""What each computes stands in ``ml.losses.registry.LOSSES``. The first of a recipe is its default."""


def losses_of(recipe: str) -> tuple[LossInfo, ...]:
    """The losses that a recipe can use, its default first; none for recipes that leave no choice."""
    return tuple(info for info in LOSSES.values() if recipe in info.recipes)
