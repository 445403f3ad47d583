"""What each loss computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

from desktop_app.core.losses.choice import LossChoice
from desktop_app.ml.losses.border_cross_entropy import BorderCrossEntropyLoss
from desktop_app.ml.losses.cl_dice import ClDiceLoss
from desktop_app.ml.losses.cross_entropy import CrossEntropyLoss
from desktop_app.ml.losses.dice import DiceLoss
from desktop_app.ml.losses.dice_cross_entropy import DiceCrossEntropyLoss
from desktop_app.ml.losses.dice_focal import DiceFocalLoss
from desktop_app.ml.losses.focal import FocalLoss
from desktop_app.ml.losses.generalised_dice import GeneralisedDiceLoss
from desktop_app.ml.losses.panoptic import PanopticLoss
from desktop_app.ml.losses.tversky import TverskyLoss

LOSS_MODULES: dict[str, Callable[[Any], nn.Module]] = {
    "dice_cross_entropy": DiceCrossEntropyLoss,
    "cross_entropy": CrossEntropyLoss,
    "dice": DiceLoss,
    "dice_focal": DiceFocalLoss,
    "focal": FocalLoss,
    "generalised_dice": GeneralisedDiceLoss,
    "tversky": TverskyLoss,
    "cl_dice": ClDiceLoss,
    "border_cross_entropy": BorderCrossEntropyLoss,
    "panoptic": PanopticLoss,
}
"""One for each record of ``core.losses.registry``, made from its parameters.

Losses of the recipe ``semantic`` take logits ``(B, C, [Z,] Y, X)``, background first, and class numbers
``(B, [Z,] Y, X)``, 255 where unknown, and give a scalar; those made of ``ClassLoss`` also get how much each voxel
counts, to others all count alike. Those of ``panoptic`` are described in its file.
"""


def build_loss(choice: LossChoice) -> nn.Module:
    """The loss that was chosen."""
    return LOSS_MODULES[choice.loss](choice.info_of(choice.loss).parameters.model_validate(choice.loss_parameters))
