"""Pick: take the label under the pointer as the active one."""

from __future__ import annotations

from desktop_app.core.imaging.region import Region
from desktop_app.core.labelling.store import Edit, LabelStore
from desktop_app.core.labelling.tools.base import ToolPoint, ToolSettings


class PickTool:
    """Reads, and never writes.

    Attributes:
        picked: The label last found under the pointer; None outside the image.
    """

    def __init__(self) -> None:
        self.picked: int | None = None

    def press(self, store: LabelStore, point: ToolPoint, settings: ToolSettings) -> Region | None:
        """Look what is under the pointer."""
        del settings
        self.picked = label_at(store, point)
        return None

    def move(self, store: LabelStore, point: ToolPoint, settings: ToolSettings) -> Region | None:
        """Follow the pointer."""
        return self.press(store, point, settings)

    def release(self, store: LabelStore, point: ToolPoint, settings: ToolSettings) -> Edit | None:
        """Nothing was changed."""
        del store, point, settings
        return None

    def cancel(self, store: LabelStore) -> Region | None:
        """Nothing was changed."""
        del store
        self.picked = None
        return None


def label_at(store: LabelStore, point: ToolPoint) -> int | None:
    """The label under a point; None outside the volume."""
    voxel = point.voxel
    if not Region.whole(store.shape).contains(voxel):
        return None
    z, y, x = voxel
    return int(store.read(Region(voxel, (z + 1, y + 1, x + 1)))[0, 0, 0])
