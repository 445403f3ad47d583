"""What may be higher than the screen: it fills its place, and scrolls where that is too low."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget


class Scrolled(QScrollArea):
    """Holds a widget; as wide as that needs at least, and as low as it must be.

    Args:
        inside: What is shown.
        across: Whether it may be scrolled to the side, too, and so be narrower than it needs.
    """

    def __init__(self, inside: QWidget, *, across: bool = False) -> None:
        super().__init__()
        self._across = across
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        if not across:
            self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(inside)
        inside.installEventFilter(self)
        self._keep_width()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._keep_width()
        return super().eventFilter(watched, event)

    def _keep_width(self) -> None:
        inside = self.widget()
        if not self._across and inside is not None:
            self.setMinimumWidth(inside.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width())
