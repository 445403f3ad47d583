"""Error of the voxels that are hard."""

from __future__ import annotations

from desktop_app.core.config.base import Parameters
from desktop_app.core.losses.base import LossInfo
from desktop_app.core.losses.fields import balance_field, gamma_field


class FocalParameters(Parameters):
    """How much easy voxels are left out of account."""

    gamma: float = gamma_field()
    balance: float = balance_field()


FOCAL = LossInfo(
    "focal",
    "Hard voxels",
    "Focal loss: for small objects in much background.",
    FocalParameters,
    recipes=("semantic",),
)
