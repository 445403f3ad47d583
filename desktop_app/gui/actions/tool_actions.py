"""What stands in the menu Tools."""

from __future__ import annotations

from desktop_app.gui.actions.action_info import ActionInfo
from desktop_app.jobs.utilities.registry import UTILITIES

_GROUP = "Tools"


def utility_action(name: str) -> str:
    """Id of the action of a utility."""
    return f"tools.{name}"


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
    ActionInfo(
        "tools.prepare",
        "Prepare a data set…",
        "dataset",
        (),
        "Splits a folder of images and labels for training, pairs them by name, and renumbers or resizes them.",
        _GROUP,
    ),
    *(
        ActionInfo(utility_action(one.name), f"{one.title}…", one.icon, (), one.advice, _GROUP)
        for one in UTILITIES.values()
    ),
)
