"""Look around: the left button moves the picture, and nothing is painted."""

from __future__ import annotations

from desktop_app.core.labelling.tools.base import WHEEL, Tool, ToolInfo
from desktop_app.core.labelling.tools.brush import BRUSH
from desktop_app.core.labelling.tools.click import CLICK
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
    without_options="<p>You are looking: nothing is changed, and the left button moves the image.</p>"
    f"<p>To label, take a tool above: <b>{BRUSH.title}</b> ({BRUSH.key}) paints, <b>{CLICK.title}</b> ({CLICK.key}) "
    "proposes the object under a click. A right click on an object offers what can be done with it.</p>",
    cursor="hand",
    writes=False,
)
