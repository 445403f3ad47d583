"""The networks a user may choose, described without loading torch."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from pydantic import ValidationError

from desktop_app.core.config.base import Parameters, explain
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Index3
from desktop_app.core.late_table import LateTable
from desktop_app.core.networks.base import NetworkInfo, TrainableNetwork
from desktop_app.core.networks.patches import require_divisible


def _read_networks() -> tuple[TrainableNetwork, ...]:
    from desktop_app.core.networks.attention_unet import ATTENTION_UNET_2D, ATTENTION_UNET_3D
    from desktop_app.core.networks.branched_erfnet import ERFNET_2D, ERFNET_3D
    from desktop_app.core.networks.dynunet import DYNUNET_2D, DYNUNET_3D
    from desktop_app.core.networks.easyreg_unet import EASYREG_UNET_2D, EASYREG_UNET_3D
    from desktop_app.core.networks.mednext import MEDNEXT_2D, MEDNEXT_3D
    from desktop_app.core.networks.panoptic_bifpn import PANOPTIC_BIFPN
    from desktop_app.core.networks.panoptic_deeplab import PANOPTIC_DEEPLAB
    from desktop_app.core.networks.plain_unet import PLAIN_UNET_2D, PLAIN_UNET_3D
    from desktop_app.core.networks.quick_unet import QUICK_UNET_2D, QUICK_UNET_3D
    from desktop_app.core.networks.residual_unet import UNET_2D, UNET_3D
    from desktop_app.core.networks.segresnet import SEGRESNET_2D, SEGRESNET_3D
    from desktop_app.core.networks.swin_unetr import SWIN_UNETR_2D, SWIN_UNETR_3D
    from desktop_app.core.networks.vnet import VNET_2D, VNET_3D
    from desktop_app.core.networks.wnet import WNET_2D, WNET_3D

    return (
        UNET_3D,
        UNET_2D,
        QUICK_UNET_3D,
        QUICK_UNET_2D,
        SEGRESNET_3D,
        SEGRESNET_2D,
        PANOPTIC_BIFPN,
        PANOPTIC_DEEPLAB,
        ERFNET_3D,
        ERFNET_2D,
        DYNUNET_3D,
        DYNUNET_2D,
        PLAIN_UNET_3D,
        PLAIN_UNET_2D,
        ATTENTION_UNET_3D,
        ATTENTION_UNET_2D,
        VNET_3D,
        VNET_2D,
        SWIN_UNETR_3D,
        SWIN_UNETR_2D,
        MEDNEXT_3D,
        MEDNEXT_2D,
        EASYREG_UNET_3D,
        EASYREG_UNET_2D,
        WNET_3D,
        WNET_2D,
    )


NETWORKS: MutableMapping[str, TrainableNetwork] = LateTable(_read_networks)
"""Networks that can be trained; how each is built stands in ``ml.networks.registry.BUILDERS``."""


def _read_used_only() -> tuple[NetworkInfo, ...]:
    from desktop_app.core.networks.pixels import PIXELS_2D, PIXELS_3D
    from desktop_app.core.networks.torchscript import TORCHSCRIPT

    return (
        TORCHSCRIPT,
        PIXELS_2D,
        PIXELS_3D,
    )


USED_ONLY: MutableMapping[str, NetworkInfo] = LateTable(_read_used_only)
"""Networks of models that can be used, but not trained."""


def network_info(name: str) -> NetworkInfo | None:
    """What is known of a network, None for those of other versions."""
    return NETWORKS.get(name) or USED_ONLY.get(name)


def known_network(name: str, arguments: dict[str, Any]) -> tuple[NetworkInfo, Parameters]:
    """A network with its arguments as saved in a configuration or model card.

    Raises:
        UserError: If this version does not know the network, or one of its arguments.
    """
    info = network_info(name)
    if info is None:
        raise UserError(
            f"This version does not know the network “{name}”.",
            hint=f"Known networks: {', '.join(NETWORKS)}. Update Voxelwright, or choose another model.",
        )
    try:
        return info, info.arguments.model_validate(arguments)
    except ValidationError as error:
        raise explain(error, f"The network “{info.title}”") from error


def network_divisor(name: str, arguments: dict[str, Any]) -> Index3:
    """Sizes of the network's input (z, y, x) must be multiples of this.

    Raises:
        UserError: If this version does not know the network, or one of its arguments.
    """
    info, parsed = known_network(name, arguments)
    return info.divisor(parsed)


def new_arguments(name: str, given: dict[str, Any]) -> dict[str, Any]:
    """Arguments of a network that begins anew: what ``given`` leaves out is as new networks have it."""
    info = NETWORKS.get(name)
    return given if info is None else {**info.anew, **given}


def require_patch(name: str, arguments: dict[str, Any], patch: Index3) -> None:
    """Refuse a patch that does not suit a network that can be trained.

    Raises:
        UserError: If an edge is no multiple of the network's divisor, or the patch is too small for the network; the
            nearest sizes that suit are named.
    """
    info, parsed = known_network(name, arguments)
    require_divisible(patch, info.divisor(parsed), NETWORKS[name].least, info.title)
