"""Which networks there are, and how each is built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, cast

from pydantic import ValidationError
from torch import nn

from desktop_app.core.config.base import Parameters, explain
from desktop_app.core.errors import UserError
from desktop_app.core.imaging.region import Index3
from desktop_app.core.networks.registry import network_info
from desktop_app.ml.networks.blocks import Dimensions
from desktop_app.ml.networks.panoptic_bifpn import build_panoptic_bifpn, panoptic_bifpn_divisor
from desktop_app.ml.networks.panoptic_deeplab import build_panoptic_deeplab, panoptic_deeplab_divisor
from desktop_app.ml.networks.residual_unet import ResidualUNet, residual_unet_divisor
from desktop_app.ml.networks.segresnet import SegResNetNetwork, segresnet_divisor
from desktop_app.ml.networks.torchscript import build_torchscript, torchscript_divisor


class StagedNetwork(Protocol):
    """A network whose first parts can be frozen."""

    def stages(self) -> list[nn.Module]:
        """Parts that can be frozen, from the image inwards."""


@dataclass(frozen=True, slots=True)
class NetworkBuilder:
    """How a network is made.

    Attributes:
        build: From dimensions, input channels, output channels and arguments.
        divisor: Sizes of the input (z, y, x) must be multiples of this.
        least: How many times the divisor the largest edge of a patch must be; with one, a single voxel may be left.
    """

    build: Callable[[Dimensions, int, int, Any], nn.Module]
    divisor: Callable[[Dimensions, Any], Index3]
    least: int = 2


_RESIDUAL_UNET = NetworkBuilder(ResidualUNet, residual_unet_divisor)
_SEGRESNET = NetworkBuilder(SegResNetNetwork, segresnet_divisor)

BUILDERS: dict[str, NetworkBuilder] = {
    "unet3d": _RESIDUAL_UNET,
    "unet2d": _RESIDUAL_UNET,
    "segresnet3d": _SEGRESNET,
    "segresnet2d": _SEGRESNET,
    "panoptic_bifpn": NetworkBuilder(build_panoptic_bifpn, panoptic_bifpn_divisor, least=1),
    "panoptic_deeplab": NetworkBuilder(build_panoptic_deeplab, panoptic_deeplab_divisor, least=1),
}

_USED_ONLY: dict[str, NetworkBuilder] = {
    "torchscript": NetworkBuilder(build_torchscript, torchscript_divisor, least=1),
}


def build_network(name: str, arguments: dict[str, Any], inputs: int, outputs: int) -> nn.Module:
    """The network of that name with fresh random weights.

    Args:
        name: Key of ``core.config.networks.NETWORKS``.
        arguments: As saved in a configuration or model card.
        inputs: Channels of the image.
        outputs: Channels of the logits.

    Raises:
        UserError: If this version does not know the network, or one of its arguments.
    """
    builder, dimensions, parsed = _found(name, arguments)
    return builder.build(dimensions, inputs, outputs, parsed)


def network_divisor(name: str, arguments: dict[str, Any]) -> Index3:
    """Sizes of the network's input (z, y, x) must be multiples of this."""
    builder, dimensions, parsed = _found(name, arguments)
    return builder.divisor(dimensions, parsed)


def require_patch(name: str, arguments: dict[str, Any], patch: Index3) -> None:
    """Refuse a patch that the network cannot halve as often as it must.

    Raises:
        UserError: If an edge is no multiple of the network's divisor, or the patch is too small for the network; the
            nearest sizes that suit are named.
    """
    divisor = network_divisor(name, arguments)
    least = BUILDERS[name].least
    off = any(edge % part for edge, part in zip(patch, divisor, strict=True))
    if not off and any(edge >= least * part for edge, part in zip(patch, divisor, strict=True) if part > 1):
        return
    given, parts = (" × ".join(str(n) for n in size) for size in (patch, divisor))
    raise UserError(
        f"The patch size of {given} does not suit the network.",
        hint=f"Its edges must be multiples of {parts} (z, y, x). {_nearest_sizes(patch, divisor, least)}",
    )


def _nearest_sizes(patch: Index3, divisor: Index3, least: int) -> str:
    """The sizes next to each edge that suit, in words; edges with the same choice are named together."""
    choices: dict[str, list[str]] = {}
    for axis, edge, part in zip("zyx", patch, divisor, strict=True):
        if part == 1:
            continue
        below = edge // part * part
        sizes = [size for size in (below, below + part) if size >= least * part] or [least * part]
        if edge % part or edge < least * part:
            choices.setdefault(" or ".join(str(size) for size in sizes), []).append(axis)
    said = (f"{sizes} for {' and '.join(axes)}" for sizes, axes in choices.items())
    return f"The nearest that suit: {', '.join(said)}."


def freeze_stages(network: nn.Module, count: int) -> int:
    """Keep the first ``count`` stages as they are while training; returns how many were frozen."""
    stages = cast(StagedNetwork, network).stages()[:count]
    for stage in stages:
        stage.requires_grad_(False)
    network.train(network.training)
    return len(stages)


def parameter_count(network: nn.Module) -> int:
    """Number of weights."""
    return sum(p.numel() for p in network.parameters())


def _found(name: str, arguments: dict[str, Any]) -> tuple[NetworkBuilder, Dimensions, Parameters]:
    info, builder = network_info(name), BUILDERS.get(name) or _USED_ONLY.get(name)
    if info is None or builder is None:
        raise UserError(
            f"This version does not know the network “{name}”.",
            hint=f"Known networks: {', '.join(BUILDERS)}. Update Voxelwright, or choose another model.",
        )
    try:
        return builder, info.dimensions, info.arguments.model_validate(arguments)
    except ValidationError as error:
        raise explain(error, f"The network “{info.title}”") from error
