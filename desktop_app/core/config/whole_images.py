"""Learning from images as they are: the patch that holds the largest one, padded only as far as a network needs."""

from __future__ import annotations

import math
from collections.abc import Iterable

from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Index3
from desktop_app.core.networks.registry import NETWORKS, network_divisor
from desktop_app.core.recipes.registry import RECIPES

_LEAST_BYTES = 64
"""Of each voxel and patch in a step: 8 maps of 4 bytes and their gradients, the two first layers of the slimmest
network (4 channels). Most take ten times that."""


def with_whole_images(config: TrainingConfig, shapes: Iterable[Index3]) -> TrainingConfig:
    """The configuration with a patch as large as the largest image where whole images are wanted; others as they are.

    Args:
        config: Of the training.
        shapes: Of the images (z, y, x), in voxels; none leave the patch as it is.
    """
    sizes = list(shapes)
    if not config.whole_images or not sizes:
        return config
    flat = NETWORKS[config.network].dimensions == 2
    across, along = RECIPES[config.recipe].exact_scales(config.recipe_parameters)
    largest = [max(size[axis] for size in sizes) for axis in range(3)]
    wanted = (1 if flat else largest[0] / across, largest[1] / along, largest[2] / along)
    parts = network_divisor(config.network, config.network_arguments)
    z, y, x = (math.ceil(edge / part) * part for edge, part in zip(wanted, parts, strict=True))
    least = NETWORKS[config.network].least
    if not any(edge >= least * part for edge, part in zip((z, y, x), parts, strict=True) if part > 1):
        y, x = least * parts[1], least * parts[2]
    patch = (z, y, x)
    return config if patch == config.patch_size else config.model_copy(update={"patch_size": patch})


def require_room(config: TrainingConfig, free_bytes: float) -> None:
    """Refuse whole images of which one step cannot fit into memory with any network.

    Args:
        config: Of the training, with its patch.
        free_bytes: Of the memory that it computes in.

    Raises:
        UserError: If they cannot.
    """
    least = _LEAST_BYTES * math.prod(config.patch_size) * config.optimisation.batch_size
    if not config.whole_images or least <= free_bytes:
        return
    size, gb = " × ".join(str(edge) for edge in config.patch_size), 2**30
    raise UserError(
        f"Whole images of {size} voxels (z, y, x), {config.optimisation.batch_size} a step, need more than "
        f"{least / gb:.1f} GB of memory; {free_bytes / gb:.1f} GB are free.",
        hint="Switch whole images off and learn from patches, or take one image a step.",
    )
