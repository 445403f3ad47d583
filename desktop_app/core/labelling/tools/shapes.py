"""Lasso, rectangle and ellipse: one drag draws the outline."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from desktop_app.core.labelling.tools.base import ToolInfo, ToolPoint
from desktop_app.core.labelling.tools.options import OnlyEmpty
from desktop_app.core.labelling.tools.outline import DraggedOutline

# Corners of an ellipse: with 1,000 px across, no corner is further than 0.02 px from it.
_CORNERS = 360


class ShapeOptions(OnlyEmpty):
    """Caution of the shapes."""


class LassoTool(DraggedOutline[ShapeOptions]):
    """The way of the pointer is the outline."""

    def __init__(self) -> None:
        super().__init__(LASSO.title)


class RectangleTool(DraggedOutline[ShapeOptions]):
    """From corner to corner."""

    def __init__(self) -> None:
        super().__init__(RECTANGLE.title)

    def corners(self, drag: Sequence[ToolPoint]) -> Sequence[ToolPoint]:
        """Four corners, from where the drag began and where it is now."""
        if not drag:
            return ()
        a, b = drag[0], drag[-1]
        return a, replace(a, column=b.column), b, replace(b, column=a.column)


class EllipseTool(DraggedOutline[ShapeOptions]):
    """Fits between the two corners of a drag."""

    def __init__(self) -> None:
        super().__init__(ELLIPSE.title)

    def corners(self, drag: Sequence[ToolPoint]) -> Sequence[ToolPoint]:
        """Points around the ellipse."""
        if not drag:
            return ()
        a, b = drag[0], drag[-1]
        row, column = (a.row + b.row) / 2, (a.column + b.column) / 2
        high, wide = (b.row - a.row) / 2, (b.column - a.column) / 2
        turns = (2 * math.pi * corner / _CORNERS for corner in range(_CORNERS))
        return [replace(a, row=row + high * math.sin(turn), column=column + wide * math.cos(turn)) for turn in turns]


LASSO = ToolInfo(
    "lasso",
    "Lasso",
    "mdi6.lasso",
    "L",
    "Draw around a thing; let go to fill it.",
    (("Drag", "draw around it"), ("Esc", "drop")),
    LassoTool,
    ShapeOptions,
)
RECTANGLE = ToolInfo(
    "box",
    "Rectangle",
    "mdi6.rectangle-outline",
    "M",
    "Drag a filled rectangle.",
    (("Drag", "corner to corner"), ("Esc", "drop")),
    RectangleTool,
    ShapeOptions,
)
ELLIPSE = ToolInfo(
    "ellipse",
    "Ellipse",
    "mdi6.ellipse-outline",
    "Shift+M",
    "Drag a filled ellipse.",
    (("Drag", "corner to corner"), ("Esc", "drop")),
    EllipseTool,
    ShapeOptions,
)
