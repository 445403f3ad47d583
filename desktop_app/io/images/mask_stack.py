"""A stack of masks, one for each object of a picture (called one-hot), as one label picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Region, Volume, VoxelSource


def picture_of_masks(labels: Volume, image: Volume) -> Volume | None:
    """The labels of a picture from a stack of masks; where objects overlap, the smaller one lies on top.

    Args:
        labels: ``(N, Y, X)``, each slice a mask with one value.
        image: The picture ``(1, Y, X)`` that they belong to.

    Returns:
        ``(1, Y, X) uint32`` numbered by slice, from 1, with a note on what was done; None where it is something else.

    Raises:
        UnreadableFileError: If a mask cannot be read.
    """
    count = labels.shape[0]
    if image.shape[0] != 1 or image.times != 1 or labels.times != 1 or count < 2 or labels.shape[1:] != image.shape[1:]:
        return None
    sizes = np.zeros(count, np.int64)
    covered = np.zeros(image.shape[1:], bool)
    for z in range(count):
        picture = labels.read(Region((z, 0, 0), (z + 1, *labels.shape[1:])))[0]
        mask = picture != 0
        sizes[z] = np.count_nonzero(mask)
        if sizes[z] and int(picture.max()) != int(picture[mask].min()):
            return None
        covered |= mask
    order = tuple(np.argsort(-sizes, kind="stable").tolist())
    overlapping = int(sizes.sum() - np.count_nonzero(covered))
    source = MaskStackSource(labels.source, order)
    return replace(labels, source=source, axes="YX", notes=(*labels.notes, _note(count, overlapping)))


def _note(count: int, overlapping: int) -> str:
    said = f"The labels are a stack of {count:,} masks; each was taken for one object of the picture"
    return (
        f"{said}."
        if not overlapping
        else f"{said}. Where objects overlap ({overlapping:,} pixels), the smaller counts."
    )


@dataclass(frozen=True, slots=True)
class MaskStackSource:
    """Masks laid upon each other.

    Attributes:
        masks: The stack.
        order: Its slices, those that lie on top last.
    """

    masks: VoxelSource
    order: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(1, 1, Y, X)."""
        return 1, 1, *self.masks.shape[2:]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Always uint32."""
        return np.dtype(np.uint32)

    def read(self, channel: int, region: Region) -> NDArray[Any]:
        """The labels (1, Y, X) uint32 in ``region``."""
        found = np.zeros(region.shape, np.uint32)
        if region.empty:
            return found
        for z in self.order:
            box = Region((z, *region.start[1:]), (z + 1, *region.stop[1:]))
            found[self.masks.read(channel, box) != 0] = z + 1
        return found
