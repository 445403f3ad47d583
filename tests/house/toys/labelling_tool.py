"""A stamp: paints a square where the button goes down. All that a labelling tool needs, in one file."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from desktop_app.core.config.base import field_extra
from desktop_app.core.imaging.region import Region
from desktop_app.core.labelling.store import Edit, LabelStore
from desktop_app.core.labelling.tools.base import Tool, ToolInfo, ToolPoint, ToolSettings
from desktop_app.core.labelling.tools.options import OnlyEmpty
from desktop_app.core.labelling.tools.stroke import Stroke


class StampOptions(OnlyEmpty):
    """Size and depth of the stamp."""

    edge_px: int = Field(default=3, ge=1, le=51, title="Edge", json_schema_extra=field_extra("px"))
    reach: Literal["slice", "everywhere"] = Field(default="slice", title="Reach")
    through: bool = Field(default=False, title="Through all slices", json_schema_extra=field_extra(volume=True))


class StampTool(Tool[StampOptions]):
    """Paints on ``press``."""

    def __init__(self) -> None:
        self._stroke = Stroke()

    def press(self, store: LabelStore, point: ToolPoint, how: ToolSettings[StampOptions]) -> Region | None:
        """Put the square around the voxel under the pointer."""
        half = how.options.edge_px // 2
        box = Region.single(point.voxel).expand((0, half, half), store.shape)
        if how.options.through:
            box = Region((0, *box.start[1:]), (store.shape[0], *box.stop[1:]))
        return self._stroke.paint(store, box, np.ones(box.shape, bool), how)

    def release(self, store: LabelStore, point: ToolPoint, how: ToolSettings[StampOptions]) -> Edit | None:
        """The square as an edit."""
        del point, how
        return self._stroke.finish(store, STAMP.title)

    def cancel(self, store: LabelStore) -> Region | None:
        """Put back what was there."""
        return self._stroke.cancel(store)


STAMP = ToolInfo(
    "stamp",
    "Stamp",
    "mdi6.stamper",
    "J",
    "Paint a square.",
    (("Click", "paint a square"), ("Ctrl+click", "empty it")),
    StampTool,
    StampOptions,
)
