"""Attention U-Net of MONAI."""

from __future__ import annotations

from torch import nn

from desktop_app.core.networks.attention_unet import AttentionUNetArguments
from desktop_app.core.networks.base import Dimensions
from desktop_app.ml.networks.published import PublishedNetwork


class AttentionUNet(PublishedNetwork):
    """U-Net whose skip connections pass gates (Oktay et al. 2018, arXiv 1804.03999).

    Args:
        dimensions: 2 or 3.
        inputs: Channels of the image.
        outputs: Channels of the logits.
        arguments: Size of the network.
    """

    def __init__(self, dimensions: Dimensions, inputs: int, outputs: int, arguments: AttentionUNetArguments) -> None:
        from monai.networks.nets.attentionunet import AttentionUnet

        levels = arguments.levels
        network = AttentionUnet(
            spatial_dims=dimensions,
            in_channels=inputs,
            out_channels=outputs,
            channels=[arguments.channels * 2**level for level in range(levels)],
            strides=[2] * (levels - 1),
            dropout=arguments.dropout,
        )
        super().__init__(network, arguments.norm)

    def stages(self) -> list[nn.Module]:
        """Parts that can be frozen, from the image inwards; each level of MONAI's class holds the next one."""
        first, level, *_ = self.network.model
        found: list[nn.Module] = [first]
        while hasattr(level, "submodule"):
            parts = level.submodule
            if not isinstance(parts, nn.Sequential) or len(parts) == 1:
                return [*found, parts]
            found.append(parts[0])
            level = parts[1]
        return found
