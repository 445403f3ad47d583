"""Version, parts and their licences."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QPixmap
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from desktop_app.gui.theme import icon, set_role
from desktop_app.gui.theme.resource_files import resource
from desktop_app.gui.theme.spacing import LARGE, SMALL
from desktop_app.gui.widgets.fitted_dialog import FittedDialog
from desktop_app.io.licences import PROGRAM, Part, parts_of_program

_NO_TEXT = "Its package holds no licence text; its documentation does."


class AboutDialog(FittedDialog):
    """What this program is made of."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(620, parent)  # px wide, by eye
        self.setWindowTitle("About Voxelwright")
        picture = QLabel()
        picture.setPixmap(QPixmap(str(resource("icons", "voxelwright.png"))).scaledToWidth(64, _SMOOTH))  # px, by eye
        title = QLabel("Voxelwright")
        set_role(title, "title")
        number = QLabel(f"Version {_own_version()} · Python {platform.python_version()} · {platform.system()}")
        set_role(number, "muted")
        text = QLabel(
            "Segments 2D and 3D microscopy images: label, train, run and measure, without writing code. "
            "Free to use, change and pass on under the BSD 3-Clause licence. © The Voxelwright developers."
        )
        text.setWordWrap(True)
        words = QVBoxLayout()
        words.setSpacing(2)
        for label in (title, number, text):
            words.addWidget(label)
        head = QHBoxLayout()
        head.setSpacing(LARGE)
        head.addWidget(picture)
        head.addLayout(words, 1)
        made_of = QLabel("It stands on these parts")
        set_role(made_of, "heading")
        self._parts: Sequence[Part] = parts_of_program()
        self.table = _filled_table(self._parts)
        self.licence = QPlainTextEdit()
        self.licence.setReadOnly(True)
        self.licence.setPlaceholderText("Choose a part to read its licence.")
        self.licence.setAccessibleName("Licence of the chosen part")
        self.table.currentCellChanged.connect(self._show_licence)
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
        self.column.addLayout(head)
        self.column.addWidget(made_of)
        self.column.addWidget(self.table, 2)
        self.column.addWidget(self.licence, 1)
        self.footer.addLayout(buttons)

    def copy_versions(self) -> None:
        """Put the list on the clipboard."""
        lines = [f"Voxelwright {_own_version()}, Python {platform.python_version()}, {platform.platform()}"]
        lines += [f"{part.name} {part.version} ({part.licence})" for part in self._parts]
        QGuiApplication.clipboard().setText("\n".join(lines))

    def _show_licence(self, row: int) -> None:
        self.licence.setPlainText("\n\n".join(self._parts[row].texts) or _NO_TEXT)


def _filled_table(parts: Sequence[Part]) -> QTableWidget:
    table = QTableWidget(len(parts), 3)
    table.setHorizontalHeaderLabels(["Part", "Version", "Licence"])
    table.verticalHeader().hide()
    table.setShowGrid(False)
    table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
    for row, part in enumerate(parts):
        for column, cell in enumerate((part.name, part.version, part.licence or "not stated")):
            table.setItem(row, column, QTableWidgetItem(cell))
    table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
    table.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
    table.resizeColumnsToContents()
    return table


_SMOOTH = Qt.TransformationMode.SmoothTransformation


def _own_version() -> str:
    try:
        return version(PROGRAM)
    except PackageNotFoundError:
        return "in development"
