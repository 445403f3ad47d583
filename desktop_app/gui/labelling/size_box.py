"""The diameter of the round tip: a slider and a number, in pixels or as a length where the voxel size is known."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QSlider, QWidget

from desktop_app.core.imaging import Volume, VoxelSize
from desktop_app.core.labelling.tools import RoundTip
from desktop_app.gui.labelling.choices import LARGEST, SMALLEST, Choices, size_text
from desktop_app.gui.session import Session
from desktop_app.gui.theme import set_role
from desktop_app.gui.widgets.number_fields import CalmComboBox, CalmDoubleSpinBox, decimals_for

_CURVE = 2.5  # sizes below 60 px, by far the usual ones, get half of the slider
_STEPS = 1000  # of the slider: finer than its pixels
_PIXELS = "px"
_UNIT_TIP = "px: the same number of pixels in each image. A length: the same size in each image."


class SizeBox(QWidget):
    """Shows and changes the size in ``choices``."""

    def __init__(self, session: Session, choices: Choices, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._choices = session, choices
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _STEPS)
        self.slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.number = CalmDoubleSpinBox()
        self.number.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.unit = CalmComboBox()
        self.unit.setAccessibleName("Unit of the brush size")
        self.unit.setToolTip(_UNIT_TIP)
        self.other = QLabel()
        set_role(self.other, "muted")
        for widget in (self.slider, self.number):
            widget.setAccessibleName("Brush size")
            widget.setToolTip(RoundTip.model_fields["size_px"].description or "")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.addWidget(QLabel(RoundTip.model_fields["size_px"].title), 0, 0)
        grid.addWidget(self.slider, 0, 1)
        grid.addWidget(self.number, 0, 2)
        grid.addWidget(self.unit, 0, 3)
        grid.addWidget(self.other, 1, 1, 1, 3, Qt.AlignmentFlag.AlignRight)
        grid.setColumnStretch(1, 1)
        self.slider.valueChanged.connect(lambda place: self.choose(size_at(place)))
        self.number.valueChanged.connect(lambda number: self.choose(number / self._per_px))
        self.unit.activated.connect(self._on_unit)
        choices.size_changed.connect(lambda _size: self._show())
        session.volume_changed.connect(self._on_volume)
        self._on_volume(session.volume)

    def choose(self, size_px: float) -> None:
        """Choose the diameter in pixel widths."""
        self._choices.set_size(size_px, self._voxel)

    @property
    def _voxel(self) -> VoxelSize | None:
        volume = self._session.volume
        return volume.voxel_size if volume is not None and volume.voxel_size.known else None

    @property
    def _per_px(self) -> float:
        """What the number says of one pixel."""
        return self._voxel.x if self._voxel is not None and self._choices.length is not None else 1.0

    def _on_unit(self, place: int) -> None:
        self._choices.keep_length(self._voxel if place else None)
        self._show()

    def _on_volume(self, volume: Volume | None) -> None:
        del volume
        self.unit.clear()
        self.unit.addItems([_PIXELS] if self._voxel is None else [_PIXELS, self._voxel.unit])
        self._show()

    def _show(self) -> None:
        size_px, per_px = self._choices.size_px, self._per_px
        lengths = self._voxel is not None and self._choices.length is not None
        self.unit.setCurrentIndex(int(lengths))
        for control in (self.slider, self.number):
            control.blockSignals(True)
        self.slider.setValue(place_of(size_px))
        self.number.setDecimals(decimals_for(per_px) if lengths else 0)
        self.number.setRange(SMALLEST * per_px, LARGEST * per_px)
        self.number.setSingleStep(per_px)
        self.number.setValue(size_px * per_px)
        for control in (self.slider, self.number):
            control.blockSignals(False)
        pixels, _, length = size_text(size_px, self._voxel).partition(" · ")
        self.other.setText(pixels if lengths else length)
        self.other.setVisible(self._voxel is not None)


def size_at(place: int) -> int:
    """Small sizes get more of the slider than large ones."""
    return round(SMALLEST + (LARGEST - SMALLEST) * (place / _STEPS) ** _CURVE)


def place_of(size_px: float) -> int:
    """Where a size stands on the slider."""
    return round(_STEPS * ((size_px - SMALLEST) / (LARGEST - SMALLEST)) ** (1 / _CURVE))
