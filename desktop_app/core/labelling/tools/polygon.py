"""Polygon: click corners, or draw freely with the button down, then close."""

from __future__ import annotations

import math

from desktop_app.core.imaging.region import Region
from desktop_app.core.labelling.store import Edit, LabelStore
from desktop_app.core.labelling.tools.base import Tool, ToolInfo, ToolPoint, ToolSettings
from desktop_app.core.labelling.tools.options import OnlyEmpty
from desktop_app.core.labelling.tools.outline import edit_inside


class PolygonOptions(OnlyEmpty):
    """Caution of the polygon."""


class PolygonTool(Tool[PolygonOptions]):
    """Collects corners, all on one slice; nothing is written before ``finish``."""

    def __init__(self) -> None:
        self._corners: list[ToolPoint] = []

    def press(self, store: LabelStore, point: ToolPoint, how: ToolSettings[PolygonOptions]) -> Region | None:
        """Add a corner; on another slice a new outline begins."""
        del store, how
        if self._corners and not self._corners[0].same_slice(point):
            self._corners.clear()
        self._add(point, 0.0)
        return None

    def move(self, store: LabelStore, point: ToolPoint, how: ToolSettings[PolygonOptions]) -> Region | None:
        """Draw freely: a corner at each pixel of the way."""
        del store, how
        if self._corners and self._corners[0].same_slice(point):
            self._add(point, 1.0)
        return None

    @property
    def collected(self) -> tuple[ToolPoint, ...]:
        """The corners so far."""
        return tuple(self._corners)

    def finish(self, store: LabelStore, how: ToolSettings[PolygonOptions]) -> Edit | None:
        """Close the outline and label every pixel whose centre is inside; None if it holds none."""
        corners, self._corners = self._corners, []
        return edit_inside(corners, store, how, POLYGON.title)

    def step_back(self) -> None:
        """Take the last corner back."""
        if self._corners:
            self._corners.pop()

    def cancel(self, store: LabelStore) -> Region | None:
        """Forget the outline."""
        del store
        self._corners.clear()
        return None

    def _add(self, point: ToolPoint, least: float) -> None:
        last = self._corners[-1] if self._corners else None
        if last is None or math.hypot(point.row - last.row, point.column - last.column) > least:
            self._corners.append(point)


POLYGON = ToolInfo(
    "polygon",
    "Polygon",
    "mdi6.vector-polygon",
    "P",
    "Click corners or draw an outline.",
    (
        ("Click or draw", "corners"),
        ("Enter or first corner", "close"),
        ("Backspace", "one back"),
        ("Esc", "drop"),
    ),
    PolygonTool,
    PolygonOptions,
    collects=True,
)
