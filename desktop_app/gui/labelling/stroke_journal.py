"""Long strokes reach the journal while they are still being drawn."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from PySide6.QtCore import QObject, QTimer

from desktop_app.core.errors import UserError, errors_told
from desktop_app.core.imaging import Region
from desktop_app.core.labelling import Edit
from desktop_app.core.labelling.tools import Tool
from desktop_app.gui.session import Session

EVERY_MS = 800  # with the second until the journal is forced onto the disk less than the 2 s that a crash may cost


class StrokeJournal(QObject):
    """Writes down a running stroke again and again, so that a killed program loses no more of it than of anything else.

    The undo list does not see this: there a stroke is one step, pushed when it is finished.
    """

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._tool: Tool[Any] | None = None
        self._told: Region | None = None  # the box of what was written down of this stroke
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self.write)
        session.about_to_store.connect(self.write)

    def follow(self, tool: Tool[Any] | None) -> None:
        """Look after the stroke of a tool; None when it has ended."""
        self._tool = tool
        if tool is not None:
            self._told = None
            self._timer.start()
        else:
            self._timer.stop()

    def write(self) -> None:
        """Write down what was drawn since the last time."""
        labels = self._session.labels
        if labels is None or self._tool is None:
            return
        edit = self._tool.newest(labels.labels)
        if edit is not None:
            self._told = edit.region if self._told is None else self._told.union(edit.region)
            with suppress(UserError):  # told when the stroke ends, or by the regular saving
                labels.part(edit)

    def end(self, edit: Edit | None) -> None:
        """The stroke has ended; one that changed nothing in the end, as a drag of the wand can, does not count."""
        if edit is None:
            self.take_back(self._told)

    def take_back(self, region: Region | None) -> None:
        """The stroke was dropped, and what it had touched is as before: write that down, whatever was stored meanwhile.

        Args:
            region: The box that was put back; None if nothing was.
        """
        labels = self._session.labels
        if labels is None or region is None:
            return
        with errors_told(self._session.error_occurred.emit):
            labels.dropped(region)
