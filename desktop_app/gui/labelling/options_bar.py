"""The options of the tool in hand."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QSlider, QVBoxLayout, QWidget

from desktop_app.core.imaging import Volume
from desktop_app.core.labelling.tools import TOOLS
from desktop_app.core.labelling.tools.options import BrushOptions, FillOptions
from desktop_app.gui.labelling.choices import LARGEST, SMALLEST, Choices, size_text
from desktop_app.gui.session import Session
from desktop_app.gui.theme import set_role
from desktop_app.gui.widgets.number_fields import CalmSpinBox

_FLAGS = {
    "brush_3d": BrushOptions.model_fields["brush_3d"],
    "only_empty": BrushOptions.model_fields["only_empty"],
    "fill_3d": FillOptions.model_fields["fill_3d"],
}
_CURVE = 2.5
_STEPS = 1000
_HEIGHT = 118  # of the tool with most options, so that nothing below jumps


class OptionsBar(QWidget):
    """Shows those options that the tool's model has."""

    def __init__(self, session: Session, choices: Choices, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._choices = session, choices
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self.size_box = self._size_box()
        column.addWidget(self.size_box)
        self.flags: dict[str, QCheckBox] = {}
        for name, field in _FLAGS.items():
            self.flags[name] = box = QCheckBox(field.title or name)
            box.setToolTip(field.description or "")
            box.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            box.toggled.connect(lambda on, name=name: choices.set_flag(name, on))
            column.addWidget(box)
        column.addStretch(1)
        self.setMinimumHeight(_HEIGHT)
        choices.size_changed.connect(self._on_size)
        choices.changed.connect(self._on_choices)
        session.tool_changed.connect(self._on_tool)
        session.volume_changed.connect(self._on_volume)
        self._on_tool(session.tool)
        self._on_size(choices.size_px)
        self._on_choices()

    def _size_box(self) -> QWidget:
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        title = QLabel("Size")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _STEPS)
        self.slider.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.number = CalmSpinBox()
        self.number.setRange(SMALLEST, LARGEST)
        self.number.setSuffix(" px")
        self.number.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.length = QLabel()
        set_role(self.length, "muted")
        self.slider.setAccessibleName("Brush size")
        self.number.setAccessibleName("Brush size")
        tip = BrushOptions.model_fields["size_px"].description or ""
        for widget in (self.slider, self.number):
            widget.setToolTip(tip)
        grid.addWidget(title, 0, 0)
        grid.addWidget(self.slider, 0, 1)
        grid.addWidget(self.number, 0, 2)
        grid.addWidget(self.length, 1, 1, 1, 2, Qt.AlignmentFlag.AlignRight)
        grid.setColumnStretch(1, 1)
        self.slider.valueChanged.connect(lambda place: self._choices.set_size(_size_at(place)))
        self.number.valueChanged.connect(self._choices.set_size)
        return box

    def _on_tool(self, name: str) -> None:
        fields = TOOLS[name].options.model_fields if name in TOOLS else {}
        self.size_box.setVisible("size_px" in fields)
        for flag, box in self.flags.items():
            box.setVisible(flag in fields)
        volume = self._session.volume
        self.flags["brush_3d"].setEnabled(volume is None or not volume.is_2d)
        self.flags["fill_3d"].setEnabled(volume is None or not volume.is_2d)

    def _on_volume(self, volume: Volume | None) -> None:
        del volume
        self._on_tool(self._session.tool)
        self._on_size(self._choices.size_px)

    def _on_size(self, size_px: int) -> None:
        for control, value in ((self.slider, _place_of(size_px)), (self.number, size_px)):
            control.blockSignals(True)
            control.setValue(value)
            control.blockSignals(False)
        volume = self._session.volume
        known = volume is not None and volume.voxel_size.known
        text = size_text(size_px, volume.voxel_size if volume is not None else None)
        self.length.setText(text.partition(" · ")[2])
        self.length.setVisible(known)

    def _on_choices(self) -> None:
        for name, box in self.flags.items():
            box.blockSignals(True)
            box.setChecked(bool(getattr(self._choices, name)))
            box.blockSignals(False)


def _size_at(place: int) -> int:
    """Small sizes get more of the slider than large ones."""
    return round(SMALLEST + (LARGEST - SMALLEST) * (place / _STEPS) ** _CURVE)


def _place_of(size_px: int) -> int:
    return round(_STEPS * ((size_px - SMALLEST) / (LARGEST - SMALLEST)) ** (1 / _CURVE))
