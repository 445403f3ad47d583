"""One class in the list."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QStackedWidget, QToolButton, QWidget

from desktop_app.core.labelling import LabelClass
from desktop_app.gui.theme import current_colors, icon, set_role
from desktop_app.gui.theme.spacing import SMALL, SMALL_ICON, TIGHT


class Swatch(QToolButton):
    """A round spot of colour."""

    def __init__(self, color: tuple[int, int, int], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._color = QColor(*color)
        self.setFixedSize(22, 22)  # px, by eye
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def set_color(self, color: tuple[int, int, int]) -> None:
        """Show another colour."""
        self._color = QColor(*color)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(current_colors().border_strong))
        painter.setBrush(self._color)
        painter.drawEllipse(self.rect().adjusted(3, 3, -4, -4))
        painter.end()


class ClassRow(QFrame):
    """Number key, colour, name, and whether it is seen and protected.

    Signals:
        chosen: It was clicked.
        renamed: The new name.
        color_clicked: The colour should change.
        hidden_toggled, locked_toggled: The new state.
    """

    chosen = Signal(int)
    renamed = Signal(int, str)
    color_clicked = Signal(int)
    hidden_toggled = Signal(int, bool)
    locked_toggled = Signal(int, bool)

    def __init__(self, shown: LabelClass, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.value = shown.value
        self._editing = False
        self.key = QLabel(key)
        self.key.setFixedWidth(14)  # px, by eye
        self.key.setToolTip(f"Key {key}" if key else "")
        set_role(self.key, "muted")
        self.swatch = Swatch(shown.color)
        self.swatch.setToolTip("Change the colour")
        self.name = QLabel(shown.name)
        self.editor = QLineEdit(shown.name)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.name)
        self.stack.addWidget(self.editor)
        self.stack.setFixedHeight(28)  # px, by eye
        self.eye = _toggle("eye", "Show or hide in the image")
        self.lock = _toggle("unlock", "Protect from changes")
        self.pencil = QToolButton()
        self.pencil.setIcon(icon("rename"))
        self.pencil.setAutoRaise(True)
        self.pencil.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.pencil.setToolTip("Rename")
        self.pencil.clicked.connect(self.edit)
        row = QHBoxLayout(self)
        row.setContentsMargins(SMALL, 2, TIGHT, 2)
        row.setSpacing(TIGHT)
        for widget in (self.key, self.swatch):
            row.addWidget(widget)
        row.addWidget(self.stack, 1)
        row.addWidget(self.eye)
        for button in (self.lock, self.pencil):
            row.addWidget(button)
        self.pencil.hide()
        self.set_active(False)
        self.swatch.clicked.connect(lambda: self.color_clicked.emit(self.value))
        self.editor.editingFinished.connect(self._finish)
        self.eye.toggled.connect(lambda on: self.hidden_toggled.emit(self.value, on))
        self.lock.toggled.connect(lambda on: self.locked_toggled.emit(self.value, on))

    def show_alone(self) -> None:
        """The only class, of numbered objects: just its name, and its lock."""
        for part in (self.swatch, self.eye, self.lock):
            part.hide()
        self.key.setText("Class")
        self.key.setMinimumWidth(self.key.sizeHint().width())
        self.pencil.show()

    def set_active(self, active: bool) -> None:
        """Whether tools paint this class."""
        colors = current_colors()
        edge, back = (colors.accent, colors.accent_soft) if active else ("transparent", "transparent")
        self.setStyleSheet(
            f"ClassRow {{ background: {back}; border: 1px solid transparent; border-left: 3px solid {edge};"
            " border-radius: 5px; }"
        )
        self.name.setStyleSheet("font-weight: 600;" if active else "")

    def set_state(self, hidden: bool, locked: bool) -> None:
        """Show whether it is hidden and locked, without signals."""
        for button, on, picture in (
            (self.eye, hidden, "eye-off" if hidden else "eye"),
            (self.lock, locked, "lock" if locked else "unlock"),
        ):
            button.blockSignals(True)
            button.setChecked(on)
            button.blockSignals(False)
            button.setIcon(icon(picture, "text" if on else "disabled"))

    def edit(self) -> None:
        """Type another name."""
        self._editing = True
        self.editor.setText(self.name.text())
        self.stack.setCurrentWidget(self.editor)
        self.editor.setFocus()
        self.editor.selectAll()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(self.value)
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.edit()
        super().mouseDoubleClickEvent(event)

    def _finish(self) -> None:
        if not self._editing:
            return
        self._editing = False
        self.stack.setCurrentWidget(self.name)
        text = self.editor.text().strip()
        if text and text != self.name.text():
            self.renamed.emit(self.value, text)


def _toggle(picture: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setCheckable(True)
    button.setAutoRaise(True)
    button.setIcon(icon(picture, "disabled"))
    button.setIconSize(QSize(SMALL_ICON, SMALL_ICON))
    button.setToolTip(tip)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setStyleSheet("QToolButton:checked { background: transparent; border-color: transparent; }")
    return button
