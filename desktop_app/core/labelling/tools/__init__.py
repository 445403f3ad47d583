"""The labelling tools: one file each, and the table of them."""

from desktop_app.core.labelling.tools.base import OtherButton, Proposal, Tool, ToolInfo, ToolPoint, ToolSettings, Within
from desktop_app.core.labelling.tools.brush import BRUSH, ERASER
from desktop_app.core.labelling.tools.click import CLICK
from desktop_app.core.labelling.tools.fill import FILL
from desktop_app.core.labelling.tools.grey import GREY_BRUSH, WAND
from desktop_app.core.labelling.tools.livewire import LIVEWIRE
from desktop_app.core.labelling.tools.look import LOOK
from desktop_app.core.labelling.tools.options import OnlyEmpty, RoundTip, ToolOptions
from desktop_app.core.labelling.tools.pick import PICK, label_at
from desktop_app.core.labelling.tools.polygon import POLYGON
from desktop_app.core.labelling.tools.shapes import ELLIPSE, LASSO, RECTANGLE

TOOLS: dict[str, ToolInfo] = {
    info.name: info
    for info in (
        LOOK, BRUSH, ERASER, CLICK, GREY_BRUSH, WAND, FILL, LASSO, POLYGON, LIVEWIRE, RECTANGLE, ELLIPSE, PICK,
    )
}  # fmt: skip
"""By name, in the order of the buttons."""
FIRST_TOOL = LOOK.name
"""What is in hand when the program starts: nothing is painted by mistake."""
WITH_ALT = PICK
"""What Alt and the left button do, whatever is in hand."""

__all__ = [
    "FIRST_TOOL",
    "TOOLS",
    "WITH_ALT",
    "OnlyEmpty",
    "OtherButton",
    "Proposal",
    "RoundTip",
    "Tool",
    "ToolInfo",
    "ToolOptions",
    "ToolPoint",
    "ToolSettings",
    "Within",
    "label_at",
]
