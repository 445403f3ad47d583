"""A line over the image: its length, and the grey values along it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from desktop_app.core.imaging import Plane, Volume
from desktop_app.core.imaging.profile import line_profile
from desktop_app.core.labelling.tools import ToolPoint
from desktop_app.gui.theme import set_role
from desktop_app.gui.widgets.curve_plot import CurvePlot
from desktop_app.gui.widgets.fitted_dialog import FittedDialog

_WIDTH, _HEIGHT = 520, 220  # px, by eye


@dataclass(frozen=True, slots=True)
class MeasuredLine:
    """What a line measures.

    Attributes:
        pixels: Length in pixels of the image as they are shown; one along each axis counts alike.
        length: In ``unit``, None where the voxel size is not stated.
        unit: Of the length, and of the positions; px without a voxel size.
        positions: Along the line, from 0.
        profiles: Grey values at the positions, by the name of the channel.
    """

    pixels: float
    length: float | None
    unit: str
    positions: NDArray[np.float64]
    profiles: dict[str, NDArray[np.float64]]

    @property
    def words(self) -> str:
        """The length in words."""
        pixels = f"{self.pixels:.1f} px"
        return pixels if self.length is None else f"{self.length:.4g} {self.unit}   ({pixels})"

    def table(self) -> str:
        """All numbers, as text that a spreadsheet takes."""
        lines = ["\t".join([f"Position ({self.unit})", *self.profiles])]
        for row, position in enumerate(self.positions):
            lines.append("\t".join([f"{position:.6g}", *(f"{p[row]:.6g}" for p in self.profiles.values())]))
        return "\n".join(lines)


def measure(volume: Volume, start: ToolPoint, stop: ToolPoint) -> MeasuredLine:
    """Measure a line whose ends lie on one slice.

    Args:
        volume: The image; only the slice is read.
        start: One end.
        stop: The other.
    """
    plane, size = start.plane, volume.voxel_size
    rows, columns = stop.row - start.row, stop.column - start.column
    pixels = float(np.hypot(rows, columns))
    along = (size.zyx[plane.row_axis] * rows, size.zyx[plane.column_axis] * columns)
    length = float(np.hypot(*along)) if size.known else None
    profiles = {}
    for channel in range(volume.channels):
        picture = volume.plane(plane, start.depth, channel)
        profiles[_channel_name(volume, channel)] = line_profile(
            picture, (start.row, start.column), (stop.row, stop.column)
        )
    steps = len(next(iter(profiles.values())))
    positions = np.linspace(0.0, pixels if length is None else length, steps)
    return MeasuredLine(pixels, length, size.unit if length is not None else "px", positions, profiles)


def _channel_name(volume: Volume, channel: int) -> str:
    if volume.rgb:
        return ("red", "green", "blue", "alpha")[channel]
    names = volume.channel_names
    return names[channel] if channel < len(names) else "grey" if volume.channels == 1 else f"channel {channel + 1}"


class RulerWindow(FittedDialog):
    """Shows what was measured; stays open while further lines are drawn.

    Signals:
        again_wanted: The user wishes to draw another line.
    """

    again_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_WIDTH, parent)
        self.setWindowTitle("Along the line")
        self._measured: MeasuredLine | None = None
        self.words = QLabel()
        set_role(self.words, "heading")
        self.plot = CurvePlot("Grey values", x_title="Position along the line")
        self.plot.setMinimumHeight(_HEIGHT)
        self.plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.copy, self.again = QPushButton("Copy the numbers"), QPushButton("Measure another line")
        close = QPushButton("Close")
        for button in (self.copy, self.again, close):
            button.setAutoDefault(False)
        row = QHBoxLayout()
        row.addWidget(self.copy)
        row.addWidget(self.again)
        row.addStretch(1)
        row.addWidget(close)
        self.column.addWidget(self.words)
        self.column.addWidget(self.plot, 1)
        self.footer.addLayout(row)
        self.copy.clicked.connect(self._copy)
        self.again.clicked.connect(self.again_wanted)
        close.clicked.connect(self.close)

    def show_measured(self, measured: MeasuredLine, plane: Plane) -> None:
        """Show another line."""
        self._measured = measured
        self.words.setText(f"{measured.words}   in {plane.value}")
        self.plot.clear_curves()
        for name, values in measured.profiles.items():
            for position, value in zip(measured.positions, values, strict=True):
                self.plot.add_point(name, float(position), float(value))

    def _copy(self) -> None:
        if self._measured is not None:
            QGuiApplication.clipboard().setText(self._measured.table())
