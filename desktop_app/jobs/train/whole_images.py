"""Learning from images as they are: how large they are, and whether memory holds one."""

from __future__ import annotations

from pathlib import Path

import psutil

from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.config.whole_images import require_room, with_whole_images
from desktop_app.core.imaging import Index3
from desktop_app.core.job import JobContext, Note
from desktop_app.io.images.registry import open_volume
from desktop_app.jobs.device import gpu_memory_gb


def as_they_are(config: TrainingConfig, ctx: JobContext) -> TrainingConfig:
    """The configuration with the patch that holds each image, where whole images are wanted; the patch is told.

    Raises:
        UserError: If memory cannot hold one step, or an image cannot be read.
    """
    if not config.whole_images:
        return config
    used = (pair for pair in config.dataset.pairs if pair.role != "unused")
    shapes: list[Index3] = [open_volume(Path(pair.image), reading=pair.reading).shape for pair in used]
    whole = with_whole_images(config, shapes)
    require_memory(whole)
    size = " × ".join(str(edge) for edge in whole.patch_size)
    ctx.report(Note("info", f"Images are seen whole, padded to {size} voxels (z, y, x)."))
    return whole


def require_memory(config: TrainingConfig) -> None:
    """Refuse whole images that do not fit into the memory of the graphics card, or of the computer without one.

    Raises:
        UserError: If they do not.
    """
    if not config.whole_images:
        return
    card = 0.0 if config.device == "cpu" else gpu_memory_gb() * 1e9
    require_room(config, card or psutil.virtual_memory().available)
