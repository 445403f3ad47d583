"""Version, libraries and licences."""

from __future__ import annotations

import platform
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata, version

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from desktop_app.gui.theme import icon, set_role
from desktop_app.gui.theme.resource_files import resource
from desktop_app.gui.theme.spacing import LARGE, MEDIUM, SMALL, pad

_LIBRARIES = (
    "PySide6-Essentials", "pyqtgraph", "superqt", "QtAwesome", "numpy", "scipy", "scikit-image", "torch", "monai",
    "tifffile", "imagecodecs", "zarr", "pydantic", "typer", "connected-components-3d", "fastremap", "edt",
    "fill-voids", "safetensors", "tensorboard", "pillow", "psutil", "platformdirs", "pooch",
)  # fmt: skip
_CLASSIFIER = "License :: OSI Approved :: "


def library_rows() -> list[tuple[str, str, str]]:
    """Name, version and licence of each library that is installed."""
    rows = []
    for name in _LIBRARIES:
        try:
            rows.append((name, version(name), _licence(name)))
        except PackageNotFoundError:
            continue
    return rows


def _licence(name: str) -> str:
    facts = metadata(name)
    classified = [c.removeprefix(_CLASSIFIER) for c in _stated(facts, "Classifier") if c.startswith(_CLASSIFIER)]
    whole_text = [line for text in _stated(facts, "License") for line in text.strip().splitlines()[:1]]
    words = _stated(facts, "License-Expression") or classified or whole_text
    return ", ".join(words)[:60] or "see its documentation"


def _stated(facts: PackageMetadata, field: str) -> list[str]:
    return [str(value) for value in facts.get_all(field) or [] if value]


class AboutDialog(QDialog):
    """What this program is made of."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("About Voxelwright")
        self.resize(620, 560)
        picture = QLabel()
        picture.setPixmap(QPixmap(str(resource("icons", "voxelwright.png"))).scaledToWidth(64, _SMOOTH))
        title = QLabel("Voxelwright")
        set_role(title, "title")
        number = QLabel(f"Version {_own_version()} · Python {platform.python_version()} · {platform.system()}")
        set_role(number, "muted")
        text = QLabel("Segments 2D and 3D microscopy images: label, train, run and measure, without writing code.")
        text.setWordWrap(True)
        words = QVBoxLayout()
        words.setSpacing(2)
        for label in (title, number, text):
            words.addWidget(label)
        head = QHBoxLayout()
        head.setSpacing(LARGE)
        head.addWidget(picture)
        head.addLayout(words, 1)
        made_of = QLabel("It stands on these libraries")
        set_role(made_of, "heading")
        self.table = self._filled_table()
        copy = QPushButton("Copy versions")
        copy.setIcon(icon("copy"))
        copy.clicked.connect(self.copy_versions)
        close = QPushButton("Close")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        buttons.addWidget(copy)
        buttons.addStretch(1)
        buttons.addWidget(close)
        column = QVBoxLayout(self)
        pad(column, LARGE, MEDIUM)
        column.addLayout(head)
        column.addWidget(made_of)
        column.addWidget(self.table, 1)
        column.addLayout(buttons)

    def copy_versions(self) -> None:
        """Put the list on the clipboard."""
        lines = [f"Voxelwright {_own_version()}, Python {platform.python_version()}, {platform.platform()}"]
        lines += [f"{name} {number} ({licence})" for name, number, licence in library_rows()]
        QGuiApplication.clipboard().setText("\n".join(lines))

    @staticmethod
    def _filled_table() -> QTableWidget:
        rows = library_rows()
        table = QTableWidget(len(rows), 3)
        table.setHorizontalHeaderLabels(["Library", "Version", "Licence"])
        table.verticalHeader().hide()
        table.setShowGrid(False)
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                table.setItem(row, column, QTableWidgetItem(cell))
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        table.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        table.resizeColumnsToContents()
        return table


_SMOOTH = Qt.TransformationMode.SmoothTransformation


def _own_version() -> str:
    try:
        return version("voxelwright")
    except PackageNotFoundError:
        return "in development"
