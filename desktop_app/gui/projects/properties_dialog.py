"""Facts about an image, its voxel size and notes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QPlainTextEdit,
    QWidget,
)

from desktop_app.core.imaging import Volume, VoxelSize
from desktop_app.core.imaging.voxel_size import Unit
from desktop_app.core.project import Item
from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import LARGE, SMALL
from desktop_app.gui.widgets.fitted_dialog import FittedDialog
from desktop_app.gui.widgets.form import ParameterForm

_SELECT = Qt.TextInteractionFlag.TextSelectableByMouse


class PropertiesDialog(FittedDialog):
    """Shows what the file says, and lets the user correct the voxel size.

    Args:
        item: The image.
        volume: As its file has it.
        unit: Of length, where the file does not state a size.
        parent: The window.
    """

    def __init__(self, item: Item, volume: Volume, unit: Unit, parent: QWidget | None = None) -> None:
        super().__init__(520, parent)  # px wide, by eye
        self.setWindowTitle(f"Properties of {item.name}")
        self._from_file = volume.voxel_size
        start = item.voxel_size or (volume.voxel_size if volume.voxel_size.known else VoxelSize(unit=unit))
        self.own_size = QCheckBox("Set the voxel size myself")
        self.own_size.setChecked(item.voxel_size is not None)
        self.form = ParameterForm(
            VoxelSize, start.model_copy(update={"known": True}), fields=("x", "y", "z", "unit"), compact=False
        )
        self.form.setEnabled(self.own_size.isChecked())
        self.own_size.toggled.connect(self.form.setEnabled)
        self._notes = QPlainTextEdit(item.notes)
        self._notes.setMaximumHeight(90)  # px, by eye
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self.form.validity_changed.connect(self._on_validity)
        self._arrange(volume)

    def voxel_size(self) -> VoxelSize | None:
        """What the user set; None takes the file's."""
        return self.form.value() if self.own_size.isChecked() else None

    def notes(self) -> str:
        """The notes."""
        return self._notes.toPlainText().strip()

    def _on_validity(self, valid: bool) -> None:
        self._buttons.button(QDialogButtonBox.StandardButton.Save).setEnabled(valid)

    def _arrange(self, volume: Volume) -> None:
        facts = QFormLayout()
        facts.setHorizontalSpacing(LARGE)
        facts.setVerticalSpacing(SMALL)
        for title, text in _facts(volume):
            label = QLabel(text)
            label.setWordWrap(True)
            label.setTextInteractionFlags(label.textInteractionFlags() | _SELECT)
            name = QLabel(title)
            set_role(name, "muted")
            facts.addRow(name, label)
        heading = QLabel("Notes")
        set_role(heading, "heading")
        column = self.column
        column.addLayout(facts)
        column.addWidget(self.own_size)
        column.addWidget(self.form)
        column.addWidget(heading)
        column.addWidget(self._notes)
        self.footer.addWidget(self._buttons)


def _facts(volume: Volume) -> list[tuple[str, str]]:
    z, y, x = volume.shape
    size = f"{x} × {y} pixels" if volume.is_2d else f"{x} × {y} × {z} voxels (x, y, z)"
    channels = ", ".join(volume.channel_names) or str(volume.channels)
    return [
        ("File", str(volume.path or "")),
        ("Size", size),
        *([("Time points", _times(volume))] if volume.times > 1 else []),
        ("Channels", "colour picture" if volume.rgb else channels),
        ("Grey values", str(volume.dtype)),
        ("Memory", _bytes(volume.nbytes)),
        ("Voxel size in the file", volume.voxel_size.describe()),
        *(("Remark", note) for note in volume.notes),
    ]


def _times(volume: Volume) -> str:
    step = volume.movie.step if volume.movie is not None else None
    return str(volume.times) if step is None else f"{volume.times}, every {step:.4g} s"


def _bytes(count: int) -> str:
    size = float(count)
    for unit in ("bytes", "KB", "MB", "GB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1024  # bytes to kB, and so on
    return f"{size:.1f} TB"
