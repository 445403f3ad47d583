"""The bar below the views with which one goes through the time points of a movie."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from desktop_app.core.imaging import Volume
from desktop_app.gui.theme import icon, set_role
from desktop_app.gui.theme.spacing import ICON, SMALL, TIGHT


class TimeBar(QWidget):
    """Shown only where there are several time points; setters never emit.

    Signals:
        time_wanted: Number of the time point that the user chose, from 0.
    """

    time_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "bar")
        self._step: float | None = None
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Time point")
        self.slider.setToolTip("Time point of the movie (Ctrl+Left, Ctrl+Right)")
        self.slider.setMinimumWidth(80)  # px, by eye
        self.words = QLabel()
        set_role(self.words, "muted")
        self.earlier = _button("previous", "Time point before (Ctrl+Left)")
        self.later = _button("next", "Next time point (Ctrl+Right)")
        row = QHBoxLayout(self)
        row.setContentsMargins(SMALL, TIGHT, SMALL, TIGHT)
        row.setSpacing(SMALL)
        caption = QLabel("Time")
        set_role(caption, "muted")
        for widget in (caption, self.earlier, self.slider, self.later, self.words):
            row.addWidget(widget, 1 if widget is self.slider else 0)
        self.slider.valueChanged.connect(self._on_moved)
        self.earlier.clicked.connect(lambda: self.slider.setValue(self.slider.value() - 1))
        self.later.clicked.connect(lambda: self.slider.setValue(self.slider.value() + 1))
        self.set_volume(None)

    def set_volume(self, volume: Volume | None) -> None:
        """Offer the time points of a volume."""
        times = 1 if volume is None else volume.times
        self._step = None if volume is None or volume.movie is None else volume.movie.step
        self.slider.blockSignals(True)
        self.slider.setRange(0, times - 1)
        self.slider.setPageStep(max(1, times // 10))  # of the movie, by eye
        self.slider.setValue(0 if volume is None else volume.time)
        self.slider.blockSignals(False)
        self.setVisible(times > 1)
        self._show()

    def step(self, count: int) -> None:
        """Ask for a later (positive) or earlier time point, as far as there are any."""
        if not self.isHidden():
            self.slider.setValue(self.slider.value() + count)

    def _on_moved(self, time: int) -> None:
        self._show()
        self.time_wanted.emit(time)

    def _show(self) -> None:
        time, last = self.slider.value(), self.slider.maximum()
        self.words.setText(f"{time + 1} of {last + 1}{time_text(self._step, time)}")
        self.earlier.setEnabled(time > 0)
        self.later.setEnabled(time < last)


def time_text(step: float | None, time: int) -> str:
    """When a time point was recorded, behind its number: `` · 1 min 5 s``; nothing where the step is not known."""
    if step is None:
        return ""
    seconds = step * time
    if seconds < 60:
        return f" · {seconds:.4g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f" · {hours} h {minutes} min" if hours else f" · {minutes} min {rest} s"


def _button(picture: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setIcon(icon(picture))
    button.setIconSize(QSize(ICON, ICON))
    button.setToolTip(tip)
    button.setAccessibleName(tip.split(" (")[0])
    button.setAutoRaise(True)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return button
