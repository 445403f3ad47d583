"""The diameter of the round tip: a slider, a number, and the length where the voxel size is known."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QSlider, QWidget

from desktop_app.core.imaging import Volume
from desktop_app.core.labelling.tools import RoundTip
from desktop_app.gui.labelling.choices import LARGEST, SMALLEST, Choices, size_text
from desktop_app.gui.session import Session
from desktop_app.gui.theme import set_role
from desktop_app.gui.widgets.number_fields import CalmSpinBox

_CURVE = 2.5  # sizes below 60 px, by far the usual ones, get half of the slider
_STEPS = 1000  # of the slider: finer than its pixels


class SizeBox(QWidget):
    """Shows and changes the size in ``choices``."""

    def __init__(self, session: Session, choices: Choices, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._choices = session, choices
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _STEPS)
        self.slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.number = CalmSpinBox()
        self.number.setRange(SMALLEST, LARGEST)
        self.number.setSuffix(" px")
        self.number.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.length = QLabel()
        set_role(self.length, "muted")
        for widget in (self.slider, self.number):
            widget.setAccessibleName("Brush size")
            widget.setToolTip(RoundTip.model_fields["size_px"].description or "")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.addWidget(QLabel(RoundTip.model_fields["size_px"].title), 0, 0)
        grid.addWidget(self.slider, 0, 1)
        grid.addWidget(self.number, 0, 2)
        grid.addWidget(self.length, 1, 1, 1, 2, Qt.AlignmentFlag.AlignRight)
        grid.setColumnStretch(1, 1)
        self.slider.valueChanged.connect(lambda place: self._choices.set_size(size_at(place)))
        self.number.valueChanged.connect(self._choices.set_size)
        choices.size_changed.connect(self._show)
        session.volume_changed.connect(self._on_volume)
        self._show(choices.size_px)

    def _on_volume(self, volume: Volume | None) -> None:
        del volume
        self._show(self._choices.size_px)

    def _show(self, size_px: int) -> None:
        for control, value in ((self.slider, place_of(size_px)), (self.number, size_px)):
            control.blockSignals(True)
            control.setValue(value)
            control.blockSignals(False)
        volume = self._session.volume
        known = volume is not None and volume.voxel_size.known
        text = size_text(size_px, volume.voxel_size if volume is not None else None)
        self.length.setText(text.partition(" · ")[2])
        self.length.setVisible(known)


def size_at(place: int) -> int:
    """Small sizes get more of the slider than large ones."""
    return round(SMALLEST + (LARGEST - SMALLEST) * (place / _STEPS) ** _CURVE)


def place_of(size_px: int) -> int:
    """Where a size stands on the slider."""
    return round(_STEPS * ((size_px - SMALLEST) / (LARGEST - SMALLEST)) ** (1 / _CURVE))
