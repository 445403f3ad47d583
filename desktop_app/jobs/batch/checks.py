"""Whether an image suits a model, and the disk the results, before hours of computing."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from desktop_app.core.advice.start_fit import StartLook
from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.model_card import (
    ModelCard,
    chosen_mode,
    require_channels,
    takes_brightness,
)
from desktop_app.core.errors import UnwritableFileError
from desktop_app.core.imaging import Volume
from desktop_app.core.imaging.volume import counted_channels
from desktop_app.core.job import JobContext, Note
from desktop_app.core.recipes.base import RecipeInfo
from desktop_app.core.recipes.looks import views_left_out
from desktop_app.core.recipes.registry import DEFAULT_RECIPE, RECIPES

# Ratio; training shows objects at 0.85 to 1.15 of their size, more than this misleads a model.
_VOXEL_SIZE_TOLERANCE = 1.5
_RESULT_BYTES = 1  # of a voxel: labels shrink to less


def check_model(card: ModelCard, ctx: JobContext) -> None:
    """Whether the model found anything to speak of when it was checked; if not, that is noted.

    What an undertrained model paints looks like results: 107 objects where there are 33, of which none was right.
    """
    f1, dice = (card.metrics.get(name, card.metrics.get(f"score/{name}")) for name in ("f1", "dice"))
    own = StartLook(f1, dice)
    if own.poor:
        ctx.report(
            Note(
                "warning",
                f"“{card.name}” found next to nothing when it was checked: {own.words}. What it paints here says "
                "little; train it longer, or with more labels.",
            )
        )


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
    if left_out := views_left_out(_recipe(card).prediction.model_validate(config.prediction), card.training):
        ctx.report(Note("warning", left_out))
    seen = seen_edges(volume, card, config)
    if seen is not None and any(max(a / b, b / a) > _VOXEL_SIZE_TOLERANCE for a, b in seen):
        ctx.report(Note("warning", f"{_sizes(volume, card, config, seen)} Results may be poor; {_what_to_do(card)}"))


def check_space(volume: Volume, card: ModelCard, config: InferenceConfig, folder: Path) -> None:
    """Whether the disk has room for results and intermediate files.

    Raises:
        UnwritableFileError: If it has not.
    """
    voxels = int(np.prod(volume.shape, dtype=np.int64))
    needed = voxels * (_recipe(card).working_bytes(card, chosen_mode(card, config.mode)) + _RESULT_BYTES)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise UnwritableFileError(
            folder,
            f"{_name(volume)} needs about {_size(needed)} there, and only {_size(free)} are free.",
            hint="Free some space, or choose a folder on another disk.",
        )


def seen_edges(volume: Volume, card: ModelCard, config: InferenceConfig) -> list[tuple[float, float]] | None:
    """Edges of a voxel as the network sees it, at its scale, each with that of the training; None if unknown.

    Two-dimensional models only see the edges within their slices.
    """
    if not (volume.voxel_size.known and card.voxel_size.known):
        return None
    prediction: dict[str, Any] = {**card.prediction, **config.prediction}
    recipe, learned = _recipe(card), card.voxel_size.zyx
    seen = recipe.seen_edges(card, prediction, volume.voxel_size, every_plane=_every_plane(card, config))
    if card.dimensions == 3:
        return list(zip(seen, learned, strict=True))[1 if volume.is_2d else 0 :]
    across = {recipe.plane(prediction).depth_axis}
    if _every_plane(card, config) and not volume.is_2d:
        across = set()
    pixel = (learned[1] * learned[2]) ** 0.5
    return [(edge, pixel) for axis, edge in enumerate(seen) if axis not in across]


def _check_channels(volume: Volume, card: ModelCard, config: InferenceConfig, ctx: JobContext) -> None:
    needed = len(require_channels(card, volume, config.channels))
    if volume.channels > needed and config.channels is None:
        used = "the first channel is" if needed == 1 else f"the first {needed} channels are"
        ctx.report(Note("info", f"{_name(volume)} has {counted_channels(volume.channels)}; {used} used."))


def _sizes(volume: Volume, card: ModelCard, config: InferenceConfig, seen: list[tuple[float, float]]) -> str:
    """What does not fit, in words."""
    name, learned = _name(volume), card.voxel_size
    if not _every_plane(card, config) and not {**card.prediction, **config.prediction}:
        return f"The voxel size of {name} is {volume.voxel_size.describe()}; the model learned at {learned.describe()}."
    edges = " × ".join(f"{edge:.4g}" for edge, _ in seen)
    known = " × ".join(f"{edge:.4g}" for edge in (dict.fromkeys(own for _, own in seen)))
    return f"The model sees voxels of {edges} {learned.unit} of {name}; it learned at {known} {learned.unit}."


def _what_to_do(card: ModelCard) -> str:
    return _recipe(card).other_size_seen or _recipe(card).other_size


def _recipe(card: ModelCard) -> RecipeInfo:
    return RECIPES.get(card.recipe, RECIPES[DEFAULT_RECIPE])


def _every_plane(card: ModelCard, config: InferenceConfig) -> bool:
    return _recipe(card).sees_every_plane(chosen_mode(card, config.mode))


def _name(volume: Volume) -> str:
    return volume.path.name if volume.path is not None else volume.name or "the image"


def _size(count: int) -> str:
    if count >= 2**30:
        return f"{count / 2**30:.1f} GB"
    return f"{count / 2**20:.0f} MB" if count >= 2**20 else f"{-(-count // 1024)} KB"
