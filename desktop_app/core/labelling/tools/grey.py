"""Tools that look at the grey values: a brush that keeps within a range, and a wand that takes what looks alike."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from desktop_app.core.config.base import field_extra
from desktop_app.core.errors import UserError
from desktop_app.core.imaging.region import Index3, Plane, Region
from desktop_app.core.labelling.store import Edit, LabelStore
from desktop_app.core.labelling.tools.base import OtherButton, Tool, ToolInfo, ToolPoint, ToolSettings
from desktop_app.core.labelling.tools.brush import RoundTool
from desktop_app.core.labelling.tools.options import OnlyEmpty, RoundTip, ToolOptions
from desktop_app.core.labelling.tools.stroke import Stroke

# The wand looks at most at this box: some 12 bytes a voxel, about 0.4 GB.
MOST_VOXELS = 32_000_000
# Percentiles of a slice between which its grey values are said to range: single hot or dead pixels don't count.
_ENDS = (0.5, 99.5)
# Pixels of drag to the right that double the tolerance of the wand, to the left that halve it; by feel.
_DOUBLING_PX = 40.0
# Voxels around the click in which is looked first: most things that are labelled are smaller.
_NEAR_PX = 96


class Likeness(ToolOptions):
    """How alike grey values must be."""

    tolerance: float = Field(
        default=15.0, ge=0, le=100, title="Tolerance",
        json_schema_extra=field_extra("%", step=1.0, only_with=(("takes", "pixel"), ("wand_fits", False))),
        description="Of the range of grey values in the slice. 10 to 20 for clear edges; less if it leaks.",
    )  # fmt: skip


class GreyBrushOptions(Likeness, OnlyEmpty, RoundTip):
    """What the grey brush takes, its tip and caution."""

    takes: Literal["pixel", "range"] = Field(
        default="pixel", title="Paints",
        json_schema_extra=field_extra(titles={"pixel": "What looks like the first pixel", "range": "A grey range"}),
        description="What looks like the pixel where a stroke begins, or all within two grey values that stay. The "
        "value under the pointer stands at the bottom of the window.",
    )  # fmt: skip
    darkest: float = Field(
        default=0.0, ge=-1e9, le=1e9, title="Range from",
        json_schema_extra=field_extra(step=1.0, only_with=(("takes", "range"),)),
        description="Darkest grey value that is painted, for a grey range.",
    )  # fmt: skip
    brightest: float = Field(
        default=255.0, ge=-1e9, le=1e9, title="Range to",
        json_schema_extra=field_extra(step=1.0, only_with=(("takes", "range"),)),
        description="Brightest grey value that is painted, for a grey range.",
    )  # fmt: skip


class WandOptions(Likeness, OnlyEmpty):
    """How far the wand reaches."""

    wand_fits: bool = Field(
        default=True, title="Find the tolerance",
        description="Take what has the clearest border, whatever the noise and texture; drag for more or less of it. "
        "Off to set the tolerance yourself.",
    )  # fmt: skip
    wand_3d: bool = Field(
        default=False, title="All slices (3D)", json_schema_extra=field_extra(volume=True),
        description="Take what looks alike in the neighbouring slices, too.",
    )  # fmt: skip
    smooth: bool = Field(
        default=True,
        title="Smooth",
        description="Look past noise, close holes and even out the edge of what the wand takes. On for most images.",
    )


class GreyBrushTool(RoundTool[GreyBrushOptions]):
    """Paints only what looks like the pixel where the stroke began, or only a range of grey values."""

    def __init__(self) -> None:
        super().__init__()
        self._range: tuple[float, float] | None = None

    def press(self, store: LabelStore, point: ToolPoint, how: ToolSettings[GreyBrushOptions]) -> Region | None:
        """See what is under the pointer, and put the tip down."""
        ends = how.options.darkest, how.options.brightest
        self._range = (min(ends), max(ends)) if how.options.takes == "range" else _range_at(store, point, how)
        return super().press(store, point, how)

    def spared(self, region: Region, how: ToolSettings[GreyBrushOptions]) -> NDArray[np.bool_] | None:
        """Where grey values differ too much."""
        if how.grey is None or self._range is None or how.erase:
            return None
        values = how.grey(region)
        return (values < self._range[0]) | (values > self._range[1])


class WandTool(Tool[WandOptions]):
    """Takes what hangs together with the clicked pixel and looks like it; a drag changes how alike it must look."""

    def __init__(self) -> None:
        self._stroke = Stroke()
        self._from: ToolPoint | None = None
        self._seen: tuple[Region, NDArray[Any]] | None = None
        self._blur_px, self._tolerance = 0.0, 0.0  # what is looked past, and how alike all must be
        self._even: tuple[Region, NDArray[np.float32]] | None = None  # what is around the click, smoothed already

    def press(self, store: LabelStore, point: ToolPoint, how: ToolSettings[WandOptions]) -> Region | None:
        """Take what looks alike.

        Raises:
            UserError: If that goes beyond what the wand looks at.
        """
        if how.grey is None or not Region.whole(store.shape).contains(point.voxel):
            return None
        self._from = point
        box = _box_around(point, store.shape) if how.options.wand_3d else point.plane.slab(store.shape, point.depth)
        values = how.grey(box)
        self._seen = box, values
        self._blur_px, self._tolerance = self._fitted(point, how)
        return self._take(store, point, how, self._tolerance)

    def move(self, store: LabelStore, point: ToolPoint, how: ToolSettings[WandOptions]) -> Region | None:
        """Further right takes more, further left less."""
        if self._from is None or how.options.wand_3d or not self._from.same_slice(point):
            return None
        factor = 2 ** ((point.column - self._from.column) / _DOUBLING_PX)
        before = self._stroke.restart(store)
        after = self._take(store, self._from, how, self._tolerance * factor)
        return before.union(after) if before is not None and after is not None else before or after

    def release(self, store: LabelStore, point: ToolPoint, how: ToolSettings[WandOptions]) -> Edit | None:
        """What was taken, as an edit."""
        del point, how
        self._from = self._seen = None
        return self._stroke.finish(store, WAND.title)

    def newest(self, store: LabelStore) -> Edit | None:
        """What was taken since this was last asked."""
        return self._stroke.newest(store, WAND.title)

    def cancel(self, store: LabelStore) -> Region | None:
        """Put back what was there."""
        self._from = self._seen = None
        return self._stroke.cancel(store)

    def _fitted(self, point: ToolPoint, how: ToolSettings[WandOptions]) -> tuple[float, float]:
        """Width of the smoothing, and tolerance in grey values: as chosen, or as suits what is under the pointer."""
        if self._seen is None:
            return 0.0, 0.0
        from desktop_app.core.labelling.tools.wand_fit import fitted

        box, values = self._seen
        self._even = None
        span, found = _span(values), None
        if how.options.wand_fits and how.options.smooth:
            slice_ = point.plane.slab(box.stop, point.depth).intersect(box)
            near = _near(point.voxel, _NEAR_PX, slice_)
            z, y, x = box.start
            picture = values[near.shift((-z, -y, -x)).slices].astype(np.float32).squeeze(point.plane.depth_axis)
            pixel = [v - start for v, start in zip(point.voxel, near.start, strict=True)]
            del pixel[point.plane.depth_axis]
            found = fitted(np.nan_to_num(picture), (pixel[0], pixel[1]), span)
            if found is not None and np.issubdtype(values.dtype, np.integer):
                self._even = near, np.expand_dims(found.even, point.plane.depth_axis)
        return (0.0, how.options.tolerance / 100 * span) if found is None else (found.blur_px, found.tolerance)

    def _take(
        self, store: LabelStore, point: ToolPoint, how: ToolSettings[WandOptions], tolerance: float
    ) -> Region | None:
        """Take what differs by at most so many grey values.

        Raises:
            UserError: If that goes beyond what the wand looks at.
        """
        if self._seen is None:
            return None
        box, values = self._seen
        plane = point.plane if how.options.smooth else None
        near, mask = _alike(values, box, point.voxel, self._blur_px, tolerance, plane, self._even)
        if how.options.wand_3d and _leaves(mask, near, Region.whole(store.shape)):
            raise UserError(
                "What looks alike here reaches further than the wand can see in 3D.",
                hint="Lower the tolerance, or switch “All slices” off.",
            )
        return self._stroke.paint(store, near, _smoothed(mask) if how.options.smooth else mask, how)


def _alike(
    values: NDArray[Any],
    box: Region,
    voxel: Index3,
    blur_px: float,
    tolerance: float,
    plane: Plane | None,
    even: tuple[Region, NDArray[np.float32]] | None,
) -> tuple[Region, NDArray[np.bool_]]:
    """What hangs together with a voxel over faces and differs from it by no more than it may.

    Args:
        values: Grey values (Z, Y, X) of ``box``.
        box: What the wand may look at.
        voxel: In ``box``.
        blur_px: Width of the Gaussian that looks past texture; 0 for a small median.
        tolerance: By how many grey values it may differ.
        plane: Noise is looked past in slices of this; None looks at all.
        even: A box and its grey values without noise, where they are known.

    Returns:
        A box and its mask (Z, Y, X). It is first looked for close by, and further only where it goes on there.
    """
    from scipy import ndimage

    from desktop_app.core.labelling.tools.wand_fit import evened

    z, y, x = box.start
    reach = _NEAR_PX
    while True:
        near = _near(voxel, reach, box)
        part = values[near.shift((-z, -y, -x)).slices].astype(np.float32, copy=False)
        if even is not None and even[0] == near:
            part = even[1]
        elif plane is not None:
            part = evened(part, blur_px, plane.depth_axis)
        seed = tuple(v - start for v, start in zip(voxel, near.start, strict=True))
        parts, _ = ndimage.label(np.abs(part - part[seed]) <= tolerance)
        chosen = parts[seed]
        mask = np.asarray(parts == chosen) if chosen else np.zeros(part.shape, bool)
        if near == box or not _leaves(mask, near, box):
            return near, mask
        reach *= 2


def _near(voxel: Index3, reach: int, box: Region) -> Region:
    """The voxels of a box up to ``reach`` from one of them."""
    stop = voxel[0] + reach + 1, voxel[1] + reach + 1, voxel[2] + reach + 1
    return Region.single(voxel).expand(reach, stop).intersect(box)


def _smoothed(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Without holes, single pixels and frays, slice by slice along the axis of which there is least."""
    from desktop_app.core.imaging.flat_masks import filled, opened

    axis = int(np.argmin(mask.shape))
    out = np.empty_like(mask)
    for depth in range(mask.shape[axis]):
        picture = np.asarray(mask.take(depth, axis=axis), bool)
        whole = picture if _is_background(picture) else filled(picture)
        even = opened(np.pad(whole, 1, mode="edge"))[1:-1, 1:-1]
        out[(slice(None),) * axis + (depth,)] = even if even.any() else whole
    return out


