"""The windows that measure, compare and convert, and the way from what they list to the image."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from desktop_app.core.imaging.region import Index3
from desktop_app.gui.measuring.agreement_window import AgreementWindow
from desktop_app.gui.measuring.measure_window import MeasureWindow
from desktop_app.gui.utilities.prepare_commands import PrepareCommands
from desktop_app.gui.utilities.utility_commands import UtilityCommands
from desktop_app.gui.window_context import WindowContext

WindowT = TypeVar("WindowT", bound=QWidget)


class ToolWindows(QObject):
    """Opens them, each once.

    Args:
        context: Of the main window, which they stay above.

    Signals:
        place_requested: Voxel (z, y, x) of the open image to look at.
    """

    place_requested = Signal(object)

    def __init__(self, context: WindowContext) -> None:
        super().__init__(context.window)
        self._context, self._session = context, context.session
        self.utilities = UtilityCommands(context)
        self.preparing = PrepareCommands(context)

    def measure(self) -> None:
        """Open the window that measures, and begin with the open image."""
        if self._session.project is None:
            self._context.notifier.warning("Open or make a project first.")
            return
        window = self._shown(MeasureWindow)
        if window is None:
            window = MeasureWindow(self._context)
            window.object_wanted.connect(self._go_to_object)
            window.show()
            if self._session.item is not None:
                window.measure()

    def compare(self) -> None:
        """Open the window that compares labels with true ones."""
        if self._shown(AgreementWindow) is None:
            window = AgreementWindow(self._context)
            window.place_wanted.connect(self.place_requested)
            window.show()

    def _shown(self, kind: type[WindowT]) -> WindowT | None:
        """The window of a kind that is open, brought to the front."""
        window = self._context.window
        found = [w for w in window.findChildren(kind) if w.isVisible()] if window is not None else []
        if not found:
            return None
        found[0].raise_()
        found[0].activateWindow()
        return found[0]

    def _go_to_object(self, image: str, time: int, number: int, center: Index3) -> None:
        """Show an object in its image."""
        project = self._session.project
        item = next((i for i in project.items if i.name == image), None) if project is not None else None
        if item is None or project is None:
            self._context.notifier.warning(f"There is no image “{image}” in this project any more.")
            return
        with self._context.notifier.errors_told():
            self._session.select_item(item.id)
            self._session.set_time(time)
            if project.scheme.kind == "objects":
                self._session.set_active_value(number)
            self.place_requested.emit(center)
