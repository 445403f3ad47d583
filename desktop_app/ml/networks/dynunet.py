"""nnU-Net's U-Net of MONAI."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from desktop_app.core.networks.base import Dimensions
from desktop_app.core.networks.dynunet import DynUNetArguments, halvings
from desktop_app.ml.networks.published import use_batch_statistics

_WIDEST: dict[int, int] = {2: 512, 3: 320}
"""Most channels of a level, as nnU-Net plans."""


class DynUNetNetwork(nn.Module):
    """The plain or residual U-Net that nnU-Net plans (Isensee et al. 2021, doi 10.1038/s41592-020-01008-z).

    While it trains with deep supervision it gives the logits of several levels, the finest first, each enlarged to the
    size of the image. The parts are those of MONAI's class, which lists each of them twice, so that its weights cannot
    be saved as they are.

    Args:
        dimensions: 2 or 3.
        inputs: Channels of the image.
        outputs: Channels of the logits.
        arguments: Size of the network.
    """

    def __init__(self, dimensions: Dimensions, inputs: int, outputs: int, arguments: DynUNetArguments) -> None:
        from monai.networks.nets.dynunet import DynUNet

        steps = halvings(arguments, dimensions)
        kernels = [tuple(1 if is_flat else 3 for is_flat in flat) for flat in _flat_kernels(arguments, dimensions)]
        width = [min(arguments.channels * 2**level, _WIDEST[dimensions]) for level in range(arguments.levels)]
        deep = arguments.levels - 2 if arguments.deep_supervision else 0
        network = DynUNet(
            spatial_dims=dimensions,
            in_channels=inputs,
            out_channels=outputs,
            kernel_size=kernels,
            strides=steps,
            upsample_kernel_size=steps[1:],
            filters=width,
            dropout=arguments.dropout or None,
            deep_supervision=deep > 0,
            deep_supr_num=max(1, deep),
            res_block=arguments.residual,
        )
        super().__init__()
        self.first, self.bottleneck, self.last = network.input_block, network.bottleneck, network.output_block
        self.downs, self.ups = network.downsamples, network.upsamples
        self.heads = network.deep_supervision_heads if deep > 0 else nn.ModuleList()
        if arguments.norm == "batch":
            use_batch_statistics(self)

    def forward(self, image: torch.Tensor) -> Any:
        """Logits ``(B, outputs, [Z,] Y, X)``; a tuple of them, the finest first, while it trains at several levels."""
        kept = [self.first(image)]
        for down in self.downs:
            kept.append(down(kept[-1]))
        values, coarse = self.bottleneck(kept[-1]), []
        for up, skip in zip(self.ups, reversed(kept), strict=True):
            values = up(values, skip)
            coarse.append(values)
        logits: torch.Tensor = self.last(values)
        if not self.training or not len(self.heads):
            return logits
        rest = [head(level) for head, level in zip(self.heads, reversed(coarse[:-1]), strict=False)]
        return (logits, *(functional.interpolate(level, image.shape[2:]) for level in rest))

    def stages(self) -> list[nn.Module]:
        """Parts that can be frozen, from the image inwards."""
        return [self.first, *self.downs, self.bottleneck]


def _flat_kernels(arguments: DynUNetArguments, dimensions: Dimensions) -> list[tuple[bool, ...]]:
    """Of each level, along which axes its kernels see one voxel: slices, as long as voxels are thicker than wide."""
    if dimensions == 2:
        return [(False, False)] * arguments.levels
    return [(level < arguments.flat_levels, False, False) for level in range(arguments.levels)]
