"""From the pointer over the image to the labelling tools."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, Signal

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.labelling import Edit, LabelScheme, LabelStore
from desktop_app.core.labelling.assisting import Answer, Asked
from desktop_app.core.labelling.layers import LabelLayer, LayerKind
from desktop_app.core.labelling.tools import (
    TOOLS,
    WITH_ALT,
    OtherButton,
    Tool,
    ToolInfo,
    ToolPoint,
    ToolSettings,
    Within,
)
from desktop_app.core.labelling.tools.first_size import first_size_px
from desktop_app.gui.labelling.choices import SQUARE, Choices, size_text
from desktop_app.gui.labelling.guarded_labels import GuardedLabels
from desktop_app.gui.labelling.label_values import LabelValues
from desktop_app.gui.labelling.protection import Protection
from desktop_app.gui.labelling.stroke_journal import StrokeJournal
from desktop_app.gui.notifications.notifier import Notifier
from desktop_app.gui.session import Session
from desktop_app.gui.viewer.geometry import voxel_aspect
from desktop_app.gui.viewer.viewer import ViewerWidget

_WHEEL = "Wheel: slice. Ctrl+wheel: zoom."
_ONE_PLANE = " Double-click: one plane large."
_CLOSE_PX = 9.0  # on the screen: about the reach of a hand that aims at the first corner
_STILL_PX = 4.0  # on the screen: a hand that clicks moves less; Qt's own drag distance is 10


class LabellingController(QObject):
    """Runs one tool at a time; each finished stroke becomes one edit of the session.

    Attributes:
        choices: Options of the tools.
        values: Which label is painted.
        protection: Of images that are done.
        guarded: Of locked and hidden labels.

    Signals:
        hint_changed: What mouse and keys do now, for the status bar.
        menu_wanted: The ``ToolPoint`` of a click with the right button.
        asked: What an assistant shall be ``Asked``; None to ask no more.
    """

    hint_changed = Signal(str)
    menu_wanted = Signal(object)
    asked = Signal(object)

    def __init__(
        self, session: Session, viewer: ViewerWidget, notifier: Notifier, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.choices = Choices(self)
        self.values = LabelValues(session)
        self.protection = Protection(session, notifier)
        self.guarded = GuardedLabels(session, self.choices, self)
        self._session, self._viewer, self._notifier = session, viewer, notifier
        self._info = TOOLS[session.tool]
        self._outline: Tool[Any] = self._info.factory()  # keeps what is collected from press to press
        self._running: Tool[Any] | None = None
        self._running_info = self._info
        self._how: ToolSettings[Any] | None = None
        self._journal = StrokeJournal(session, self)
        self._before = session.tool
        self._swallow_press = False
        self._right_click: ToolPoint | None = None  # where the right button went down, until the pointer moves
        viewer.pointer_pressed.connect(self._on_pressed)
        viewer.pointer_moved.connect(self._on_moved)
        viewer.pointer_released.connect(self._on_released)
        viewer.pointer_double_clicked.connect(self._on_double_clicked)
        viewer.pointer_hovered.connect(self._on_hovered)
        viewer.brush_size_wanted.connect(self.grow_tip)
        self.choices.size_changed.connect(self._on_size)
        self.choices.changed.connect(self._show_tip)
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
        hint = self._info.hint
        if self._session.volume.is_2d:
            return hint.replace(_WHEEL, "Wheel: zoom.").replace(_ONE_PLANE, "")
        return hint.replace(_WHEEL, "Wheel: zoom. Ctrl+wheel: slice.") if self._session.settings.wheel_zooms else hint

    def finish_outline(self) -> None:
        """Close the outline and label what is inside."""
        store, how = self.store, self._settings(self._info)
        if store is None or not self._outline.is_open or self._session.carrying_out:
            return
        if self.unanswered is not None and self._outline.proposal is None:
            self._notifier.info("The proposal is still being worked out.")
            return
        edit = self._outline.finish(store, how)
        self._show_outline()
        if edit is not None:
            self._commit(edit, self._info, how)
            if how.options.then_new_object:
                self.values.new_object()

    def grow_tip(self, steps: int) -> None:
        """A finer or coarser tip."""
        volume = self._session.volume
        self.choices.grow(steps, volume.voxel_size if volume is not None else None)

    def corner_back(self) -> None:
        """Take the last corner of the outline back."""
        self._outline.step_back()
        self._show_outline()
        self._ask()

    @property
    def unanswered(self) -> Asked | None:
        """What an assistant was asked and has not answered yet."""
        return self._outline.wanted

    def take_answer(self, asked: Asked, answer: Answer) -> None:
        """An assistant has answered."""
        self._outline.take_answer(asked, answer)
        self._show_outline()

    def forget_unanswered(self) -> None:
        """Take back the clicks to which there will be no answer."""
        while self.unanswered is not None:
            self._outline.step_back()
        self._show_outline()

    def _ask(self) -> None:
        if self._outline.wanted is not None:
            self.asked.emit(self._outline.wanted)

    def cancel(self) -> None:
        """Put back what the running stroke has changed, and drop an outline."""
        store, tool = self.store, self._running
        self._run(None)
        if store is not None:
            if tool is not None:
                touched = tool.cancel(store)
                self._repaint(touched)
                self._journal.take_back(touched)
            if self.unanswered is not None:
                self.asked.emit(None)
            self._outline.cancel(store)
        self._show_outline()

    def _run(self, tool: Tool[Any] | None) -> None:
        """A tool begins its stroke, or none is running any more."""
        self._running = tool
        self._session.stroke_running = tool is not None
        self._journal.follow(tool)

    def _settings(self, info: ToolInfo, *, erase: bool = False) -> ToolSettings[Any]:
        """How a tool works now."""
        volume = self._session.volume
        aspect = voxel_aspect(volume.voxel_size) if volume is not None else (1.0, 1.0, 1.0)
        options, locked = self.choices.options_of(info.name), self.choices.locked
        grey = None if volume is None else partial(_grey, volume, self._viewer.channel)
        others = tuple(layer.store for layer in reversed(self._viewer.layers.stack) if _is_other(layer))
        within = self.values.within(options.limit)
        value, erases = self._session.active_value, erase or info.erases
        return ToolSettings(value, options, locked, aspect, erases, grey, others, within)

    def _on_pressed(self, point: ToolPoint, button: Any, modifiers: Any) -> None:
        store, info = self.store, self._info
        swallow, self._swallow_press = self._swallow_press, False
        right = button == Qt.MouseButton.RightButton
        if store is None or self._running is not None:
            return
        self._right_click = point if right and not modifiers and self._has_menu() else None
        if info.pans or swallow:
            return
        if info.writes and self._session.carrying_out:
            self._notifier.info(f"“{self._session.carrying_out}” is changing the labels. Paint when it is done.")
            return
        alt = bool(modifiers & Qt.KeyboardModifier.AltModifier)
        if alt and not (info.proposes and self._outline.is_open):
            info = WITH_ALT
        elif self._takes_click(info, point, right):
            return
        erase = _erases(info, right or alt, modifiers)
        how = self._settings(info, erase=erase)
        if info.writes and how.label in how.locked:
            self._notifier.info(f"“{self.values.name(how.label)}” is locked. Unlock it in the list to change it.")
            return
        if info.writes and how.within == Within(frozenset()):
            self._notifier.info("Nothing is painted: there is no object that “Paint within” names.")
            return
        if info.writes and not self.protection.may_change():
            return
        tool = self._outline if info.collects else info.factory()
        self._how, self._running_info = how, info
        self._run(tool)
        self._guarded(lambda: tool.press(store, point, how))

    def _takes_click(self, info: ToolInfo, point: ToolPoint, right: bool) -> bool:
        """Whether a press only waits for the menu, or goes back or closes the outline, and so begins no stroke."""
        if info.proposes:
            return right and not self._outline.is_open
        if not info.collects:
            return right and info.other_button is OtherButton.MENU
        if right:
            self.corner_back()
        elif self._closes(point):
            self.finish_outline()
        else:
            return False
        return True

    def _on_double_clicked(self, point: ToolPoint) -> None:
        """A double click closes an outline; its second press is no new corner."""
        del point
        if not self._info.proposes:
            self._swallow_press = self._info.collects
            self.finish_outline()

    def _on_moved(self, point: ToolPoint, buttons: Any, modifiers: Any) -> None:
        del buttons, modifiers
        if self._right_click is not None and self._apart(self._right_click, point) > _STILL_PX:
            self._right_click = None
        store, tool, how = self.store, self._running, self._how
        if store is not None and tool is not None and how is not None:
            self._guarded(lambda: tool.move(store, point, how))
            if (edit := tool.split(store)) is not None:
                self._commit(edit, self._running_info, how)

    def _on_hovered(self, point: ToolPoint) -> None:
        """Show where an outline would go on."""
        store = self.store
        if store is None or self._running is not None or not self._outline.collected:
            return
        if self._outline.hover(store, point, self._settings(self._info)):
            self._viewer.set_rubber_band(self._outline.collected)

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
        edit = self._released(tool, store, point, how)
        self._journal.end(edit)
        self._show_outline()
        if not self._running_info.writes:
            self._take_picked(tool.picked)
        if edit is not None:
            self._commit(edit, self._running_info, how)
        self._ask()

    def _released(self, tool: Tool[Any], store: LabelStore, point: ToolPoint, how: ToolSettings[Any]) -> Edit | None:
        with self._notifier.errors_told():
            return tool.release(store, point, how)
        return None

    def _closes(self, point: ToolPoint) -> bool:
        """Whether a click would hit the first corner of the outline."""
        points = self._outline.collected
        if len(points) < 3 or not points[0].same_slice(point):  # corners, for an area
            return False
        return self._apart(points[0], point) < _CLOSE_PX

    def _apart(self, a: ToolPoint, b: ToolPoint) -> float:
        return self._viewer.grid.views[b.plane].screen_distance(a, b)

    def _has_menu(self) -> bool:
        """Whether a right click means nothing else now."""
        return not self._outline.is_open

    def _take_picked(self, picked: int | None) -> None:
        if picked:
            self.values.choose(picked)
            if self._info.momentary:
                self._session.set_tool(self._before)
        else:
            self._notifier.info("There is no label under the pointer.")

    def _guarded(self, act: Callable[[], Region | None]) -> None:
        try:
            self._repaint(act())
        except UserError as error:
            self.cancel()
            self._notifier.error(error)
        if self._running is not None and self._running.collected:
            self._viewer.set_rubber_band(self._running.collected)

    def _show_outline(self) -> None:
        """Draw what was collected or is proposed."""
        self._viewer.set_rubber_band(self._outline.collected)
        self._viewer.show_proposal(self._outline.proposal)

    def _repaint(self, region: Region | None) -> None:
        if region is not None:
            self._viewer.refresh_labels(region)

    def _commit(self, edit: Edit, info: ToolInfo, how: ToolSettings[Any]) -> None:
        """Remember an edit under a title that names the painted label."""
        alone = how.erase or not info.writes
        if not alone:
            self.values.give_class(how.value)
        title = edit.title if alone else f"{edit.title}: {self.values.name(how.value)}"
        self._session.commit_edit(replace(edit, title=title))

    def _on_tool(self, name: str) -> None:
        self.cancel()
        self._info = TOOLS[name]
        self._outline = self._info.factory()
        if not self._info.momentary:
            self._before = name
        self._viewer.set_pan_with_left(self._info.pans)
        self._show_tip()
        self.hint_changed.emit(self.hint)

    def _show_tip(self, text: str = "") -> None:
        """Draw the outline of the tip at the pointer, of tools that have one."""
        radius = self.choices.size_px / 2 if self._info.cursor == "tip" else None
        self._viewer.set_brush_cursor(radius, text, square=bool(self.choices.option(SQUARE)))

    def _on_size(self, size_px: float) -> None:
        volume = self._session.volume
        if self._info.cursor == "tip":
            text = size_text(size_px, volume.voxel_size if volume is not None else None)
            self._show_tip(text)

    def _on_labels(self) -> None:
        """Other labels are open."""
        self._run(None)
        self._outline = self._info.factory()
        self._show_outline()
        self.values.begin()
        volume = self._session.volume
        if volume is not None:
            single = self.values.scheme.kind == "objects"
            self.choices.fit(volume.voxel_size, first_size_px(self.store, volume.shape[1:], single=single))
        self._show_hidden()

    def _on_scheme(self, scheme: LabelScheme) -> None:
        del scheme
        self.values.keep_valid()
        self._show_hidden()

    def _show_hidden(self) -> None:
        self._viewer.set_scheme(self.values.scheme, self.choices.hidden)


def _erases(info: ToolInfo, right: bool, modifiers: Any) -> bool:
    """Whether a press empties instead of painting."""
    control = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
    return info.writes and (control or (right and (info.proposes or info.other_button is OtherButton.ERASES)))


def _is_other(layer: LabelLayer) -> bool:
    """Whether an assistant may start from the objects of a layer."""
    return layer.seen and layer.kind in (LayerKind.RESULT, LayerKind.PREVIEW)


def _grey(volume: Volume, channel: int, region: Region) -> NDArray[Any]:
    """Grey values (Z, Y, X) of the shown channel."""
    return volume.read(region, channel)
