"""Fill: recolour the connected area of equal labels under the pointer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from desktop_app.core.config.base import field_extra
from desktop_app.core.errors import UserError
from desktop_app.core.imaging.region import Index3, Region
from desktop_app.core.imaging.volume import squeeze_slab
from desktop_app.core.labelling.layers import LabelReader
from desktop_app.core.labelling.store import Edit, LabelStore
from desktop_app.core.labelling.tools.base import Tool, ToolInfo, ToolPoint, ToolSettings
from desktop_app.core.labelling.tools.options import OnlyEmpty
from desktop_app.core.labelling.tools.stroke import Stroke, changed_box, writable

# The slices of a fill are kept as one byte a voxel: 128 MB.
MOST_VOXELS = 128_000_000


class FillOptions(OnlyEmpty):
    """How far a fill reaches."""

    fill_3d: bool = Field(
        default=False, title="All slices (3D)", json_schema_extra=field_extra(volume=True),
        description="Fill through the neighbouring slices too. Off is safer: an open outline leaks in one slice only.",
    )  # fmt: skip


class FillTool(Tool[FillOptions]):
    """Fills on ``press``. Areas are connected over edges, so that a one-pixel outline holds."""

    def __init__(self) -> None:
        self._stroke = Stroke()

    def press(self, store: LabelStore, point: ToolPoint, how: ToolSettings[FillOptions]) -> Region | None:
        """Fill the area under the pointer.

        Raises:
            UserError: If the area is too large for one step.
        """
        whole = Region.whole(store.shape)
        if not whole.contains(point.voxel):
            return None
        label = int(store.read(Region.single(point.voxel))[0, 0, 0])
        if not writable(np.array([label], np.uint32), how).any():
            return None
        region, mask = area_3d(store, point.voxel, label) if how.options.fill_3d else area_2d(store, point, label)
        return self._stroke.paint(store, region, mask, how)

    def release(self, store: LabelStore, point: ToolPoint, how: ToolSettings[FillOptions]) -> Edit | None:
        """The fill as an edit."""
        del point, how
        return self._stroke.finish(store, FILL.title)

    def newest(self, store: LabelStore) -> Edit | None:
        """What was filled since this was last asked."""
        return self._stroke.newest(store, FILL.title)

    def cancel(self, store: LabelStore) -> Region | None:
        """Put the area back."""
        return self._stroke.cancel(store)


FILL = ToolInfo(
    "fill",
    "Fill",
    "mdi6.format-color-fill",
    "F",
    "Fill a closed outline, or change a label.",
    (("Click", "fill a closed outline, or change a label"), ("Ctrl+click", "empty it")),
    FillTool,
    FillOptions,
)


def area_2d(store: LabelReader, point: ToolPoint, label: int) -> tuple[Region, NDArray[np.bool_]]:
    """The area of ``label`` that is connected to ``point`` over edges in its slice: a box and its mask (Z, Y, X)."""
    plane = point.plane
    slab = plane.slab(store.shape, point.depth)
    same = squeeze_slab(store.read(slab), plane) == label
    seeds = np.zeros(same.shape, bool)
    row, column, _ = plane.from_voxel(point.voxel)
    seeds[row, column] = True
    area = _touching(same, seeds)
    return _cropped(slab, np.expand_dims(area.T if plane.transposed else area, plane.depth_axis))


def area_3d(store: LabelStore, voxel: Index3, label: int) -> tuple[Region, NDArray[np.bool_]]:
    """The same through all slices, connected over faces; only one slice of labels is in memory at a time.

    Raises:
        UserError: If the area is too large for one step.
    """
    depth, height, width = store.shape
    seeds = np.zeros((height, width), bool)
    seeds[voxel[1], voxel[2]] = True
    pending, filled = {voxel[0]: seeds}, dict[int, NDArray[np.bool_]]()
    while pending:
        z, seeds = pending.popitem()
        same = store.read(Region((z, 0, 0), (z + 1, height, width)))[0] == label
        known = filled.setdefault(z, np.zeros((height, width), bool))
        new = _touching(same & ~known, seeds)
        if not new.any():
            continue
        known |= new
        for neighbour in (z - 1, z + 1):
            if 0 <= neighbour < depth:
                pending[neighbour] = pending[neighbour] | new if neighbour in pending else new
        if len(filled) * height * width > MOST_VOXELS:
            raise UserError(
                "This area is too large to fill in one step.",
                hint="Fill slice by slice (switch “All slices” off), or close the outline first.",
            )
    slices = sorted(z for z, area in filled.items() if area.any())
    region = Region((slices[0], 0, 0), (slices[-1] + 1, height, width))
    return _cropped(region, np.stack([filled[z] for z in range(slices[0], slices[-1] + 1)]))


def _touching(same: NDArray[np.bool_], seeds: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The parts of ``same`` (rows, columns), connected over edges, that hold at least one seed."""
    from scipy import ndimage

    found = np.zeros(same.shape, bool)
    rows, columns = np.flatnonzero(same.any(1)), np.flatnonzero(same.any(0))
    if rows.size:  # an object is small beside its slice: what lies around it is not looked at
        box = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
        parts, count = ndimage.label(same[box])
        chosen = np.zeros(count + 1, bool)
        chosen[parts[seeds[box]]] = True
        chosen[0] = False
        found[box] = chosen[parts]
    return found


def _cropped(region: Region, mask: NDArray[np.bool_]) -> tuple[Region, NDArray[np.bool_]]:
    box = changed_box(mask, region)
    z, y, x = region.start
    return box, mask[box.shift((-z, -y, -x)).slices]
