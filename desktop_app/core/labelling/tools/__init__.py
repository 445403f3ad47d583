"""The labelling tools: one file each, and the table of them."""

from desktop_app.core.labelling.tools.base import Tool, ToolInfo, ToolPoint, ToolSettings
from desktop_app.core.labelling.tools.brush import BrushTool, EraserTool
from desktop_app.core.labelling.tools.copy_slice import copy_slice
from desktop_app.core.labelling.tools.fill import FillTool
from desktop_app.core.labelling.tools.options import (
    BrushOptions,
    EraserOptions,
    FillOptions,
    NoOptions,
    OnlyEmptyOptions,
)
from desktop_app.core.labelling.tools.pick import PickTool, label_at
from desktop_app.core.labelling.tools.polygon import PolygonTool

_ALWAYS = "Wheel: slice. Ctrl+wheel: zoom. Space+drag: move. H: look below."

TOOLS: dict[str, ToolInfo] = {
    info.name: info
    for info in (
        ToolInfo(
            "brush", "Brush",
            f"Drag: paint. Right-drag: erase. Alt+click: pick. [ ]: size. {_ALWAYS}",
            BrushTool, BrushOptions,
        ),
        ToolInfo("eraser", "Eraser", f"Drag: erase. [ ]: size. {_ALWAYS}", EraserTool, EraserOptions),
        ToolInfo(
            "fill", "Fill", f"Click: fill a closed outline, or change a label. Right-click: empty it. {_ALWAYS}",
            FillTool, FillOptions,
        ),
        ToolInfo(
            "polygon", "Polygon",
            "Click corners or draw. Enter or first corner: close. Backspace: one back. Esc: drop. "
            + _ALWAYS,
            PolygonTool, OnlyEmptyOptions,
        ),
        ToolInfo("pick", "Pick label", f"Click on a label to paint with it. {_ALWAYS}", PickTool, NoOptions),
    )
}  # fmt: skip

__all__ = [
    "TOOLS",
    "BrushTool",
    "EraserTool",
    "FillTool",
    "PickTool",
    "PolygonTool",
    "Tool",
    "ToolInfo",
    "ToolPoint",
    "ToolSettings",
    "copy_slice",
    "label_at",
]
