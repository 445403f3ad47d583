"""Finding places in an image again, measuring on it, and taking pictures of it."""

from __future__ import annotations

from desktop_app.gui.actions.action_info import ActionInfo

_GROUP = "Looking"

LOOKING_ACTIONS: tuple[ActionInfo, ...] = (
    ActionInfo(
        "view.go_to", "Go to a place or object…", "goto", ("Ctrl+Shift+G",), "By coordinates, number or mark.", _GROUP
    ),
    ActionInfo("view.mark_place", "Mark this place", "add", ("Ctrl+Shift+B",), "Keep it in the project.", _GROUP),
    ActionInfo(
        "view.ruler", "Measure along a line", "contour", ("Ctrl+Shift+R",),
        "Length and grey values along a line that you draw over the image.", _GROUP,
    ),
    ActionInfo(
        "view.snapshot", "Save a picture of the view…", "image", ("Ctrl+Shift+P",), "A PNG with its scale bar.", _GROUP
    ),
    ActionInfo(
        "view.movie", "Save a movie…", "play", ("Ctrl+Alt+F",),
        "Through the slices or the time points, with labels and scale bar: MP4, GIF or WebP.", _GROUP,
    ),
    ActionInfo(
        "view.copy_picture", "Copy a picture of the view", "copy", ("Ctrl+Shift+C",),
        "Onto the clipboard, with the scale bar.", _GROUP,
    ),
)  # fmt: skip
