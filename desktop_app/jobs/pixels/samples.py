"""Pixels under strokes, with what is around them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.pixels import PixelClasses, PixelSettings
from desktop_app.core.imaging import Plane, Region, Volume
from desktop_app.core.job import JobContext, Progress
from desktop_app.core.labelling.layers import LabelReader
from desktop_app.objects.pixels.filters import SliceNumbers, filtered, reach, widths_up_to
from desktop_app.objects.pixels.forest import Samples

_LARGEST_3D_PX = 8  # width of a filter in 3D: 16 would read 100 voxels around each block
_BLOCK = (64, 256, 256)  # voxels (z, y, x) looked at together in 3D: some 0.2 GB a filter with what is around them


@dataclass(frozen=True, slots=True)
class Looking:
    """How the pixels of one image are looked at.

    Attributes:
        volume: The image.
        channels: Of it.
        scaled: From grey values (C, Z, Y, X) to about 0 to 1, in the same way for the whole image.
        widths: Of the filters.
        through: Whether they reach through the slices.
        plane: The slices that are looked at, where they do not.
    """

    volume: Volume
    channels: tuple[int, ...]
    scaled: Callable[[NDArray[Any]], NDArray[np.float32]]
    widths: tuple[int, ...]
    through: bool
    plane: Plane = Plane.XY

    @property
    def aspect(self) -> tuple[float, float, float]:
        """Edges of a voxel (z, y, x) in pixel widths."""
        return aspect_of(self.volume)

    def numbers(self, region: Region) -> Iterator[NDArray[np.float32]]:
        """The filters of a box, one after the other: (Z, Y, X) each."""
        depth = self.plane.depth_axis
        margin = [reach(self.widths)] * 3
        margin[depth] = margin[depth] if self.through else 0
        around = region.expand((margin[0], margin[1], margin[2]), self.volume.shape)
        z, y, x = around.start
        inner = region.shift((-z, -y, -x)).slices
        for kind in filtered(self._turned(around), self.widths, self.through, self._turned_aspect):
            yield np.moveaxis(kind, 0, depth)[inner]

    def slice_numbers(self, box: Region, pause: Callable[[], None]) -> SliceNumbers:
        """The filters of a box, one slice deep, to be read where they are needed; ``pause`` may raise to stop."""
        return SliceNumbers(self._turned(box), self.widths, self._turned_aspect[1:], pause)

    def _turned(self, box: Region) -> NDArray[np.float32]:
        """Grey values (C, slices, rows, columns): slices come first for the filters, whichever plane they lie in."""
        image = np.stack([self.volume.read(box, channel) for channel in self.channels])
        return self.scaled(np.moveaxis(image, 1 + self.plane.depth_axis, 1))

    @property
    def _turned_aspect(self) -> tuple[float, float, float]:
        aspect = list(self.aspect)
        aspect.insert(0, aspect.pop(self.plane.depth_axis))
        return aspect[0], aspect[1], aspect[2]


def aspect_of(volume: Volume) -> tuple[float, float, float]:
    """Edges of a voxel (z, y, x) in pixel widths; a cube where nothing is known."""
    size = volume.voxel_size
    return (size.z / size.x, size.y / size.x, 1.0) if size.known else (1.0, 1.0, 1.0)


def widths_of(settings: PixelSettings) -> tuple[int, ...]:
    """Widths of the filters."""
    largest = min(settings.largest_px, _LARGEST_3D_PX) if settings.volume else settings.largest_px
    return widths_up_to(largest)


def class_numbers(strokes: NDArray[np.uint32], learning: PixelClasses) -> NDArray[np.int16]:
    """0 for the background, 1 and up for classes in their order, -1 for what is not labelled or not learned."""
    found = np.full(strokes.shape, -1, np.int16)
    if learning.kind == "objects":
        found[strokes > 0] = 1
    else:
        for number, value in enumerate(learning.class_values, start=1):
            found[strokes == value] = number
    if learning.background:
        found[strokes == learning.background] = 0
    return found


def samples_of(
    looking: Looking,
    strokes: LabelReader,
    learning: PixelClasses,
    ctx: JobContext,
    boxes: Sequence[Region] | None = None,
) -> Samples | None:
    """All pixels under the strokes of an image, or of some boxes of it; None if there are none.

    Only boxes with strokes are looked at.
    """
    found = []
    boxes = list(_boxes(strokes.shape, looking.through)) if boxes is None else boxes
    for done, box in enumerate(boxes):
        ctx.raise_if_cancelled()
        ctx.report(Progress(done, len(boxes), "Looking at the strokes"))
        classes = class_numbers(strokes.read(box), learning)
        if (classes >= 0).any():
            found.append(_in_box(looking, box, classes))
    return Samples.joined(found) if found else None


def _in_box(looking: Looking, box: Region, classes: NDArray[np.int16]) -> Samples:
    """The pixels of a box; what lies around the strokes is all that is looked at."""
    places = np.argwhere(classes >= 0)
    low, high = places.min(0), places.max(0) + 1
    inner = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    z, y, x = box.start
    region = Region(
        (z + int(low[0]), y + int(low[1]), x + int(low[2])), (z + int(high[0]), y + int(high[1]), x + int(high[2]))
    )
    known = classes[inner]
    chosen = known >= 0
    numbers = np.stack([kind[chosen] for kind in looking.numbers(region)], axis=1)
    return Samples(numbers, known[chosen].astype(np.uint8))


def _boxes(shape: tuple[int, int, int], through: bool) -> Iterator[Region]:
    """The whole in boxes: slices, or blocks where filters reach through slices."""
    whole = Region.whole(shape)
    step = _BLOCK if through else (1, shape[1], shape[2])
    for z in range(0, shape[0], step[0]):
        for y in range(0, shape[1], step[1]):
            for x in range(0, shape[2], step[2]):
                yield Region((z, y, x), (z + step[0], y + step[1], x + step[2])).intersect(whole)
