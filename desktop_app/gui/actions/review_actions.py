"""What can be done while objects are gone through."""

from __future__ import annotations

from desktop_app.gui.actions.action_info import ActionInfo

_GROUP = "Reviewing"

REVIEW_ACTIONS: tuple[ActionInfo, ...] = (
    ActionInfo(
        "review.next", "Next object to do", "next", ("J",),
        "Go to the next object that is still to do, in the order of the object table.", _GROUP,
    ),
    ActionInfo(
        "review.previous", "Object to do before", "previous", ("Shift+J",),
        "Go to the object before that is still to do.", _GROUP,
    ),
    ActionInfo(
        "review.right", "Object is right, go on", "success", ("Y",),
        "Mark the chosen objects as right and go to the next one.", _GROUP,
    ),
    ActionInfo(
        "review.doubtful", "Object is doubtful, go on", "warning", ("Shift+Y",),
        "Mark the chosen objects to be looked at again, and go to the next one.", _GROUP,
    ),
    ActionInfo("review.to_do", "Object is to do", None, (), "Take back what was said of the chosen objects.", _GROUP),
    ActionInfo(
        "review.lock", "Lock or unlock object", "lock", ("Shift+K",),
        "A locked object never changes, whatever tool or operation.", _GROUP,
    ),
    ActionInfo(
        "review.suspicious", "Suspicious objects first", "search", ("Ctrl+Shift+F",),
        "Very small or large objects, those in pieces or at the border come first in the object table.", _GROUP,
    ),
    ActionInfo(
        "review.use", "Use for training", "train", (),
        "All in this image is right: mark it as done, so that the next training learns from it.", _GROUP,
    ),
    ActionInfo(
        "review.export", "Export the review…", "export", (),
        "Tables of all objects and slices of the project, with states, notes, locks and time spent.", _GROUP,
    ),
    ActionInfo(
        "review.by_class", "Colour by class", "palette", (),
        "Show objects in the colours of their classes instead of one for each.", _GROUP, True,
    ),
    ActionInfo(
        "review.slice", "Slice is doubtful", None, ("Shift+D",), "Mark the slice to be looked at again.", _GROUP, True,
    ),
)  # fmt: skip
