"""How each network is built and frozen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias, cast

import torch
from torch import nn

from desktop_app.core.job import JobContext, Note
from desktop_app.core.networks.base import Dimensions
from desktop_app.core.networks.registry import NETWORKS, known_network
from desktop_app.ml.networks.attention_unet import AttentionUNet
from desktop_app.ml.networks.branched_erfnet import BranchedERFNet
from desktop_app.ml.networks.dynunet import DynUNetNetwork
from desktop_app.ml.networks.easyreg_unet import EasyregUNet
from desktop_app.ml.networks.mednext import MedNeXtNetwork
from desktop_app.ml.networks.normalisation import BatchNorm
from desktop_app.ml.networks.panoptic_bifpn import PanopticBiFPN
from desktop_app.ml.networks.panoptic_deeplab import PanopticDeepLab
from desktop_app.ml.networks.pixels import PixelForestNetwork
from desktop_app.ml.networks.plain_unet import PlainUNet
from desktop_app.ml.networks.quick_unet import QuickUNet
from desktop_app.ml.networks.residual_unet import ResidualUNet
from desktop_app.ml.networks.segresnet import SegResNetNetwork
from desktop_app.ml.networks.strided_points import take_points_first
from desktop_app.ml.networks.swin_unetr import SwinUNETRNetwork
from desktop_app.ml.networks.torchscript import TorchScriptNetwork
from desktop_app.ml.networks.vnet import VNetNetwork
from desktop_app.ml.networks.wnet import WNet

_Builder: TypeAlias = Callable[[Dimensions, int, int, Any], nn.Module]
"""Makes a network with fresh random weights from dimensions, input channels, output channels and arguments."""


class StagedNetwork(Protocol):
    """A network whose first parts can be frozen."""

    def stages(self) -> list[nn.Module]:
        """Parts that can be frozen, from the image inwards: as many as its record in ``core.networks`` says."""


BUILDERS: dict[str, _Builder] = {
    "quick_unet3d": QuickUNet,
    "quick_unet2d": QuickUNet,
    "unet3d": ResidualUNet,
    "unet2d": ResidualUNet,
    "segresnet3d": SegResNetNetwork,
    "segresnet2d": SegResNetNetwork,
    "attention_unet3d": AttentionUNet,
    "attention_unet2d": AttentionUNet,
    "dynunet3d": DynUNetNetwork,
    "dynunet2d": DynUNetNetwork,
    "easyreg_unet3d": EasyregUNet,
    "easyreg_unet2d": EasyregUNet,
    "mednext3d": MedNeXtNetwork,
    "mednext2d": MedNeXtNetwork,
    "plain_unet3d": PlainUNet,
    "plain_unet2d": PlainUNet,
    "swin_unetr3d": SwinUNETRNetwork,
    "swin_unetr2d": SwinUNETRNetwork,
    "vnet3d": VNetNetwork,
    "vnet2d": VNetNetwork,
    "wnet3d": WNet,
    "wnet2d": WNet,
    "panoptic_bifpn": PanopticBiFPN,
    "panoptic_deeplab": PanopticDeepLab,
    "erfnet3d": BranchedERFNet,
    "erfnet2d": BranchedERFNet,
    "torchscript": TorchScriptNetwork,
    "pixels2d": PixelForestNetwork,
    "pixels3d": PixelForestNetwork,
}
"""One for each record of ``core.networks.registry``."""


def build_network(name: str, arguments: dict[str, Any], inputs: int, outputs: int) -> nn.Module:
    """The network of that name with fresh random weights.

    Args:
        name: Key of ``core.networks.registry.NETWORKS`` or ``USED_ONLY``.
        arguments: As saved in a configuration or model card.
        inputs: Channels of the image.
        outputs: Channels of the logits.

    Raises:
        UserError: If this version does not know the network, or one of its arguments.
    """
    info, parsed = known_network(name, arguments)
    network = BUILDERS[name](info.dimensions, inputs, outputs, parsed)
    take_points_first(network)
    return network


def memory_order(name: str) -> torch.memory_format:
    """How a network and its images lie in memory where it learns quickest on a processor, by its record.

    Voxel by voxel is quicker for most: 0.67 to 0.92 of the time of a step of 16 × 32 × 32 px, but 1.6 times as much for
    V-Net in 3D.
    """
    info = NETWORKS[name]
    if info.by_channel:
        return torch.contiguous_format
    return torch.channels_last if info.dimensions == 2 else torch.channels_last_3d


def freeze_stages(network: nn.Module, count: int, ctx: JobContext) -> int:
    """Keep the first stages of a network, batch statistics included, as they are while training.

    Args:
        network: Changed in place.
        count: How many stages.
        ctx: Told how many levels do not learn.

    Returns:
        How many were frozen; fewer than ``count`` where the network has fewer.
    """
    if not count:
        return 0
    stages = cast(StagedNetwork, network).stages()[:count]
    for stage in stages:
        stage.requires_grad_(False)
        for norm in (module for module in stage.modules() if isinstance(module, BatchNorm)):
            norm.is_frozen = True
    network.train(network.training)
    ctx.report(Note("info", f"The first {len(stages)} levels of the network stay as they are."))
    return len(stages)


def release_stages(network: nn.Module, count: int) -> None:
    """Let the first stages learn that ``freeze_stages`` kept as they were, batch statistics included.

    Args:
        network: Changed in place.
        count: How many stages, as for ``freeze_stages``.
    """
    for stage in cast(StagedNetwork, network).stages()[:count]:
        stage.requires_grad_(True)
        for norm in (module for module in stage.modules() if isinstance(module, BatchNorm)):
            norm.is_frozen = False
    network.train(network.training)


def parameter_count(network: nn.Module) -> int:
    """Number of weights."""
    return sum(p.numel() for p in network.parameters())
