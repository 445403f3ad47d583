"""The dialog in which the user says how an image file is to be read: image in it, axes, voxel size."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QDialogButtonBox, QFormLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import ImageReading, Index3, Plane, Volume, VoxelSize
from desktop_app.core.imaging.contrast import auto_window, to_uint8
from desktop_app.core.imaging.reading import AXIS_NAMES
from desktop_app.core.imaging.voxel_size import Unit
from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import LARGE, SMALL, level_titles
from desktop_app.gui.widgets.banner import Banner
from desktop_app.gui.widgets.fitted_dialog import FittedDialog
from desktop_app.gui.widgets.form import ParameterForm
from desktop_app.gui.widgets.number_fields import CalmComboBox
from desktop_app.gui.widgets.thumbnail import LabelThumbnail
from desktop_app.io.images.registry import list_series, open_volume

_PREVIEW_EDGE = 240  # px: enough to see whether a slice is a slice


class ReadingDialog(FittedDialog):
    """Proposes what the file says, shows what becomes of it, and refuses what cannot be.

    Args:
        path: The image file.
        reading: What the user said of it until now.
        unit: Of length, where the file does not state a size.
        others: How many other images of the project lie in its folder.
        labelled: Shape (z, y, x) and time points for which there are labels already; None without labels.
        parent: The window.
    """

    def __init__(
        self, path: Path, reading: ImageReading, unit: Unit, others: int, labelled: tuple[Index3, int] | None,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(620, parent)  # px wide, by eye
        self.setWindowTitle(f"Axes and voxel size of {path.name}")
        self._path, self._start, self._unit, self._labelled = path, reading, unit, labelled
        self.series, self.axes = CalmComboBox(), list[CalmComboBox]()
        self.exchange = QCheckBox("Exchange time and slices")
        self.exchange.setChecked(reading.time_as_z)
        self.own_size = QCheckBox("Set the voxel size myself")
        self.whole_folder = QCheckBox(f"For all images of this folder ({others + 1})")
        self.whole_folder.setVisible(others > 0)
        self.picture = LabelThumbnail()
        self.picture.setMinimumSize(_PREVIEW_EDGE, _PREVIEW_EDGE)
        self.words, self.problem = QLabel(), Banner()
        self.words.setWordWrap(True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        self._axis_row = QFormLayout()
        self._file = self._open(ImageReading(series=reading.series))
        size = reading.voxel_size or self._file.voxel_size
        start = size if size.known else VoxelSize(unit=unit)
        self.form = ParameterForm(
            VoxelSize, start.model_copy(update={"known": True}), fields=("x", "y", "z", "unit"), compact=False
        )
        self.own_size.setChecked(reading.voxel_size is not None or not self._file.voxel_size.known)
        self.form.setEnabled(self.own_size.isChecked())
        self._offer_series()
        self._offer_axes(reading.axes)
        self._arrange()
        self._connect()
        self._show()

    def reading(self) -> ImageReading:
        """What the user says now.

        Raises:
            ValueError: If the axes make no image.
        """
        chosen = "".join(box.currentData() for box in self.axes)
        stated = self._stated()
        return ImageReading(
            series=self.series.currentData() or "",
            axes="" if chosen == stated else chosen,
            time_as_z=self.exchange.isChecked(),
            stack=self._start.stack,
            voxel_size=self.form.value() if self.own_size.isChecked() else None,
        )

    def _stated(self) -> str:
        return "".join(letter for letter, _ in self._shown_axes())

    def _shown_axes(self) -> list[tuple[str, int]]:
        """Letter and length of the axes that hold more than one picture, and of rows and columns."""
        pairs = zip(self._file.stored_axes, self._file.stored_shape, strict=True)
        return [(letter, length) for letter, length in pairs if length > 1 or letter in "YX"]

    def _open(self, reading: ImageReading) -> Volume:
        return open_volume(self._path, reading=reading.model_copy(update={"stack": self._start.stack}))

    def _offer_series(self) -> None:
        found = () if self._start.stack else list_series(self._path)
        for one in found:
            self.series.addItem(one.describe(), one.name)
        place = self.series.findData(self._start.series)
        self.series.setCurrentIndex(max(0, place))
        self.series.setAccessibleName("Image in the file")
        self.series.setVisible(bool(found))

    def _offer_axes(self, given: str) -> None:
        for box in self.axes:
            self._axis_row.removeRow(box)
        self.axes = []
        shown = self._shown_axes()
        letters = given if len(given) == len(shown) else self._stated()
        for number, (letter, (_, length)) in enumerate(zip(letters, shown, strict=True), start=1):
            box = CalmComboBox()
            box.setAccessibleName(f"Meaning of axis {number}")
            for key, name in AXIS_NAMES.items():
                box.addItem(name.capitalize(), key)
            box.setCurrentIndex(box.findData(letter))
            box.currentIndexChanged.connect(self._show)
            self.axes.append(box)
            self._axis_row.addRow(f"Axis {number}, {length} long", box)
        level_titles(self._axis_row)

    def _arrange(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(SMALL)
        for title, widget in (("Image in the file", self.series), ("Axes, from the outermost", None)):
            if widget is not None and widget.isHidden():
                continue
            heading = QLabel(title)
            set_role(heading, "heading")
            left.addWidget(heading)
            if widget is not None:
                left.addWidget(widget)
        left.addLayout(self._axis_row)
        for part in (self.exchange, self.own_size, self.form):
            left.addWidget(part)
        left.addStretch(1)
        right = QVBoxLayout()
        right.addWidget(self.picture, 1)
        right.addWidget(self.words)
        both = QHBoxLayout()
        both.setSpacing(LARGE)
        both.addLayout(left, 1)
        both.addLayout(right, 1)
        body = QWidget()
        body.setLayout(both)
        self.column.addWidget(body)
        self.column.addWidget(self.problem)
        self.column.addWidget(self.whole_folder)
        self.footer.addWidget(self.buttons)

    def _connect(self) -> None:
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.series.currentIndexChanged.connect(self._on_series)
        self.exchange.toggled.connect(self._show)
        self.own_size.toggled.connect(self.form.setEnabled)
        self.own_size.toggled.connect(self._show)
        self.form.changed.connect(self._show)
        self.form.validity_changed.connect(self._show)

    def _on_series(self) -> None:
        try:
            self._file = self._open(ImageReading(series=self.series.currentData() or ""))
        except UserError as error:
            self._refuse(str(error))
            return
        self._offer_axes("")
        self._show()

    def _show(self, _changed: object = None) -> None:
        """Show what becomes of the file, or why it cannot be."""
        if self.form.problems() and self.own_size.isChecked():
            self._refuse("The voxel size is not valid.")
            return
        try:
            volume = self._open(self.reading())
            z, y, x = volume.shape
            picture = volume.plane(Plane.XY, z // 2)
        except UserError as error:
            self._refuse(str(error))
            return
        except ValueError as error:
            self._refuse(_plain(error))
            return
        self.picture.set_picture(to_uint8(picture, auto_window(picture)))
        slices = [f"{volume.times} time points"] if volume.times > 1 else []
        slices += [f"{volume.channels} channels"] if volume.channels > 1 and not volume.rgb else []
        size = f"{x} × {y} pixels" if volume.is_2d else f"{x} × {y} × {z} voxels (x, y, z)"
        self.words.setText(", ".join([*slices, size]) + f"\nVoxel size: {volume.voxel_size.describe()}")
        if self._labelled is not None and (volume.shape, volume.times) != self._labelled:
            self._refuse("This image has labels, and they would not fit any more. Add the image a second time instead.")
            return
        self.problem.show_text("")
        self.buttons.button(QDialogButtonBox.StandardButton.Save).setEnabled(True)

    def _refuse(self, why: str) -> None:
        self.problem.show_text(why, "warning")
        self.buttons.button(QDialogButtonBox.StandardButton.Save).setEnabled(False)


def _plain(error: ValueError) -> str:
    """What pydantic says of the axes, without its frame."""
    errors = getattr(error, "errors", None)
    first = errors()[0]["msg"] if errors is not None else str(error)
    return str(first).removeprefix("Value error, ")
