"""What a network of spatial embeddings says before it has learned anything."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.modules.conv import _ConvNd


@torch.no_grad()
def quiet_places(network: nn.Module, channels: int) -> None:
    """Let all raw outputs but the last, the seed, begin at 0, as published.

    An arrow is up to as long as the longest one, and radii follow an exponential function: a random last layer throws
    embeddings so far that hardly a voxel lies within reach of its centre, where the loss has almost no slope. In a
    phantom of separated balls, 150 steps then found none of 14 objects at any seed threshold of 0.5 or more; from 0,
    50 steps found all.

    Args:
        network: Changed in place. Its last convolution with so many channels makes the output; one without such a
            layer is left as it is, as the branched ERFNet begins at 0 by itself.
        channels: Of the output.
    """
    lasts = [part for part in network.modules() if isinstance(part, _ConvNd) and part.out_channels == channels]
    if not lasts:
        return
    weight, bias = lasts[-1].weight, lasts[-1].bias
    along = 1 if lasts[-1].transposed else 0
    weight.narrow(along, 0, channels - 1).zero_()
    if bias is not None:
        bias[: channels - 1].zero_()
