"""A dialog that fits on its screen: what it asks scrolls where it must, its buttons always stay in view."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QFrame, QScrollArea, QVBoxLayout, QWidget

from desktop_app.gui.theme.spacing import LARGE, MEDIUM, pad
from desktop_app.gui.widgets.window_place import room_for, screen_of


class FittedDialog(QDialog):
    """Add what it asks to ``column`` and its buttons to ``footer``; sentences that wrap get the height they need.

    Args:
        width: As wide as it opens, in pixels, where the screen has room.
        parent: The window that it opens above.
    """

    def __init__(self, width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._width = width
        self._asked = QWidget()
        self._asked.setProperty("role", "plain")
        self.column = QVBoxLayout(self._asked)
        pad(self.column, LARGE, MEDIUM)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidget(self._asked)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.footer = QVBoxLayout()
        pad(self.footer, LARGE, MEDIUM)
        self.footer.setContentsMargins(LARGE, 0, LARGE, LARGE)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self._area, 1)
        outer.addLayout(self.footer)
        for asking in (self._asked, self):  # a sentence that appears in the footer asks the dialog itself for room
            asking.installEventFilter(self)
        self._settle = QTimer(self, singleShot=True, interval=0)
        self._settle.timeout.connect(self._grow)

    def showEvent(self, event: QShowEvent) -> None:
        if not event.spontaneous():
            self.ensurePolished()
            self.resize(self._good_size())
        super().showEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest and self.isVisible():
            self._settle.start()
        return False

    def _good_size(self) -> QSize:
        """As wide as wished, and as high as what it asks then needs."""
        most = room_for(self)
        width = min(max(self._width, self._asked.minimumSizeHint().width()), most.width())
        return QSize(width, min(self._height_for(width), most.height()))

    def _height_for(self, width: int) -> int:
        self.column.activate()
        return sum(
            part.totalHeightForWidth(width) if part.hasHeightForWidth() else part.totalSizeHint().height()
            for part in (self.column, self.footer)
        )

    def _grow(self) -> None:
        """More is asked than before: take the room if the screen has it."""
        height = min(self._height_for(self.width()), room_for(self).height())
        if height > self.height():
            self.resize(self.width(), height)
            frame, screen = self.frameGeometry(), screen_of(self).availableGeometry()
            if frame.bottom() > screen.bottom():
                self.move(frame.left(), max(screen.top(), screen.bottom() + 1 - frame.height()))