def _is_background(picture: NDArray[np.bool_]) -> bool:
    """Whether an area goes round the picture: what lies in its holes are the things, and stays."""
    sides = (picture[0], picture[-1], picture[:, 0], picture[:, -1])
    return sum(bool(side.any()) for side in sides) >= 3  # of four: an object cut off by a corner touches two


def _range_at(store: LabelStore, point: ToolPoint, how: ToolSettings[Any]) -> tuple[float, float] | None:
    """The grey values that look like the pixel under the pointer."""
    if how.grey is None or not Region.whole(store.shape).contains(point.voxel):
        return None
    picture = how.grey(point.plane.slab(store.shape, point.depth))
    value = float(how.grey(Region.single(point.voxel))[0, 0, 0])
    reach = how.options.tolerance / 100 * _span(picture)
    return value - reach, value + reach


def _span(values: NDArray[Any]) -> float:
    """From the darkest to the brightest that counts; a part of the voxels is enough to know."""
    step = max(1, values.size // 50_000)  # voxels: percentiles of as many are right to 0.1 %
    part = values.reshape(-1)[::step]
    if part.dtype in (np.uint8, np.uint16):  # counted: sorting takes five times as long
        reached = np.cumsum(np.bincount(part))
        ends = (reached[-1] - 1) * np.array(_ENDS) / 100
        below, above = (np.searchsorted(reached, at, "right") for at in (np.floor(ends), np.ceil(ends)))
        low, high = below + (above - below) * (ends % 1)
    else:
        low, high = np.nanpercentile(part.astype(np.float32), _ENDS)
    return float(high - low)


def _box_around(point: ToolPoint, shape: Index3) -> Region:
    """The whole volume, or as much of it around the point as the wand looks at."""
    whole = Region.whole(shape)
    if whole.size <= MOST_VOXELS:
        return whole
    half = int(MOST_VOXELS ** (1 / 3)) // 2
    return Region.single(point.voxel).expand(half, shape)


def _leaves(mask: NDArray[np.bool_], box: Region, whole: Region) -> bool:
    """Whether ``mask`` (Z, Y, X of ``box``) touches a side of its box that is no side of ``whole``."""
    return any(
        (box.start[axis] > whole.start[axis] and bool(mask.take(0, axis=axis).any()))
        or (box.stop[axis] < whole.stop[axis] and bool(mask.take(-1, axis=axis).any()))
        for axis in range(3)
    )


GREY_BRUSH = ToolInfo(
    "grey-brush",
    "Grey brush",
    "mdi6.format-paint",
    "G",
    "Paint only what looks like the pixel where you begin, or a range of grey values; right-drag erases.",
    (("Drag", "paint what looks alike"), ("Right-drag", "erase"), ("[ ]", "size")),
    GreyBrushTool,
    GreyBrushOptions,
    cursor="tip",
    other_button=OtherButton.ERASES,
)
WAND = ToolInfo(
    "wand",
    "Magic wand",
    "mdi6.magic-staff",
    "W",
    "Take all that hangs together with a pixel and looks like it.",
    (("Click", "take what looks alike"), ("Drag right or left", "more or less of it")),
    WandTool,
    WandOptions,
)
