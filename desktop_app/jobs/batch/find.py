"""Nuclei of one image at once, without training: a model that comes with the program, objects' size estimated."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.finding import FindConfig
from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.model_card import ModelCard, require_channels
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.job import JobContext, Note, SubContext
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.io.atomic import make_folder
from desktop_app.io.images.registry import image_stem, open_volume
from desktop_app.io.models import load_card
from desktop_app.io.tables import read_csv
from desktop_app.jobs.batch.case import label_image
from desktop_app.jobs.batch.infer import decode_parameters
from desktop_app.jobs.batch.inputs import BatchCase
from desktop_app.jobs.batch.noise_words import noise_words
from desktop_app.jobs.batch.nuclear_channel import channel_words, channels_for
from desktop_app.jobs.models.library import find_model, starter_models
from desktop_app.objects.object_size import estimated_size

_LOOKED_AT = {2: (1, 1024, 1024), 3: (64, 256, 256)}
"""Voxels (z, y, x) in the middle of an image from which the size of its objects is estimated: some hundred nuclei as a
rule, in one to three seconds of a processor."""
_FEWEST_SLICES = 4  # fewer are pictures of one layer of cells, for which volumes give no third direction


@dataclass(frozen=True, slots=True)
class Found:
    """What was found.

    Attributes:
        labels: The label file.
        objects: How many; None where the model gives classes.
        object_size: Diameter in pixels that was looked for; None where none could be estimated.
        model: That was used.
        noise_words: Why what was found looks like noise, in a sentence; empty where it does not.
    """

    labels: Path
    objects: int | None
    object_size: float | None
    model: Path
    noise_words: str = ""


def model_for(volume: Volume) -> Path:
    """The model that comes with the program for pictures or for volumes.

    Raises:
        UserError: If this installation has none.
    """
    wanted = 2 if volume.shape[0] < _FEWEST_SLICES else 3
    usable = [model for model in starter_models() if model.card is not None]
    fitting = [model.path for model in usable if model.card is not None and model.card.dimensions == wanted]
    for path in (*fitting, *(model.path for model in usable)):
        return path
    raise UserError("This installation has no models.", hint="Install Voxelwright anew, or name a model of your own.")


def object_size_in(volume: Volume, channel: int = 0) -> float | None:
    """The diameter in pixels (x) of usual objects, from the middle of an image; None where nothing stands out."""
    flat = volume.shape[0] < _FEWEST_SLICES
    start, stop = [], []
    for size, wanted in zip(volume.shape, _LOOKED_AT[2 if flat else 3], strict=True):
        start.append((size - min(size, wanted)) // 2)
        stop.append(start[-1] + min(size, wanted))
    region = Region((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))
    thickness = volume.voxel_size.anisotropy if volume.voxel_size.known else 1.0
    found = estimated_size(volume.read(region, channel), thickness)
    return found.diameter if found is not None else None


def prediction_for(card: ModelCard, volume: Volume, diameter: float | None) -> dict[str, float]:
    """Parameters with which a model sees objects of a diameter in px as large as those that it learned from."""
    recipe = RECIPES.get(card.recipe)
    if diameter is None or card.object_diameter is None or recipe is None:
        return {}
    return recipe.seen_at(card, volume, diameter / card.object_diameter)


def find_nuclei(config: FindConfig, ctx: JobContext) -> Found:
    """Write a label file, and an object table beside it.

    Args:
        config: Image, model, size.
        ctx: Hears about progress and what was estimated, and may cancel between tiles.

    Raises:
        UserError: If the image cannot be read, the model does not fit it, or the disk is full.
        JobCancelled: When asked to stop; nothing is left behind.
    """
    from desktop_app.ml.inference import load_predictor

    path = Path(config.image)
    volume = open_volume(path, reading=config.reading)
    model = find_model(config.model) if config.model else model_for(volume)
    card = load_card(model)
    channels = channels_for(card, volume, config.channel)
    looked_at = require_channels(card, volume, channels)[0]
    if words := channel_words(volume, channels):
        ctx.report(Note("info", words))
    size = config.object_size or object_size_in(volume, looked_at)
    ctx.report(Note("info", size_words(size, estimated=config.object_size is None)))
    prediction = prediction_for(card, volume, size)
    out = Path(config.output)
    make_folder(out.absolute().parent)
    batch = InferenceConfig(
        model=str(model), inputs=(config.image,), output=str(out.parent), prediction=prediction, device=config.device,
        reading=config.reading, channels=channels,
    )  # fmt: skip
    case = BatchCase(0, path, image_stem(out), out, out.with_name(f"{image_stem(out)}.csv"), config.reading)
    predictor = load_predictor(model, config.device)
    made = label_image(case, predictor, decode_parameters(card, {}), batch, SubContext(ctx, 0.0, 1.0))
    words = ""
    if made.objects is not None and made.table is not None:
        words = noise_words(*_objects_in(made.table), card, volume, looked_at)
    if words:
        ctx.report(Note("warning", words))
    return Found(out, made.objects, size, model, words)


def _objects_in(table: Path) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many voxels each object of a table has ``(n,)``, and the voxel (z, y, x) at its centre ``(n, 3)``."""
    rows = read_csv(table)
    voxels = np.array([int(row["voxels"]) for row in rows], np.int64)
    centers = [[round(float(row[f"centroid_{axis}"])) for axis in "zyx"] for row in rows]
    return voxels, np.array(centers, np.int64).reshape(-1, 3)


def size_words(size: float | None, *, estimated: bool) -> str:
    """What is known of the size of objects, in a sentence."""
    if size is None:
        return "Nothing stands out in the middle of this image, so that it is taken as it is."
    return f"Objects of about {size:.0f} px{' (estimated)' if estimated else ''}."
