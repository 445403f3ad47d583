"""Which losses there are."""

from __future__ import annotations

from torch import nn

from desktop_app.ml.losses.depth import DepthLoss
from desktop_app.ml.losses.dice_cross_entropy import DiceCrossEntropyLoss
from desktop_app.ml.losses.panoptic import PanopticLoss

LOSSES: dict[str, type[nn.Module]] = {
    "dice_cross_entropy": DiceCrossEntropyLoss,
    "depth": DepthLoss,
    "panoptic": PanopticLoss,
}
