"""What can be done about labels."""

from __future__ import annotations

from desktop_app.core.labelling.tools import TOOLS
from desktop_app.gui.actions.action_info import ActionInfo

_GROUP = "Labelling"

_ACTIONS: tuple[ActionInfo, ...] = (
    ActionInfo("label.smaller", "Smaller brush", "minus", ("[",), "Also Alt+wheel, or hold R and move.", _GROUP),
    ActionInfo("label.larger", "Larger brush", "add", ("]",), "Also Alt+wheel, or hold R and move.", _GROUP),
    ActionInfo("label.much_smaller", "Much smaller brush", None, ("Shift+[", "{"), "Ten pixels less.", _GROUP),
    ActionInfo("label.much_larger", "Much larger brush", None, ("Shift+]", "}"), "Ten pixels more.", _GROUP),
    ActionInfo("label.only_empty", "Only on empty", None, ("O",), "Never paint over other labels.", _GROUP, True),
    ActionInfo("label.swap", "Swap with background", None, ("X",), "Paint background, and back again.", _GROUP),
    ActionInfo("label.new_object", "New object", "add", ("N",), "Paint the next object, with its own number.", _GROUP),
    ActionInfo("label.previous", "Previous label", "previous", (",",), "The class or object before.", _GROUP),
    ActionInfo("label.next", "Next label", "next", (".",), "The class or object after.", _GROUP),
    ActionInfo("label.finish", "Close the outline", None, ("Return", "Enter"), "Label what is inside.", _GROUP),
    ActionInfo("label.cancel", "Drop the stroke", None, ("Esc",), "Put everything back as before it.", _GROUP),
    ActionInfo("label.corner_back", "Take a corner back", None, ("Backspace",), "The last one of an outline.", _GROUP),
    ActionInfo("label.slice_done", "Slice done", "done-slice", ("D",), "All here is labelled: learn from it.", _GROUP),
    ActionInfo(
        "label.image_done", "Image done, open the next", "done", ("Ctrl+Return",),
        "Everything in this image is labelled.", _GROUP,
    ),
    *(
        ActionInfo(f"label.value_{n}", f"Label {n}", None, (str(n),), f"Paint label {n} of the list.", _GROUP)
        for n in range(1, 10)
    ),
    ActionInfo("label.value_0", "Background", None, ("0",), "Paint background: here is nothing.", _GROUP),
)  # fmt: skip


def labelling_actions() -> tuple[ActionInfo, ...]:
    """One action per tool, then what else can be done."""
    tools = (
        ActionInfo(tool_action(info.name), info.title, info.icon, (info.key,), info.tip, _GROUP, True)
        for info in TOOLS.values()
    )
    return (*tools, *_ACTIONS)


def tool_action(name: str) -> str:
    """The id of the action that takes a tool in hand."""
    return f"tool.{name}"


OVER_THE_IMAGE: tuple[str, ...] = ("label.finish", "label.cancel", "label.corner_back")
"""Actions whose keys mean something else in lists and dialogs: they work only while the image has the focus."""
