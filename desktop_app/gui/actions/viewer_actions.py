"""What can be done about looking at images."""

from __future__ import annotations

from desktop_app.gui.actions.action_info import ActionInfo

_GROUP = "Looking"

VIEWER_ACTIONS: tuple[ActionInfo, ...] = (
    ActionInfo("view.fit", "Fit the image", "fit", ("Ctrl+0",), "Show the whole image.", _GROUP),
    ActionInfo("view.actual_size", "Actual size", "actual-size", ("Ctrl+1",), "One pixel on one screen pixel.", _GROUP),
    ActionInfo("view.zoom_in", "Zoom in", "zoom-in", ("+", "=", "Ctrl++"), "Also Ctrl+wheel at the pointer.", _GROUP),
    ActionInfo("view.zoom_out", "Zoom out", "zoom-out", ("-", "Ctrl+-"), "Also Ctrl+wheel at the pointer.", _GROUP),
    ActionInfo(
        "view.next_slice", "Next slice", "next", ("Right", "PgDown"), "Also the wheel; Shift+wheel: ten slices.", _GROUP
    ),
    ActionInfo("view.previous_slice", "Previous slice", "previous", ("Left", "PgUp"), "Also the wheel.", _GROUP),
    ActionInfo("view.first_slice", "First slice", "first", ("Home",), "Go to the first slice.", _GROUP),
    ActionInfo("view.last_slice", "Last slice", "last", ("End",), "Go to the last slice.", _GROUP),
    ActionInfo("view.go_to_slice", "Go to slice…", "goto", ("Ctrl+G",), "Type the number of a slice.", _GROUP),
    ActionInfo("view.next_time", "Next time point", "next", ("Ctrl+Right",), "Of a movie, with its labels.", _GROUP),
    ActionInfo("view.previous_time", "Previous time point", "previous", ("Ctrl+Left",), "Of a movie.", _GROUP),
    ActionInfo("view.layout_xy", "Plane xy", "layout-xy", ("Alt+1",), "Slices as recorded.", _GROUP),
    ActionInfo("view.layout_xz", "Plane xz", "layout-xz", ("Alt+2",), "Cut along x and z.", _GROUP),
    ActionInfo("view.layout_yz", "Plane yz", "layout-yz", ("Alt+3",), "Cut along y and z.", _GROUP),
    ActionInfo("view.layout_all", "All three planes", "layout-all", ("Alt+4",), "By a crosshair, and 3D.", _GROUP),
    ActionInfo("view.layout_3d", "3D", "layout-3d", ("Alt+5",), "Objects as surfaces, over the image.", _GROUP),
    ActionInfo(
        "view.maximise", "Maximise this plane", "layout-xy", ("F5",), "The plane under the pointer, or back.", _GROUP
    ),
    ActionInfo(
        "view.label_style",
        "Filled, outlines, hidden",
        "contour",
        (),
        "Tab over the image. Hold H to look below.",
        _GROUP,
    ),
    ActionInfo("view.stronger_labels", "Stronger labels", "layers", ("Ctrl+Up",), "Cover the image more.", _GROUP),
    ActionInfo("view.fainter_labels", "Fainter labels", "layers", ("Ctrl+Down",), "Cover the image less.", _GROUP),
    ActionInfo("view.all_channels", "All channels in colours", "palette", ("Alt+A",), "Or one channel alone.", _GROUP),
    ActionInfo(
        "view.next_result",
        "Next result",
        "next",
        ("Ctrl+PgDown",),
        "Show the next result alone over the image.",
        _GROUP,
    ),
    ActionInfo(
        "view.previous_result", "Previous result", "previous", ("Ctrl+PgUp",), "Show the result before it.", _GROUP
    ),
    ActionInfo(
        "view.auto_contrast", "Auto contrast", "contrast", ("Ctrl+L",), "Contrast from the grey values.", _GROUP
    ),
)

OVER_THE_IMAGE: tuple[str, ...] = (
    "view.zoom_in",
    "view.zoom_out",
    "view.next_slice",
    "view.previous_slice",
    "view.first_slice",
    "view.last_slice",
)
"""Actions whose keys mean something else in lists and text: they work only while the image has the focus."""
