"""The part of a picture around a click, in every slice: where a proposal is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.region import BoxReader, Index3, Mask, Plane, Region
from desktop_app.core.imaging.volume import squeeze_slab
from desktop_app.core.labelling.proposing import ClickedPicture, Clicks, followed
from desktop_app.core.labelling.tools.base import ToolPoint
from desktop_app.core.labelling.tools.stroke import changed_box

REACH_PX = 128  # around a click in which is looked: most things that are labelled are smaller; 0.1 s a click
FARTHEST_PX = 512  # the window is widened to this where the proposal reaches its rim; then 4 px are seen as one
_AT_THE_RIM = 0.03  # share of the rim of the window that a proposal touches before it is widened
_MOST_SLICES = 200  # in each direction from the click through which an object is followed


@dataclass(frozen=True, slots=True)
class ClickStep:
    """What has been said and proposed until one click.

    Attributes:
        clicks: By slice; pixels of the window.
        masks: The proposal (rows, columns of the window) by slice.
    """

    clicks: Mapping[int, Clicks] = field(default_factory=dict)
    masks: Mapping[int, Mask] = field(default_factory=dict)


class ClickWindow:
    """The picture around the first click, in every slice that is asked for; large ones are seen coarser.

    Args:
        shape: Of the image (z, y, x).
        point: The first click.
        voxel_aspect: Edges of a voxel (z, y, x) in pixel widths.
        grey: Grey values (Z, Y, X) of a box.
        reach: Pixels from the click to the rim.
    """

    def __init__(
        self, shape: Index3, point: ToolPoint, voxel_aspect: tuple[float, float, float], grey: BoxReader, reach: int
    ) -> None:
        self.plane: Plane = point.plane
        self.reach, self._grey, self._first = reach, grey, point
        self.factor = max(1, reach // REACH_PX)
        rows, columns = self.plane.shape_of(shape)
        self._depths = shape[self.plane.depth_axis]
        self.top, self.left = max(0, int(point.row) - reach), max(0, int(point.column) - reach)
        self._bottom, self._right = min(rows, int(point.row) + reach), min(columns, int(point.column) + reach)
        aspect = voxel_aspect[self.plane.row_axis], voxel_aspect[self.plane.column_axis]
        self._aspect = aspect[0] / min(aspect), aspect[1] / min(aspect)
        self._pictures: dict[int, ClickedPicture] = {}

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns as they are seen."""
        return -(-(self._bottom - self.top) // self.factor), -(-(self._right - self.left) // self.factor)

    def moved_to(self, other: ClickWindow, step: ClickStep) -> ClickStep:
        """The same clicks and proposal in another window."""
        return ClickStep(
            {depth: _moved(clicks, self, other) for depth, clicks in step.clicks.items()},
            {depth: other.seen(*self.box_of({depth: mask})) for depth, mask in step.masks.items()},
        )

    def pixel(self, point: ToolPoint) -> tuple[int, int] | None:
        """The pixel under a point; None outside."""
        row, column = int(point.row // 1) - self.top, int(point.column // 1) - self.left
        if not (0 <= row < self._bottom - self.top and 0 <= column < self._right - self.left):
            return None
        return row // self.factor, column // self.factor

    def at(self, depth: int) -> ClickedPicture:
        """The picture of a slice."""
        if depth not in self._pictures:
            self._pictures[depth] = ClickedPicture(self.values(depth), self._aspect)
        return self._pictures[depth]

    def values(self, depth: int) -> NDArray[Any]:
        """Grey values (rows, columns) of a slice."""
        values = squeeze_slab(self._grey(self._region(depth)), self.plane)
        return values if self.factor == 1 else _coarse(values, self.factor)

    def seen(self, region: Region, mask: Mask) -> Mask:
        """The part of a mask (Z, Y, X of a box of one slice) that lies in the window."""
        depth = region.start[self.plane.depth_axis]
        whole = squeeze_slab(seen_in(region, mask, self._region(depth)), self.plane)
        # Where most of it is.
        return whole if self.factor == 1 else np.asarray(_coarse(whole.astype(np.float32), self.factor) >= 0.5)

    def box_of(self, masks: Mapping[int, Mask]) -> tuple[Region, Mask]:
        """The box and mask (Z, Y, X) of a proposal."""
        first, last = min(masks), max(masks)
        region = self._region(first).union(self._region(last))
        whole = np.zeros(region.shape, bool)
        for depth, mask in masks.items():
            fine = mask.repeat(self.factor, 0).repeat(self.factor, 1) if self.factor > 1 else mask
            fine = fine[: self._bottom - self.top, : self._right - self.left]
            place: list[Any] = [slice(None)] * 3
            place[self.plane.depth_axis] = depth - first
            whole[tuple(place)] = fine.T if self.plane.transposed else fine
        box = changed_box(whole, region)
        if box.empty:
            return self._region(first), np.zeros(self._region(first).shape, bool)
        z, y, x = region.start
        return box, whole[box.shift((-z, -y, -x)).slices]

    def followed(self, masks: Mapping[int, Mask], clicks: Mapping[int, Clicks]) -> Iterator[tuple[int, Mask]]:
        """The object through the slices, from those that were clicked to its ends."""
        clicked = sorted(depth for depth in clicks if masks[depth].any())
        yield from ((depth, masks[depth]) for depth in clicked)
        for origin in clicked:
            start = self.values(origin)
            for way in (-1, 1):
                mask = masks[origin]
                for depth in range(origin + way, origin + way * (_MOST_SLICES + 1), way):
                    if not 0 <= depth < self._depths or depth in clicks:
                        break
                    if any(abs(other - depth) < abs(origin - depth) for other in clicked):
                        break
                    found = followed(mask, self.values(depth), start, masks[origin])
                    if found is None:
                        break
                    mask = found
                    yield depth, mask

    def _region(self, depth: int) -> Region:
        start, stop = [0, 0, 0], [0, 0, 0]
        start[self.plane.row_axis], stop[self.plane.row_axis] = self.top, self._bottom
        start[self.plane.column_axis], stop[self.plane.column_axis] = self.left, self._right
        start[self.plane.depth_axis], stop[self.plane.depth_axis] = depth, depth + 1
        return Region((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))


def _moved(clicks: Clicks, old: ClickWindow, new: ClickWindow) -> Clicks:
    """The same clicks in another window."""

    def move(pixel: tuple[int, int]) -> tuple[int, int]:
        row, column = pixel[0] * old.factor + old.top, pixel[1] * old.factor + old.left
        return (row - new.top) // new.factor, (column - new.left) // new.factor

    return Clicks(tuple(map(move, clicks.inside)), tuple(map(move, clicks.outside)))


def touches_rim(mask: Mask) -> bool:
    """Whether a proposal reaches so far that it may go on outside of the window."""
    rim = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    return bool(rim.mean() > _AT_THE_RIM)


def seen_in(region: Region, mask: Mask, wanted: Region) -> Mask:
    """A mask (Z, Y, X) of one box as it lies in another."""
    found = np.zeros(wanted.shape, bool)
    common = region.intersect(wanted)
    if not common.empty:
        back = [common.shift((-s[0], -s[1], -s[2])).slices for s in (wanted.start, region.start)]
        found[back[0]] = mask[back[1]]
    return found


def _coarse(values: NDArray[Any], factor: int) -> NDArray[np.float32]:
    """Means of squares of pixels; at the far sides the last pixels are repeated."""
    rows, columns = (-n % factor for n in values.shape)
    padded = np.pad(values.astype(np.float32), ((0, rows), (0, columns)), mode="edge")
    height, width = padded.shape
    # Of rows and columns within a cell.
    means = padded.reshape(height // factor, factor, width // factor, factor).mean((1, 3))
    return np.asarray(means, np.float32)
