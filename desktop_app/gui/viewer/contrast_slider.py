"""A range slider over the histogram of the image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget
from superqt import QDoubleRangeSlider

from desktop_app.core.imaging.contrast import Window, auto_window
from desktop_app.gui.theme import current_colors, icon, set_role

_LOW = 30  # px: as high as the buttons of a bar
_BINS = 96  # bars of the histogram: about two pixels each
_TOP = 99.98  # percent: single hot pixels must not make the range useless
_SPARE = 1.25  # room to the right of the usual white, by eye


class HistogramSlider(QDoubleRangeSlider):
    """Two handles for black and white, drawn over how often each grey value occurs.

    Args:
        height: In pixels.
        parent: The widget it stands in.
    """

    def __init__(self, height: int = _LOW, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._bars = self._shares = np.zeros(0)
        self._span = (0.0, 1.0)
        self._logarithmic = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._height = height
        self.setMinimumWidth(90)  # px, by eye
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self._height)

    def minimumSizeHint(self) -> QSize:
        return QSize(super().minimumSizeHint().width(), self._height)

    def set_sample(self, sample: NDArray[Any]) -> None:
        """Take range and histogram from some grey values; NaN and a few extreme values are passed over."""
        finite = sample[np.isfinite(sample)].astype(np.float64)
        low, high = (float(v) for v in np.percentile(finite, (0, _TOP))) if finite.size else (0.0, 1.0)
        if sample.dtype == np.uint8:
            low, high = 0.0, 255.0
        else:
            high = max(high, auto_window(sample).high * _SPARE)
        if high <= low:
            high = low + 1.0
        counts, _ = np.histogram(finite, bins=_BINS, range=(low, high))
        usual = float(np.sort(counts)[-4]) or 1.0
        self._shares, self._span = counts / usual, (low, high)
        self._raise_bars()
        self.setRange(low, high)
        # Steps from end to end by key.
        self.setSingleStep(max((high - low) / 500, 1.0 if np.issubdtype(sample.dtype, np.integer) else 0.0))
        self.update()

    def show_window(self, window: Window) -> None:
        """Put the handles where ``window`` is; the range grows if it lies outside."""
        if window.low < self.minimum() or window.high > self.maximum():
            self.setRange(min(window.low, self.minimum()), max(window.high, self.maximum()))
        self.setValue((window.low, window.high))

    def set_logarithmic(self, on: bool) -> None:
        """Whether the height of the histogram follows the logarithm, so that rare grey values are seen."""
        self._logarithmic = on
        self._raise_bars()
        self.update()

    def _raise_bars(self) -> None:
        if self._logarithmic:
            rarest = self._shares[self._shares > 0].min(initial=1.0)
            heights = np.log1p(self._shares / rarest)
            self._bars = heights / max(float(heights.max(initial=0.0)), 1e-9)
        else:
            self._bars = np.sqrt(np.clip(self._shares, 0.0, 1.0))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(7, 1, -7, -4)
        path = QPainterPath(QPointF(area.left(), area.bottom()))
        (first, last), wide = self._span, max(self.maximum() - self.minimum(), 1e-30)
        for index, bar in enumerate(self._bars):
            value = first + (last - first) * (index + 0.5) / _BINS
            x = area.left() + area.width() * (value - self.minimum()) / wide
            path.lineTo(QPointF(x, area.bottom() - float(bar) * area.height()))
        path.lineTo(QPointF(path.currentPosition().x(), area.bottom()))
        color = QColor(current_colors().muted)
        color.setAlpha(90)
        painter.fillPath(path, color)
        painter.end()
        super().paintEvent(event)


class ContrastBar(QWidget):
    """Histogram slider, its two numbers, and Auto.

    Signals:
        window_changed: ``Window`` that the user or Auto has chosen.
    """

    window_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sample: NDArray[Any] | None = None
        self.slider = HistogramSlider()
        self.slider.setAccessibleName("Contrast")
        self.slider.setToolTip("Grey values shown black and white. Drag the two handles.")
        self.numbers = QLabel()
        set_role(self.numbers, "muted")
        self.numbers.setMinimumWidth(self.numbers.fontMetrics().horizontalAdvance("00000 – 00000"))
        self.auto = QToolButton()
        self.auto.setText("Auto")
        self.auto.setIcon(icon("contrast"))
        self.auto.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.auto.setToolTip("Choose the contrast from the grey values of the whole image.")
        self.auto.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self.auto, self.slider, self.numbers):
            row.addWidget(widget)
        self.slider.valueChanged.connect(self._on_moved)
        self.auto.clicked.connect(self.choose_auto)

    @property
    def window_value(self) -> Window:
        """The chosen grey values."""
        chosen: tuple[float, ...] = self.slider.value()
        return Window(float(chosen[0]), float(chosen[1]))

    def set_sample(self, sample: NDArray[Any]) -> None:
        """Show the histogram of some grey values; the chosen window stays."""
        if sample is self._sample:
            return
        self._sample = sample
        self.slider.blockSignals(True)
        self.slider.set_sample(sample)
        self.slider.blockSignals(False)

    def set_window(self, window: Window) -> None:
        """Put the handles where ``window`` is, without a signal."""
        self.slider.blockSignals(True)
        self.slider.show_window(window)
        self.slider.blockSignals(False)
        self._show_numbers(window)

    def choose_auto(self) -> None:
        """Choose by percentiles of the sample."""
        if self._sample is not None:
            window = auto_window(self._sample)
            self.set_window(window)
            self.window_changed.emit(window)

    def _on_moved(self) -> None:
        self._show_numbers(self.window_value)
        self.window_changed.emit(self.window_value)

    def _show_numbers(self, window: Window) -> None:
        self.numbers.setText(f"{_short(window.low)} – {_short(window.high)}")


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"  # three figures
