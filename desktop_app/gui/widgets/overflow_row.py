"""A row of controls; those for which there is no room stand below a button at its end."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from desktop_app.gui.theme import icon, set_role
from desktop_app.gui.theme.spacing import ICON, SMALL, TIGHT, pad

_SIDE = 8  # px at both ends, by eye
_EDGE = 3  # px above and below, by eye


@dataclass(slots=True)
class _Part:
    """One control or group of controls.

    Attributes:
        widget: The control itself; it moves between the row and the sheet.
        title: Its caption on the sheet.
        leaves: Those with the lowest number leave the row first.
        stretch: How much of the spare room it takes.
        away: Whether it stands on the sheet now.
    """

    widget: QWidget
    title: str
    leaves: int
    stretch: int
    away: bool = False


class OverflowRow(QFrame):
    """Lays out its parts in a row as long as they fit; a button opens the sheet with all others.

    A part is the same widget in both places, so that it keeps its state and its connections. Parts that are hidden
    take no room in either.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parts: list[_Part] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(_SIDE, _EDGE, _SIDE, _EDGE)
        self._row.setSpacing(TIGHT)
        self.more = QToolButton()
        self.more.setIcon(icon("more"))
        self.more.setIconSize(QSize(ICON, ICON))
        self.more.setToolTip("What there is no room for")
        self.more.setAccessibleName("More")
        self.more.setAutoRaise(True)
        self.more.hide()
        self.more.clicked.connect(self.open_sheet)
        self._row.addWidget(self.more)
        self.sheet = QFrame(self, Qt.WindowType.Popup)
        set_role(self.sheet, "card")
        self._sheet_column = QVBoxLayout(self.sheet)
        pad(self._sheet_column, SMALL, TIGHT)
        self._captions: dict[QWidget, QLabel] = {}
        self._settle = QTimer(self, singleShot=True, interval=0)
        self._settle.timeout.connect(self.arrange)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def add_part(self, widget: QWidget, title: str, *, leaves: int, stretch: int = 0) -> None:
        """One more control at the end of the row.

        Args:
            widget: The control, or several that stay together.
            title: Its caption where it stands on the sheet.
            leaves: Parts with low numbers leave first when room is short.
            stretch: How much of the spare room it takes.
        """
        self._parts.append(_Part(widget, title, leaves, stretch))
        self._row.insertWidget(self._row.count() - 1, widget, stretch)
        widget.installEventFilter(self)
        self._settle.start()

    def away(self) -> list[QWidget]:
        """The parts that stand on the sheet now, in their order."""
        return [part.widget for part in self._parts if part.away]

    def open_sheet(self) -> None:
        """Show the parts for which there is no room, below the button."""
        self.sheet.adjustSize()
        corner = self.more.mapToGlobal(QPoint(self.more.width(), self.more.height() + 2))
        screen = self.screen().availableGeometry()
        left = max(screen.left(), min(corner.x(), screen.right()) - self.sheet.width())
        top = max(screen.top(), min(corner.y(), screen.bottom() - self.sheet.height()))
        self.sheet.move(left, top)
        self.sheet.show()
        self.sheet.setFocus(Qt.FocusReason.PopupFocusReason)

    def minimumSizeHint(self) -> QSize:
        return QSize(2 * _SIDE + self.more.sizeHint().width(), self.sizeHint().height())

    def sizeHint(self) -> QSize:
        shown = [part for part in self._parts if not part.widget.isHidden() or part.away]
        width = sum(part.widget.sizeHint().width() + TIGHT for part in shown)
        height = max((part.widget.sizeHint().height() for part in shown), default=self.more.sizeHint().height())
        return QSize(width + 2 * _SIDE, height + 2 * _EDGE)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._settle.start()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            self.sheet.setEnabled(self.isEnabled())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.ShowToParent, QEvent.Type.HideToParent, QEvent.Type.LayoutRequest):
            self._settle.start()
        return False

    def arrange(self) -> None:
        """Put each part where there is room for it."""
        shown = [part for part in self._parts if not _hidden(part)]
        room = self.width() - 2 * _SIDE
        needed = sum(_width(part) + TIGHT for part in shown)
        leaving: list[_Part] = []
        for part in sorted(shown, key=lambda p: p.leaves):
            button = self.more.sizeHint().width() + TIGHT if leaving else 0
            if needed + button <= room + TIGHT:
                break
            leaving.append(part)
            needed -= _width(part) + TIGHT
        for part in self._parts:
            self._move(part, any(part is one for one in leaving))
        self.more.setVisible(bool(leaving))
        if not leaving:
            self.sheet.hide()

    def _move(self, part: _Part, away: bool) -> None:
        if part.away == away:
            return
        part.away, hidden = away, _hidden(part)
        if away:
            caption = QLabel(part.title)
            set_role(caption, "muted")
            self._captions[part.widget] = caption
            self._sheet_column.addWidget(caption)
            self._sheet_column.addWidget(part.widget)
        else:
            self._captions.pop(part.widget).deleteLater()
            before = sum(not one.away for one in self._parts[: self._parts.index(part)])
            self._row.insertWidget(before, part.widget, part.stretch)
        part.widget.setVisible(not hidden)


def _hidden(part: _Part) -> bool:
    """Whether the user should not see a part at all, wherever it stands."""
    return part.widget.isHidden()


def _width(part: _Part) -> int:
    """The room that a part needs at least, in pixels."""
    least = part.widget.minimumSizeHint().width() if part.stretch else part.widget.sizeHint().width()
    return max(least, part.widget.minimumWidth())
