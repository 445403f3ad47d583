"""What can be done about labels."""

from __future__ import annotations

from desktop_app.gui.actions.action_info import ActionInfo

_GROUP = "Labelling"

LABELLING_ACTIONS: tuple[ActionInfo, ...] = (
    ActionInfo("tool.look", "Look around", "pan", ("V",), "Drag to move the image; nothing is painted.", _GROUP, True),
    ActionInfo("tool.brush", "Brush", "brush", ("B",), "Paint; right-drag erases.", _GROUP, True),
    ActionInfo("tool.eraser", "Eraser", "eraser", ("E",), "Erase labels.", _GROUP, True),
    ActionInfo("tool.fill", "Fill", "fill", ("F",), "Fill a closed outline, or change a label.", _GROUP, True),
    ActionInfo("tool.polygon", "Polygon", "polygon", ("P",), "Click corners or draw an outline.", _GROUP, True),
    ActionInfo("tool.pick", "Pick label", "pick", ("K",), "Take the clicked label. Also Alt+click.", _GROUP, True),
    ActionInfo("label.smaller", "Smaller brush", "minus", ("[",), "Also Alt+wheel, or hold R and move.", _GROUP),
    ActionInfo("label.larger", "Larger brush", "add", ("]",), "Also Alt+wheel, or hold R and move.", _GROUP),
    ActionInfo("label.much_smaller", "Much smaller brush", None, ("Shift+[", "{"), "Ten pixels less.", _GROUP),
    ActionInfo("label.much_larger", "Much larger brush", None, ("Shift+]", "}"), "Ten pixels more.", _GROUP),
    ActionInfo("label.only_empty", "Only on empty", None, ("O",), "Never paint over other labels.", _GROUP, True),
    ActionInfo("label.swap", "Swap with background", None, ("X",), "Paint background, and back again.", _GROUP),
    ActionInfo("label.new_object", "New object", "add", ("N",), "Paint the next object, with its own number.", _GROUP),
    ActionInfo("label.previous", "Previous label", "previous", (",",), "The class or object before.", _GROUP),
    ActionInfo("label.next", "Next label", "next", (".",), "The class or object after.", _GROUP),
    ActionInfo(
        "label.copy_previous", "Copy from the slice before", "copy", ("T",),
        "Copy labels onto empty places of this slice.", _GROUP,
    ),
    ActionInfo(
        "label.copy_next", "Copy from the slice after", "copy", ("Shift+T",),
        "Copy labels onto empty places of this slice.", _GROUP,
    ),
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
    ActionInfo("label.value_0", "Background", None, ("0",), "Paint background: empty voxels.", _GROUP),
)  # fmt: skip

OVER_THE_IMAGE: tuple[str, ...] = ("label.finish", "label.cancel", "label.corner_back")
"""Actions whose keys mean something else in lists and dialogs: they work only while the image has the focus."""
