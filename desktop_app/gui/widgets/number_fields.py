"""Number fields that leave the mouse wheel to the page unless they have the focus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QLocale, Qt, Signal
from PySide6.QtGui import QDoubleValidator, QKeyEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QHBoxLayout, QLineEdit, QSlider, QSpinBox, QWidget

from desktop_app.gui.theme.spacing import SMALL

_INSET = 5  # px between frame and digits, by eye
_POINT = QLocale(QLocale.Language.C)
if TYPE_CHECKING:
    _Mixed = QWidget
else:
    _Mixed = object  # the true base is the Qt widget that a field is mixed into


class _CalmField(_Mixed):
    """Leaves the wheel to the page while the user is elsewhere, so that scrolling changes no value."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        super().wheelEvent(event) if self.hasFocus() else event.ignore()


class _CalmNumber(_CalmField):
    """Shows a decimal point wherever the user lives; Enter ends the typing here and is no shortcut of the window."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setLocale(_POINT)
        for line in self.findChildren(QLineEdit):
            line.setTextMargins(_INSET, 0, 0, 0)

    def event(self, event: QEvent) -> bool:
        enter = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in enter:
            event.accept()
            return True
        return super().event(event)


class CalmSpinBox(_CalmNumber, QSpinBox):
    """A spin box for whole numbers."""


class CalmDoubleSpinBox(_CalmNumber, QDoubleSpinBox):
    """A spin box for decimal numbers; whoever types a comma means the point."""

    def validate(self, text: str, place: int) -> tuple[QValidator.State, str, int]:
        return super().validate(text.replace(",", "."), place)

    def valueFromText(self, text: str) -> float:
        return super().valueFromText(text.replace(",", "."))


class CalmComboBox(_CalmField, QComboBox):
    """A choice."""


class _CalmSlider(QSlider):
    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


_WIDE = "1000.0 px"
"""What all boxes beside sliders have room for, so that sliders below each other end together."""
_FRAME = 58
"""Pixels of a box's padding and arrows, by eye."""


class SliderField(QWidget):
    """A slider with a spin box for a number between two bounds.

    Signals:
        value_changed: The new value, as ``float``.
    """

    value_changed = Signal(float)

    def __init__(self, low: float, high: float, step: float, suffix: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._low, self._step = low, step
        self.slider = _CalmSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, max(1, round((high - low) / step)))
        self.slider.setPageStep(max(1, self.slider.maximum() // 10))  # a tenth, by eye
        self.spin = CalmDoubleSpinBox()
        self.spin.setRange(low, high)
        self.spin.setSingleStep(step)
        self.spin.setDecimals(decimals_for(step))
        self.spin.setSuffix(f" {suffix}" if suffix else "")
        self.spin.setMinimumWidth(self.spin.fontMetrics().horizontalAdvance(_WIDE) + _FRAME)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        row.addWidget(self.slider, 1)
        row.addWidget(self.spin)
        self.setFocusProxy(self.spin)
        self.slider.valueChanged.connect(self._on_slid)
        self.spin.valueChanged.connect(self._on_spun)

    def value(self) -> float:
        """The number shown."""
        return self.spin.value()

    def set_value(self, value: float) -> None:
        """Show a number."""
        self.spin.setValue(value)

    def _on_slid(self, place: int) -> None:
        if place != self._place():
            self.spin.setValue(self._low + place * self._step)

    def _on_spun(self, value: float) -> None:
        self.slider.setValue(self._place())
        self.value_changed.emit(value)

    def _place(self) -> int:
        return round((self.spin.value() - self._low) / self._step)


class NumberField(QLineEdit):
    """A free number such as ``0.002`` or ``1e-4``, with optional bounds.

    Signals:
        edited: After each change of the text, valid or not.
    """

    edited = Signal()

    def __init__(self, low: float | None = None, high: float | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        validator = QDoubleValidator(self)
        validator.setLocale(_POINT)
        validator.setNotation(QDoubleValidator.Notation.ScientificNotation)
        self.setValidator(validator)
        self._low, self._high = low, high
        self.textChanged.connect(self._on_text)

    def value(self) -> float | None:
        """The number, None while the text is none or out of bounds."""
        try:
            number = float(self.text().replace(",", "."))
        except ValueError:
            return None
        too_small = self._low is not None and number < self._low
        too_large = self._high is not None and number > self._high
        return None if too_small or too_large else number

    def set_value(self, value: float) -> None:
        """Show a number, short but exact."""
        if self.value() != value:
            # Characters that the field shows; figures are exact enough.
            self.setText(repr(value) if len(repr(value)) < 8 else f"{value:.10g}")

    def _on_text(self) -> None:
        wrong = self.value() is None
        if self.property("wrong") != wrong:
            self.setProperty("wrong", wrong)
            self.style().unpolish(self)
            self.style().polish(self)
        self.edited.emit()


def decimals_for(step: float) -> int:
    """Digits behind the point that show ``step`` exactly: 0.05 needs 2."""
    text = f"{step:.6f}".rstrip("0")
    return max(1, len(text.partition(".")[2]))
