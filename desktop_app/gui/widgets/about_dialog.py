"""Version, libraries and licences."""

from __future__ import annotations

import platform
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
from desktop_app.io.licences import PROGRAM, Library, libraries_of

_NO_TEXT = "Its package holds no licence text; its documentation does."


class AboutDialog(FittedDialog):
    """What this program is made of."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(620, parent)
        self.setWindowTitle("About Voxelwright")
        picture = QLabel()
        picture.setPixmap(QPixmap(str(resource("icons", "voxelwright.png"))).scaledToWidth(64, _SMOOTH))
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
        made_of = QLabel("It stands on these libraries")
        set_role(made_of, "heading")
        self._libraries = libraries_of()
        self.table = _filled_table(self._libraries)
        self.licence = QPlainTextEdit()
        self.licence.setReadOnly(True)
        self.licence.setPlaceholderText("Choose a library to read its licence.")
        self.licence.setAccessibleName("Licence of the chosen library")
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
        lines += [f"{library.name} {library.version} ({library.licence})" for library in self._libraries]
        QGuiApplication.clipboard().setText("\n".join(lines))

    def _show_licence(self, row: int) -> None:
        library = self._libraries[row]
        self.licence.setPlainText("\n\n".join(library.texts) or _NO_TEXT)


def _filled_table(libraries: list[Library]) -> QTableWidget:
    table = QTableWidget(len(libraries), 3)
    table.setHorizontalHeaderLabels(["Library", "Version", "Licence"])
    table.verticalHeader().hide()
    table.setShowGrid(False)
    table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
    for row, library in enumerate(libraries):
        for column, cell in enumerate((library.name, library.version, library.licence or "not stated")):
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
