"""V-Net of MONAI."""

from __future__ import annotations

import torch
from torch import nn

from desktop_app.core.networks.base import Dimensions
from desktop_app.core.networks.vnet import VNetArguments
from desktop_app.ml.networks.blocks import convolution
from desktop_app.ml.networks.published import PublishedNetwork

_FIRST_WIDTH = 16
"""Channels of the first level, onto which MONAI's class repeats those of the image, and so must be a multiple."""


def _lay_by_voxel(last: nn.Module, given: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
    """A volume that lies channel by channel in memory, voxel by voxel for the convolution to one channel a class.

    On a processor that convolution, with what it learns, then takes 0.6 times as long (a patch of 16 × 32 × 32 voxels);
    what comes back lies as before, where the others are quicker. Only while it learns: ONNX knows no order of memory.
    """
    (values,) = given
    if not last.training or values.device.type != "cpu" or values.ndim != 5 or not values.is_contiguous():
        return (values,)
    if values.requires_grad:
        values.register_hook(torch.Tensor.contiguous)
    return (values.contiguous(memory_format=torch.channels_last_3d),)


class VNetNetwork(PublishedNetwork):
    """Volumetric encoder-decoder with residual stages (Milletari et al. 2016, arXiv 1606.04797).

    Args:
        dimensions: 2 or 3.
        inputs: Channels of the image; a number that 16 is no multiple of is mixed to 16 first.
        outputs: Channels of the logits.
        arguments: How it learns.
    """

    def __init__(self, dimensions: Dimensions, inputs: int, outputs: int, arguments: VNetArguments) -> None:
        from monai.networks.nets.vnet import VNet

        fits = _FIRST_WIDTH % inputs == 0
        drop = arguments.dropout or None
        network = VNet(
            spatial_dims=dimensions,
            in_channels=inputs if fits else _FIRST_WIDTH,
            out_channels=outputs,
            dropout_prob_down=drop,
            dropout_prob_up=(drop, arguments.dropout),
            dropout_dim=dimensions,
            bias=True,
        )
        for finest in (network.up_tr64, network.up_tr32):  # MONAI's class always leaves out half of what skips to them
            finest.dropout2.p = arguments.dropout
        network.out_tr.register_forward_pre_hook(_lay_by_voxel)
        super().__init__(network, arguments.norm)
        self.mixing = nn.Identity() if fits else convolution(dimensions, inputs, _FIRST_WIDTH, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits ``(B, outputs, [Z,] Y, X)`` of an image ``(B, inputs, [Z,] Y, X)``."""
        return super().forward(self.mixing(image))

    def stages(self) -> list[nn.Module]:
        """Parts that can be frozen, from the image inwards."""
        net = self.network
        return [nn.ModuleList([self.mixing, net.in_tr]), net.down_tr32, net.down_tr64, net.down_tr128, net.down_tr256]
