"""Pick: take the label under the pointer as the active one."""

from __future__ import annotations

from desktop_app.core.imaging.region import Region
from desktop_app.core.labelling.store import LabelStore
from desktop_app.core.labelling.tools.base import Tool, ToolInfo, ToolPoint, ToolSettings
from desktop_app.core.labelling.tools.options import ToolOptions


class PickTool(Tool[ToolOptions]):
    """Reads, and never writes."""

    def __init__(self) -> None:
        self._picked: int | None = None

    def press(self, store: LabelStore, point: ToolPoint, how: ToolSettings[ToolOptions]) -> Region | None:
        """Look what is under the pointer."""
        del how
        self._picked = label_at(store, point)
        return None

    def move(self, store: LabelStore, point: ToolPoint, how: ToolSettings[ToolOptions]) -> Region | None:
        """Follow the pointer."""
        return self.press(store, point, how)

    def cancel(self, store: LabelStore) -> Region | None:
        """Nothing was changed."""
        del store
        self._picked = None
        return None

    @property
    def picked(self) -> int | None:
        """The label last found under the pointer; None outside the image."""
        return self._picked


def label_at(store: LabelStore, point: ToolPoint) -> int | None:
    """The label under a point; None outside the volume."""
    if not Region.whole(store.shape).contains(point.voxel):
        return None
    return int(store.read(Region.single(point.voxel))[0, 0, 0])


PICK = ToolInfo(
    "pick",
    "Pick label",
    "mdi6.eyedropper",
    "K",
    "Take the clicked label. Also Alt+click.",
    (("Click on a label", "paint with it"),),
    PickTool,
    writes=False,
    momentary=True,
)
