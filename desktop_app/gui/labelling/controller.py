"""From the pointer over the image to the labelling tools."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region
from desktop_app.core.labelling import Edit, LabelScheme, LabelStore
from desktop_app.core.labelling.tools import (
    TOOLS,
    BrushTool,
    PickTool,
    PolygonTool,
    Tool,
    ToolPoint,
    ToolSettings,
    copy_slice,
)
from desktop_app.gui.labelling.choices import Choices, size_text
from desktop_app.gui.labelling.label_values import LabelValues
from desktop_app.gui.labelling.stroke_journal import StrokeJournal
from desktop_app.gui.notifications.notifier import Notifier
from desktop_app.gui.session import Session
from desktop_app.gui.viewer.geometry import voxel_aspect
from desktop_app.gui.viewer.viewer import ViewerWidget

LOOK = "look"
_WHEEL = "Wheel: slice. Ctrl+wheel: zoom."
_LOOK_HINT = "Drag: move. Wheel: slice. Ctrl+wheel: zoom. Double-click: one plane large. B: brush."
_ROUND = frozenset({"brush", "eraser"})
_CLOSE_PX = 9.0
_STILL_PX = 4.0


class LabellingController(QObject):
    """Runs one tool at a time; each finished stroke becomes one edit of the session.

    Attributes:
        choices: Options of the tools.
        values: Which label is painted.

    Signals:
        hint_changed: What mouse and keys do now, for the status bar.
        menu_wanted: The ``ToolPoint`` of a click with the right button.
    """

    hint_changed = Signal(str)
    menu_wanted = Signal(object)

    def __init__(
        self, session: Session, viewer: ViewerWidget, notifier: Notifier, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.choices = Choices(self)
        self.values = LabelValues(session)
        self._session, self._viewer, self._notifier = session, viewer, notifier
        self._running: Tool | None = None
        self._how: ToolSettings | None = None
        self._polygon = PolygonTool()
        self._journal = StrokeJournal(session, self)
        self._before_pick = "brush"
        self._swallow_press = False
        self._right_click: ToolPoint | None = None  # where the right button went down, until the pointer moves
        viewer.pointer_pressed.connect(self._on_pressed)
        viewer.pointer_moved.connect(self._on_moved)
        viewer.pointer_released.connect(self._on_released)
        viewer.pointer_double_clicked.connect(self._on_double_clicked)
        viewer.brush_size_wanted.connect(self.choices.grow)
        self.choices.size_changed.connect(self._on_size)
        self.choices.hidden_changed.connect(self._show_hidden)
        session.tool_changed.connect(self._on_tool)
        session.labels_replaced.connect(self._on_labels)
        session.scheme_changed.connect(self._on_scheme)
        for changed in (session.volume_changed, session.settings_changed):
            changed.connect(lambda _value: self.hint_changed.emit(self.hint))
        self._on_tool(session.tool)
        self._on_labels()

    @property
    def store(self) -> LabelStore | None:
        """The open labels."""
        return self._session.labels.labels if self._session.labels is not None else None

    @property
    def hint(self) -> str:
        """What mouse and keys do now; empty without an image."""
        if self._session.volume is None:
            return ""
        hint = TOOLS[self._session.tool].hint if self._session.tool in TOOLS else _LOOK_HINT
        if self._session.volume.is_2d:
            return hint.replace(_WHEEL, "Wheel: zoom.")
        return hint.replace(_WHEEL, "Wheel: zoom. Ctrl+wheel: slice.") if self._session.settings.wheel_zooms else hint

    def copy_from_neighbour(self, step: int) -> None:
        """Copy labels from the slice before (-1) or after (+1) onto empty places of the shown one."""
        store, plane = self.store, self._viewer.current_plane()
        if store is None or self._running is not None:
            return
        depth = self._viewer.current_depth(plane)
        edit = copy_slice(store, plane, depth + step, depth, self.choices.locked)
        if edit is None:
            self._notifier.info("There is nothing to copy onto empty places of this slice.")
        else:
            self._commit(edit)

    def finish_outline(self) -> None:
        """Close the polygon and label what is inside."""
        store, how = self.store, self.settings()
        if store is None or not self._polygon.points:
            return
        edit = self._polygon.finish(store, how)
        self._viewer.set_rubber_band(None)
        if edit is not None:
            self._commit(edit)

    def corner_back(self) -> None:
        """Take the last corner of the polygon back."""
        self._polygon.remove_last()
        self._viewer.set_rubber_band(self._polygon.points)

    def cancel(self) -> None:
        """Put back what the running stroke has changed, and drop an outline."""
        store, tool = self.store, self._running
        self._run(None)
        if tool is not None and store is not None:
            self._repaint(tool.cancel(store))
            self._journal.take_back()
        self._polygon.points.clear()
        self._viewer.set_rubber_band(None)

    def _run(self, tool: Tool | None) -> None:
        """A tool begins its stroke, or none is running any more."""
        self._running = tool
        self._session.stroke_running = tool is not None
        self._journal.follow(tool)

    def settings(self) -> ToolSettings:
        """How the tools paint now."""
        volume = self._session.volume
        aspect = voxel_aspect(volume.voxel_size) if volume is not None else (1.0, 1.0, 1.0)
        return self.choices.settings(self._session.active_value, aspect)

    def _on_pressed(self, point: ToolPoint, button: Any, modifiers: Any) -> None:
        store, name = self.store, self._session.tool
        swallow, self._swallow_press = self._swallow_press, False
        right = button == Qt.MouseButton.RightButton
        if store is None or self._running is not None:
            return
        self._right_click = point if right and not modifiers and self._has_menu() else None
        if name not in TOOLS or swallow:
            return
        how = self.settings()
        if modifiers & Qt.KeyboardModifier.AltModifier or name == "pick":
            tool: Tool = PickTool()
        elif name == "polygon":
            if right:
                self.corner_back()
                return
            tool = self._polygon
            if self._closes(point):
                self.finish_outline()
                return
        elif name in _ROUND and (right or modifiers & Qt.KeyboardModifier.ControlModifier):
            tool, how = TOOLS["eraser"].factory(), replace(how, value=0)
        else:
            tool = TOOLS[name].factory()
            how = replace(how, value=0) if right or name == "eraser" else how
        if how.value in self.choices.locked and not isinstance(tool, PickTool):
            self._notifier.info(f"“{self.values.name(how.value)}” is locked. Unlock it in the list to change it.")
            return
        self._how = how
        self._run(tool)
        self._guarded(lambda: tool.press(store, point, how))

    def _on_double_clicked(self, point: ToolPoint) -> None:
        """A double click closes an outline; its second press is no new corner."""
        del point
        self._swallow_press = self._session.tool == "polygon"
        self.finish_outline()

    def _on_moved(self, point: ToolPoint, buttons: Any, modifiers: Any) -> None:
        del buttons, modifiers
        if self._right_click is not None and self._apart(self._right_click, point) > _STILL_PX:
            self._right_click = None
        store, tool, how = self.store, self._running, self._how
        if store is not None and tool is not None and how is not None:
            self._guarded(lambda: tool.move(store, point, how))
            if isinstance(tool, BrushTool) and (edit := tool.split(store)) is not None:
                self._commit(edit)
                self._journal.forget()

    def _on_released(self, point: ToolPoint, button: Any, modifiers: Any) -> None:
        del modifiers
        clicked, self._right_click = self._right_click, None
        if clicked is not None and button == Qt.MouseButton.RightButton:
            self.cancel()
            self.menu_wanted.emit(clicked)
            return
        store, tool, how = self.store, self._running, self._how
        self._run(None)
        if store is None or tool is None or how is None:
            return
        edit = tool.release(store, point, how)
        if isinstance(tool, PickTool):
            self._take_picked(tool.picked)
        if edit is not None:
            self._commit(edit)

    def _closes(self, point: ToolPoint) -> bool:
        """Whether a click would hit the first corner of the outline."""
        points = self._polygon.points
        if len(points) < 3 or not points[0].same_slice(point):
            return False
        return self._apart(points[0], point) < _CLOSE_PX

    def _apart(self, a: ToolPoint, b: ToolPoint) -> float:
        return self._viewer.grid.views[b.plane].screen_distance(a, b)

    def _has_menu(self) -> bool:
        """Whether a right click means nothing else now."""
        return self._session.tool != "fill" and not self._polygon.points

    def _take_picked(self, picked: int | None) -> None:
        if picked:
            self.values.choose(picked)
            if self._session.tool == "pick":
                self._session.set_tool(self._before_pick)
        else:
            self._notifier.info("There is no label under the pointer.")

    def _guarded(self, act: Callable[[], Region | None]) -> None:
        try:
            self._repaint(act())
        except UserError as error:
            self.cancel()
            self._notifier.error(error)
        if self._running is self._polygon:
            self._viewer.set_rubber_band(self._polygon.points)

    def _repaint(self, region: Region | None) -> None:
        if region is not None:
            self._viewer.refresh_labels(region)

    def _commit(self, edit: Edit) -> None:
        active = self._session.active_value
        title = edit.title if edit.title == "Eraser" else f"{edit.title}: {self.values.name(active)}"
        self._session.commit_edit(replace(edit, title=title))

    def _on_tool(self, name: str) -> None:
        self.cancel()
        if name != "pick":
            self._before_pick = name
        self._viewer.set_pan_with_left(name not in TOOLS)
        self._viewer.set_brush_cursor(self.choices.size_px / 2 if name in _ROUND else None)
        self.hint_changed.emit(self.hint)

    def _on_size(self, size_px: int) -> None:
        volume = self._session.volume
        if self._session.tool in _ROUND:
            text = size_text(size_px, volume.voxel_size if volume is not None else None)
            self._viewer.set_brush_cursor(size_px / 2, text)

    def _on_labels(self) -> None:
        """Other labels are open."""
        self._run(None)
        self._polygon.points.clear()
        self._viewer.set_rubber_band(None)
        self.choices.forget_labels()
        self.values.begin()

    def _on_scheme(self, scheme: LabelScheme) -> None:
        del scheme
        self.values.keep_valid()
        self._show_hidden()

    def _show_hidden(self) -> None:
        self._viewer.set_scheme(self.values.scheme, self.choices.hidden)
