"""Rows of the panel: an eye, a spot of colour, a name, and what else can be done."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from desktop_app.gui.theme import current_colors, icon
from desktop_app.gui.theme.spacing import SMALL, TIGHT
from desktop_app.gui.widgets.elided_label import ElidedLabel

_ICON = 16  # px


class EyeRow(QFrame):
    """One thing that is seen or not.

    Args:
        name: Shown to the user.
        what: For screen readers and tooltips, such as ``channel``.
        parent: The widget it stands in.

    Signals:
        chosen: It was clicked, or Enter was pressed.
        seen_toggled: Whether it should be seen.
    """

    chosen = Signal()
    seen_toggled = Signal(bool)

    def __init__(self, name: str, what: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(f"{what.capitalize()} {name}")
        self._active = False
        self.eye = QToolButton()
        self.eye.setCheckable(True)
        self.eye.setAutoRaise(True)
        self.eye.setIconSize(QSize(_ICON, _ICON))
        self.eye.setToolTip(f"Show or hide this {what}")
        self.eye.setAccessibleName(f"Show {what} {name}")
        self.eye.setStyleSheet("QToolButton:checked { background: transparent; border-color: transparent; }")
        self.name = ElidedLabel(name, Qt.TextElideMode.ElideMiddle)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(TIGHT, 2, TIGHT, 2)
        self.row.setSpacing(SMALL)
        self.row.addWidget(self.eye)
        self.row.addWidget(self.name, 1)
        self.eye.clicked.connect(self.seen_toggled)
        self.set_active(False)

    def set_seen(self, seen: bool) -> None:
        """Show whether it is seen, without a signal."""
        self.eye.setChecked(seen)
        self.eye.setIcon(icon("eye" if seen else "eye-off", "text" if seen else "disabled"))

    def set_active(self, active: bool) -> None:
        """Show whether it is the one whose details are below."""
        self._active = active
        colors = current_colors()
        edge, back = (colors.accent, colors.accent_soft) if active else ("transparent", "transparent")
        self.setStyleSheet(
            f"EyeRow {{ background: {back}; border: 1px solid transparent; border-left: 3px solid {edge};"
            f" border-radius: 5px; }} EyeRow:focus {{ border: 1px solid {colors.accent}; }}"
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit()
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit()
        else:
            super().keyPressEvent(event)
