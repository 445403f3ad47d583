"""What the viewer does for each action of its table."""

from __future__ import annotations

from collections.abc import Callable

from desktop_app.gui.viewer.viewer import ViewerWidget

_KEY_ZOOM = 1.25  # as one notch of the wheel
_FAR = 10**9  # slices: more than any stack has


def viewer_slots(viewer: ViewerWidget) -> dict[str, Callable[[], object]]:
    """What to call for each action of ``VIEWER_ACTIONS``, by its id."""
    go, bar = viewer.navigator, viewer.toolbar
    return {
        "view.fit": viewer.fit,
        "view.actual_size": go.actual_size,
        "view.zoom_in": lambda: go.zoom_by(_KEY_ZOOM),
        "view.zoom_out": lambda: go.zoom_by(1 / _KEY_ZOOM),
        "view.next_slice": lambda: go.step(1),
        "view.previous_slice": lambda: go.step(-1),
        "view.first_slice": lambda: go.step(-_FAR),
        "view.last_slice": lambda: go.step(_FAR),
        "view.go_to_slice": lambda: viewer.grid.views[go.plane].type_number(),
        "view.layout_xy": lambda: viewer.set_layout("xy"),
        "view.layout_xz": lambda: viewer.set_layout("xz"),
        "view.layout_yz": lambda: viewer.set_layout("yz"),
        "view.layout_all": lambda: viewer.set_layout("all"),
        "view.layout_3d": lambda: viewer.set_layout("3d"),
        "view.maximise": go.toggle_maximised,
        "view.label_style": bar.cycle_style,
        "view.stronger_labels": lambda: bar.opacity.setValue(bar.opacity.value() + 10),  # per cent, by eye
        "view.fainter_labels": lambda: bar.opacity.setValue(bar.opacity.value() - 10),  # per cent, by eye
        "view.all_channels": viewer.toggle_all_channels,
        "view.next_time": lambda: viewer.time_bar.step(1),
        "view.previous_time": lambda: viewer.time_bar.step(-1),
        "view.next_result": lambda: viewer.layers.step_result(1),
        "view.previous_result": lambda: viewer.layers.step_result(-1),
        "view.auto_contrast": bar.contrast.choose_auto,
    }
