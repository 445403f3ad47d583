"""A thin part of a volume: its objects are found in what lies around it, too, as their centres may lie there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from desktop_app.core.imaging import Index3, Region
from desktop_app.ml.inference.engine import LabelSlab, LabelStream
from desktop_app.ml.inference.maps import VoxelMaps


@dataclass(frozen=True, slots=True)
class ThinMaps:
    """Maps of a thin box with those around it.

    Attributes:
        around: Of the thicker box.
        part: The thin one, counted from the corner of the thicker one.
    """

    around: VoxelMaps
    part: Region

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the maps."""
        return self.around.channels

    @property
    def shape(self) -> Index3:
        """Size (z, y, x) of the thin box."""
        return self.part.shape

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""
        return self.around.nbytes

    @property
    def pending(self) -> bool:
        """They are there."""
        return False

    def read(self, region: Region) -> np.ndarray:
        """The maps in a box of the thin one."""
        return self.around.read(region.shift(self.part.start))

    def select(self, slices: Sequence[int]) -> VoxelMaps:
        """Only some slices of the thin box."""
        return self.around.select([self.part.start[0] + z for z in slices])

    def close(self) -> None:
        """Give the space back."""
        self.around.close()


def thickened(region: Region, least: int, depth: int) -> Region:
    """A region with slices on both sides, so that it has at least so many, as far as the volume has them."""
    more = max(0, -(-(least - region.shape[0]) // 2))
    start, stop = max(0, region.start[0] - more), min(depth, region.stop[0] + more)
    return Region((start, *region.start[1:]), (stop, *region.stop[1:]))


def thin_labels(stream: LabelStream, part: Region) -> LabelStream:
    """The labels of the thin box alone, numbered anew from 1."""
    class_of: dict[int, str] = {}

    def slabs() -> Iterator[LabelSlab]:
        labels = np.concatenate([labels for _, labels in stream.slabs])[part.slices]
        names, numbers = np.unique(labels, return_inverse=True)
        first = int(names[0] != 0)
        for number, name in enumerate(names.tolist()):
            if name:
                class_of[number + first] = stream.class_of[name]
        yield Region.whole(part.shape), (numbers.reshape(part.shape) + first).astype(np.uint32)

    likely = stream.likely
    within = None if likely is None else lambda region: likely(region.shift(part.start))
    return replace(stream, slabs=slabs(), class_of=class_of, more={}, likely=within)
