"""Look around: the left button moves the picture, and nothing is painted."""

from __future__ import annotations

from desktop_app.core.labelling.tools.base import WHEEL, Tool, ToolInfo
from desktop_app.core.labelling.tools.options import ToolOptions


class LookTool(Tool[ToolOptions]):
    """Changes nothing."""


LOOK = ToolInfo(
    "look",
    "Look around",
    "mdi6.hand-back-right-outline",
    "V",
    "Drag to move the image; nothing is painted.",
    (("Drag", "move"), *WHEEL, ("Double-click", "one plane large"), ("B", "brush")),
    LookTool,
    cursor="hand",
    writes=False,
)
