"""Whether an image suits a model, and the disk the results, before hours of computing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.model_card import (
    ModelCard,
    chosen_mode,
    counted_channels,
    require_channels,
    takes_brightness,
)
from desktop_app.core.errors import UnwritableFileError
from desktop_app.core.imaging import Plane, Volume
from desktop_app.core.job import JobContext, Note

_VOXEL_SIZE_TOLERANCE = 1.5
_RESULT_BYTES = 1
_MAP_BYTES, _LABEL_BYTES = 2, 8
_RUN_BYTES = 1
_WORKING_BYTES: dict[str, Callable[[ModelCard], int]] = {
    "semantic": lambda card: _MAP_BYTES * card.output_channels + _LABEL_BYTES,
    "panoptic": lambda card: _RUN_BYTES,
}


def check_fit(volume: Volume, card: ModelCard, config: InferenceConfig, ctx: JobContext) -> None:
    """Whether the image suits the model; doubts are noted.

    Raises:
        UserError: If its channels do not fit.
    """
    name = _name(volume)
    if takes_brightness(card, volume, config.channels):
        ctx.report(Note("info", f"{name} is a colour picture; its brightness is used."))
    else:
        _check_channels(volume, card, config, ctx)
    if volume.is_2d and card.dimensions == 3:
        ctx.report(Note("warning", f"{name} is a single picture, but the model was made for volumes."))
    seen = seen_edges(volume, card, config)
    if seen is not None and any(max(a / b, b / a) > _VOXEL_SIZE_TOLERANCE for a, b in seen):
        ctx.report(Note("warning", f"{_sizes(volume, card, config, seen)} Results may be poor; {_remedy(card)}"))


def check_space(volume: Volume, card: ModelCard, config: InferenceConfig, folder: Path) -> None:
    """Whether the disk has room for results and intermediate files.

    Raises:
        UnwritableFileError: If it has not.
    """
    voxels = int(np.prod(volume.shape, dtype=np.int64))
    stacks = 3 if chosen_mode(card, config.mode) == "ortho" else 1
    needed = voxels * (stacks * _WORKING_BYTES.get(card.recipe, _WORKING_BYTES["semantic"])(card) + _RESULT_BYTES)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise UnwritableFileError(
            folder,
            f"{_name(volume)} needs about {_size(needed)} there, and only {_size(free)} are free.",
            hint="Free some space, or choose a folder on another disk.",
        )


def seen_edges(volume: Volume, card: ModelCard, config: InferenceConfig) -> list[tuple[float, float]] | None:
    """Edges of a voxel as the network sees it, after downsampling, each with that of the training; None if unknown.

    Two-dimensional models only see the edges within their slices.
    """
    if not (volume.voxel_size.known and card.voxel_size.known):
        return None
    edges, learned = volume.voxel_size.converted(card.voxel_size.unit).zyx, card.voxel_size.zyx
    if card.dimensions == 3:
        return list(zip(edges, learned, strict=True))[1 if volume.is_2d else 0 :]
    prediction: dict[str, Any] = {**card.prediction, **config.prediction}
    plane, factor = Plane(prediction.get("plane", "xy")), int(prediction.get("downsampling", 1))
    across = {plane.depth_axis} if chosen_mode(card, config.mode) != "ortho" or volume.is_2d else set()
    pixel = (learned[1] * learned[2]) ** 0.5
    return [(factor * edge, pixel) for axis, edge in enumerate(edges) if axis not in across]


def _check_channels(volume: Volume, card: ModelCard, config: InferenceConfig, ctx: JobContext) -> None:
    needed = len(require_channels(card, volume, config.channels))
    if volume.channels > needed and config.channels is None:
        used = "the first channel is" if needed == 1 else f"the first {needed} channels are"
        ctx.report(Note("info", f"{_name(volume)} has {counted_channels(volume.channels)}; {used} used."))


def _sizes(volume: Volume, card: ModelCard, config: InferenceConfig, seen: list[tuple[float, float]]) -> str:
    """What does not fit, in words."""
    name, learned = _name(volume), card.voxel_size
    if chosen_mode(card, config.mode) != "ortho" and not {**card.prediction, **config.prediction}:
        return f"The voxel size of {name} is {volume.voxel_size.describe()}; the model learned at {learned.describe()}."
    edges = " × ".join(f"{edge:.4g}" for edge, _ in seen)
    return f"The model sees voxels of {edges} {learned.unit} of {name}; it learned at {seen[0][1]:.4g} {learned.unit}."


def _remedy(card: ModelCard) -> str:
    return "set “Image downsampling”, or resample the image." if card.recipe == "panoptic" else "resample the image."


def _name(volume: Volume) -> str:
    return volume.path.name if volume.path is not None else volume.name or "the image"


def _size(count: int) -> str:
    if count >= 2**30:
        return f"{count / 2**30:.1f} GB"
    return f"{count / 2**20:.0f} MB" if count >= 2**20 else f"{-(-count // 1024)} KB"
