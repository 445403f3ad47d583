"""The losses a user may choose, described without loading torch."""

from __future__ import annotations

from collections.abc import MutableMapping

from desktop_app.core.late_table import LateTable
from desktop_app.core.losses.base import LossInfo


def _read_losses() -> tuple[LossInfo, ...]:
    from desktop_app.core.losses.border_cross_entropy import BORDER_CROSS_ENTROPY
    from desktop_app.core.losses.cl_dice import CL_DICE
    from desktop_app.core.losses.cross_entropy import CROSS_ENTROPY
    from desktop_app.core.losses.dice import DICE
    from desktop_app.core.losses.dice_cross_entropy import DICE_CROSS_ENTROPY
    from desktop_app.core.losses.dice_focal import DICE_FOCAL
    from desktop_app.core.losses.focal import FOCAL
    from desktop_app.core.losses.generalised_dice import GENERALISED_DICE
    from desktop_app.core.losses.panoptic import PANOPTIC_LOSS
    from desktop_app.core.losses.tversky import TVERSKY

    return (
        DICE_CROSS_ENTROPY,
        CROSS_ENTROPY,
        DICE,
        DICE_FOCAL,
        FOCAL,
        GENERALISED_DICE,
        TVERSKY,
        CL_DICE,
        BORDER_CROSS_ENTROPY,
        PANOPTIC_LOSS,
    )


LOSSES: MutableMapping[str, LossInfo] = LateTable(_read_losses)
"""What each computes stands in ``ml.losses.registry.LOSS_MODULES``. The first of a recipe is its default."""


def losses_of(recipe: str) -> tuple[LossInfo, ...]:
    """The losses that a recipe can use, its default first; none for recipes that leave no choice."""
    return tuple(info for info in LOSSES.values() if recipe in info.recipes)
