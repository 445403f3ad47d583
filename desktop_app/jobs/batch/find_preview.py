"""A first look at what a model finds in an image: its middle, again and again as the size of objects is changed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.model_card import ModelCard, require_channels
from desktop_app.core.imaging import Index3, Region, Volume
from desktop_app.core.imaging.contrast import auto_window, to_uint8
from desktop_app.core.imaging.reading import AS_STATED, ImageReading
from desktop_app.core.job import JobContext, Preview, Progress
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.io.images.registry import open_volume
from desktop_app.io.models import load_card
from desktop_app.jobs.batch.find import model_for, object_size_in, prediction_for
from desktop_app.jobs.batch.noise_words import noise_words
from desktop_app.jobs.batch.nuclear_channel import channel_titles, channel_words, channels_for
from desktop_app.jobs.batch.preview import PreviewSession

_MOST_SEEN = {2: 1_000_000, 3: 1_500_000}
"""Voxels that the network sees: some seconds on two cores in pictures, some ten in volumes."""
_MOST_SHOWN = {2: 4_000_000, 3: 12_000_000}
"""Voxels of the image that are shown: more does not fit a screen, and takes long to read."""
_KEPT = 0.8  # of the edges, step by step until the region is small enough


@dataclass(frozen=True, slots=True)
class Wish:
    """What shall be looked at.

    Attributes:
        image: The file.
        model: None takes the one that comes with the program for such an image.
        object_size: Diameter in pixels; None estimates it.
        device: Where to compute.
        channel: That shows the nuclei, from 0; None takes the usual one.
        reading: What the user said of the file.
    """

    image: Path
    model: Path | None = None
    object_size: float | None = None
    device: str = "auto"
    channel: int | None = None
    reading: ImageReading = AS_STATED


@dataclass(frozen=True, slots=True)
class FindLook:
    """What was found.

    Attributes:
        wish: What was asked for.
        model: That was used.
        card: Of it.
        object_size: Diameter in pixels that was looked for; None where none could be estimated.
        prediction: Parameters of how the model saw the image.
        shape: Of the whole image (Z, Y, X).
        region: The part that was looked at.
        grey: ``(Z, Y, X) uint8``, that part.
        labels: ``(Z, Y, X) uint32``, the objects in it.
        objects: How many.
        channels: That the model got, from 0; None where there was nothing to choose.
        titles: What the channels of the image are called.
        channel_words: Which of them was looked at, in a sentence; empty where there is one.
        noise_words: Why what was found looks like noise, in a sentence; empty where it does not.
    """

    wish: Wish
    model: Path
    card: ModelCard
    object_size: float | None
    prediction: dict[str, float]
    shape: Index3
    region: Region
    grey: NDArray[np.uint8]
    labels: NDArray[np.uint32]
    objects: int
    channels: tuple[int, ...] | None = None
    titles: tuple[str, ...] = ()
    channel_words: str = ""
    noise_words: str = ""

    @property
    def whole(self) -> bool:
        """Whether all of the image was looked at."""
        return self.region == Region.whole(self.shape)


class FirstLooks:
    """Looks at one image with one model at a time, which stay loaded. Not for use by two threads at once."""

    def __init__(self) -> None:
        self._image: tuple[tuple[Path, ImageReading], _Opened] | None = None
        self._model: tuple[Path, str, PreviewSession] | None = None

    def look(self, wish: Wish, ctx: JobContext) -> FindLook:
        """Find objects in the middle of an image.

        Args:
            wish: Image, model, size.
            ctx: Hears about progress, sees a ``Preview`` of an image that is new, and may cancel.

        Raises:
            UserError: If the image cannot be read, or does not fit the model.
        """
        ctx.report(Progress(0, 0, "Reading the image"))
        asked = (wish.image, wish.reading)
        new = self._image is None or self._image[0] != asked
        if self._image is None or new:
            self._image = (asked, _Opened(open_volume(wish.image, reading=wish.reading)))
        opened = self._image[1]
        model = wish.model or model_for(opened.volume)
        card = load_card(model)
        channels = channels_for(card, opened.volume, wish.channel)
        channel = require_channels(card, opened.volume, channels)[0]
        if new:
            ctx.report(_middle_slice(wish.image.name, opened.volume, card, channel))
        ctx.raise_if_cancelled()
        if wish.object_size is None:
            ctx.report(Progress(0, 0, "Estimating the size of its objects"))
        size = wish.object_size or opened.object_size(channel)
        prediction = prediction_for(card, opened.volume, size)
        region = first_region(
            opened.volume.shape, card.dimensions, RECIPES[card.recipe].scales(card, {**card.prediction, **prediction})
        )
        if self._model is None or self._model[:2] != (model, wish.device):
            ctx.report(Progress(0, 0, f"Loading the model {model.stem}"))
            self._model = (model, wish.device, PreviewSession(model, wish.device))
        session = self._model[2]
        maps = session.predict(opened.volume, region, "auto", ctx, prediction, channels)
        labels = session.decode(maps, {})
        grey = opened.volume.read(region, channel)
        ids, firsts, voxels = np.unique(labels, return_index=True, return_counts=True)
        firsts, voxels = firsts[ids > 0], voxels[ids > 0]
        places = np.stack(np.unravel_index(firsts, labels.shape), axis=1) + region.start
        return FindLook(
            wish, model, card, size, prediction, opened.volume.shape, region, to_uint8(grey, auto_window(grey)), labels,
            voxels.size, channels, channel_titles(opened.volume), channel_words(opened.volume, channels),
            noise_words(voxels, places, card, opened.volume, channel),
        )  # fmt: skip


def _middle_slice(name: str, volume: Volume, card: ModelCard, channel: int) -> Preview:
    """The image before anything is found: the middle slice of what will be looked at, of full size at first."""
    region = first_region(volume.shape, card.dimensions)
    z = (region.start[0] + region.stop[0]) // 2
    grey = volume.read(Region((z, *region.start[1:]), (z + 1, *region.stop[1:])), channel)[0]
    return Preview(name, 0, to_uint8(grey, auto_window(grey)), np.zeros(grey.shape, np.uint32))


class _Opened:
    """An image whose objects are measured once.

    Attributes:
        volume: The image.
    """

    def __init__(self, volume: Volume) -> None:
        self.volume = volume
        self._sizes: dict[int, float | None] = {}

    def object_size(self, channel: int) -> float | None:
        """Diameter in pixels of a usual object in a channel."""
        if channel not in self._sizes:
            self._sizes[channel] = object_size_in(self.volume, channel)
        return self._sizes[channel]


def first_region(shape: Index3, dimensions: int, scales: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Region:
    """The middle of an image, as large as a first look allows; a slice of a volume for models of pictures.

    Args:
        shape: Of the image (Z, Y, X).
        dimensions: Of the model.
        scales: How many voxels (z, y, x) become one before it sees them.
    """
    edges = [float(n) for n in (shape if dimensions == 3 else (1, *shape[1:]))]
    fewer = math.prod(scales)
    while edges[0] * edges[1] * edges[2] > min(_MOST_SHOWN[dimensions], _MOST_SEEN[dimensions] * fewer):
        largest = max(range(3), key=lambda axis: edges[axis])
        edges[largest] *= _KEPT
    sizes = [max(1, round(edge)) for edge in edges]
    start = [(n - size) // 2 for n, size in zip(shape, sizes, strict=True)]
    stop = [first + size for first, size in zip(start, sizes, strict=True)]
    return Region((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))
