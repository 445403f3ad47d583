"""Swin UNETR of MONAI."""

from __future__ import annotations

import torch
from torch import nn

from desktop_app.core.networks.base import Dimensions
from desktop_app.core.networks.swin_unetr import SwinUNETRArguments
from desktop_app.ml.networks.published import PublishedNetwork


class SwinUNETRNetwork(PublishedNetwork):
    """Encoder of shifted-window attention, decoder of convolutions (Hatamizadeh et al. 2022, arXiv 2201.01266).

    Args:
        dimensions: 2 or 3.
        inputs: Channels of the image.
        outputs: Channels of the logits.
        arguments: Size of the network.
    """

    def __init__(self, dimensions: Dimensions, inputs: int, outputs: int, arguments: SwinUNETRArguments) -> None:
        from monai.networks.nets.swin_unetr import SwinUNETR

        with torch.device("cpu"):  # its constructor asks tensors for their values, which those without any have not
            network = SwinUNETR(
                in_channels=inputs,
                out_channels=outputs,
                feature_size=arguments.features,
                drop_rate=arguments.dropout,
                attn_drop_rate=arguments.attention_dropout,
                use_checkpoint=arguments.save_memory,
                spatial_dims=dimensions,
                use_v2=True,
            )
        super().__init__(network, arguments.norm)

    def stages(self) -> list[nn.Module]:
        """Parts that can be frozen, from the image inwards."""
        swin = self.network.swinViT
        mixed = [swin.layers1c, swin.layers2c, swin.layers3c, swin.layers4c]
        attention = [swin.layers1, swin.layers2, swin.layers3, swin.layers4]
        return [swin.patch_embed, *(nn.ModuleList(pair) for pair in zip(mixed, attention, strict=True))]
