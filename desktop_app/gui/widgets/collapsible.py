"""A section that folds."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget

from desktop_app.gui.theme import icon
from desktop_app.gui.theme.spacing import LARGE, SMALL


class CollapsibleSection(QWidget):
    """A heading that shows or hides what is below it.

    superqt's ``QCollapsible`` does not serve here: it folds by a height of 0, so that Tab still reaches the fields
    inside, and gives the open body a fixed height, which cuts off sentences that wrap later.

    Signals:
        toggled: Whether the section is open now.
    """

    toggled = Signal(bool)

    def __init__(self, title: str, *, expanded: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = QToolButton()
        self.button.setText(title)
        self.button.setCheckable(True)
        self.button.setStyleSheet("QToolButton:checked { background: transparent; border-color: transparent; }")
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.body = QWidget()
        self.body_layout = QVBoxLayout(self.body)
        self.body_layout.setContentsMargins(LARGE, 0, 0, 0)
        self.body_layout.setSpacing(SMALL)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        column.addWidget(self.button)
        column.addWidget(self.body)
        self.button.toggled.connect(self._on_toggled)
        self.button.setChecked(expanded)
        self._on_toggled(expanded)

    def add(self, widget: QWidget) -> None:
        """Put a widget at the end of the section."""
        self.body_layout.addWidget(widget)

    def _on_toggled(self, expanded: bool) -> None:
        self.button.setIcon(icon("down" if expanded else "next", "muted"))
        self.body.setVisible(expanded)
        self.toggled.emit(expanded)
