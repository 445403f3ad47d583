"""Error of single voxels."""

from __future__ import annotations

from desktop_app.core.config.base import Parameters
from desktop_app.core.losses.base import LossInfo
from desktop_app.core.losses.fields import balance_field


class CrossEntropyParameters(Parameters):
    """How much each class counts."""

    balance: float = balance_field()


CROSS_ENTROPY = LossInfo(
    "cross_entropy",
    "Voxels",
    "Cross-entropy alone: steady, and right where objects fill much of the image.",
    CrossEntropyParameters,
    recipes=("semantic",),
)
