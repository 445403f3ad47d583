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

_ALWAYS = "Wheel: slice. Ctrl+wheel: zoom. Space+drag: move. H: hide labels."

TOOLS: dict[str, ToolInfo] = {
    info.name: info
    for info in (
        ToolInfo(
            "brush", "Brush",
            f"Drag to paint. Right-drag or Ctrl+drag: erase. Alt+click: pick. [ and ]: size. {_ALWAYS}",
            BrushTool, BrushOptions,
        ),
        ToolInfo("eraser", "Eraser", f"Drag to erase. [ and ]: size. {_ALWAYS}", EraserTool, EraserOptions),
        ToolInfo(
            "fill", "Fill", f"Click inside a closed outline to fill it, or on a label to change it. {_ALWAYS}",
            FillTool, FillOptions,
        ),
        ToolInfo(
            "polygon", "Polygon",
            "Click corners or draw freely. Enter or the first corner: close. Backspace: one back. Esc: drop. "
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
