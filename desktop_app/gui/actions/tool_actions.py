"""What stands in the menu Tools."""

from __future__ import annotations

from desktop_app.gui.actions.action_info import ActionInfo

_GROUP = "Tools"

TOOL_ACTIONS: tuple[ActionInfo, ...] = (
    ActionInfo(
        "tools.measure",
        "Measure objects…",
        "measure",
        ("Ctrl+Alt+M",),
        "Size, shape, grey values and neighbours of all objects, as a table and as plots.",
        _GROUP,
    ),
    ActionInfo(
        "tools.agreement",
        "Compare labels with the truth…",
        "agreement",
        (),
        "Scores of two label layers, files or folders, and what became of each object.",
        _GROUP,
    ),
)
