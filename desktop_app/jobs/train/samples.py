"""Look at the patches of a training before it begins."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.imaging.overlay import overlay
from desktop_app.core.job import JobContext
from desktop_app.core.patch_sample import PatchSample
from desktop_app.io.atomic import atomic_path, make_place, writing

SAMPLES = 12
"""Patches shown at once: three rows of four fit beside the settings."""
_COLUMNS, _GAP = 4, 4  # of a sheet; pixels between pictures


def draw_samples(config: TrainingConfig, draw: int, ctx: JobContext) -> tuple[PatchSample, ...]:
    """Some patches, changed at random as the configuration says; another ``draw`` gives others.

    Raises:
        UserError: If an image cannot be read, or nothing is labelled in the first ones.
    """
    from desktop_app.ml.training.samples import patch_samples

    return patch_samples(config, SAMPLES, draw, ctx)


def write_samples(config: TrainingConfig, file: Path, ctx: JobContext) -> Path:
    """A picture (PNG) with some patches and their labels side by side.

    Raises:
        UserError: As ``draw_samples``; if the disk refuses.
    """
    from PIL import Image

    sheet = sample_sheet(draw_samples(config, 0, ctx))
    make_place(file)
    with writing(file), atomic_path(file) as temporary:
        Image.fromarray(sheet).save(temporary, format="PNG")
    return file


def sample_sheet(samples: tuple[PatchSample, ...]) -> NDArray[np.uint8]:
    """Patches side by side ``(Y, X, 3) uint8``, each with its labels in colour."""
    height, width = samples[0].image.shape
    rows = -(-len(samples) // _COLUMNS)
    shape = rows * (height + _GAP) - _GAP, _COLUMNS * (width + _GAP) - _GAP, 3
    sheet = np.full(shape, 255, np.uint8)
    for number, sample in enumerate(samples):
        row, column = divmod(number, _COLUMNS)
        y, x = row * (height + _GAP), column * (width + _GAP)
        sheet[y : y + height, x : x + width] = overlay(sample.image, sample.labels)
    return sheet
