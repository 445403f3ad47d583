"""Labels for many images: a folder, and a table of what belongs to what, to look through before anything is done."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from desktop_app.core.errors import UserError
from desktop_app.core.project import Item
from desktop_app.gui.theme import current_colors, set_role
from desktop_app.gui.widgets.fitted_dialog import FittedDialog
from desktop_app.gui.widgets.path_chooser import PathChooser
from desktop_app.io.images.registry import label_filter
from desktop_app.io.projects import OpenProject
from desktop_app.jobs.data.import_many import labels_for

_WIDTH = 760  # px: two file names side by side
_ROWS = 200  # px that the table has at least
_IMAGE, _FILE, _STATE = range(3)
_RULE = "Files are matched by name: “cell 3.tif” with “cell 3_mask.tif”, “mask_003.png” and so on."


class LabelsDialog(FittedDialog):
    """Pairs the images of a project with label files by their names.

    Args:
        opened: The project.
        items: The images that may get labels.
        parent: The window.
    """

    def __init__(self, opened: OpenProject, items: Sequence[Item], parent: QWidget | None = None) -> None:
        super().__init__(_WIDTH, parent)
        self.setWindowTitle("Import labels by name")
        self._opened, self._items = opened, list(items)
        self._files: list[Path | None] = [None] * len(self._items)
        self._problem = ""
        self.chooser = PathChooser("folder", "Folder of the label files", placeholder="Choose or drop a folder")
        self.table = QTableWidget(len(self._items), 3)
        self.words = QLabel()
        self.words.setWordWrap(True)
        set_role(self.words, "muted")
        self.choose_button = QPushButton("Choose a file for this image…")
        self.order_button = QPushButton("Match the rest in order")
        self.order_button.setToolTip("Only if both lists are in the same order: look through the table afterwards.")
        self.all_done = QCheckBox("All slices of these images are completely labelled: mark them done")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go = self.buttons.addButton("Import", QDialogButtonBox.ButtonRole.AcceptRole)
        self._arrange()
        self.chooser.path_changed.connect(self._on_folder)
        self.table.itemChanged.connect(self._say)
        self.table.currentCellChanged.connect(self._say)
        self.table.cellDoubleClicked.connect(self._choose)
        self.choose_button.clicked.connect(self._choose)
        self.order_button.clicked.connect(self._match_in_order)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._fill()
        if self._items:
            self.chooser.set_path(opened.image_path(self._items[0]).parent)

    def pairs(self) -> list[tuple[Item, Path]]:
        """The ticked images with their label files."""
        ticked = (self._cell(row, _IMAGE).checkState() == Qt.CheckState.Checked for row in range(len(self._items)))
        rows = zip(self._items, self._files, ticked, strict=True)
        return [(item, file) for item, file, on in rows if on and file is not None]

    def mark_done(self) -> bool:
        """Whether the images are completely labelled then."""
        return self.all_done.isChecked()

    def _arrange(self) -> None:
        self.table.setHorizontalHeaderLabels(["Image", "Label file", ""])
        self.table.verticalHeader().hide()
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setAccessibleName("Images and their label files")
        self.table.setTabKeyNavigation(False)
        self.table.setMinimumHeight(_ROWS)
        for column in (_IMAGE, _FILE):
            self.table.horizontalHeader().setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        self.table.horizontalHeader().setSectionResizeMode(_STATE, QHeaderView.ResizeMode.ResizeToContents)
        help_words = QLabel(_RULE)
        help_words.setWordWrap(True)
        row = QHBoxLayout()
        row.addWidget(self.choose_button)
        row.addWidget(self.order_button)
        row.addStretch(1)
        for widget in (help_words, self.chooser, self.table):
            self.column.addWidget(widget)
        self.column.addLayout(row)
        self.column.addWidget(self.all_done)
        self.footer.addWidget(self.words)
        self.footer.addWidget(self.buttons)

    def _on_folder(self, folder: Path | None) -> None:
        self._files, self._problem = [None] * len(self._items), ""
        if folder is not None and folder.is_dir():
            try:
                found = dict(labels_for(self._opened, self._items, folder).pairs)
            except UserError as error:
                found, self._problem = {}, str(error)
            self._files = [found.get(self._opened.image_path(item)) for item in self._items]
        self._fill()

    def _match_in_order(self) -> None:
        folder = self.chooser.path()
        if folder is not None:
            found = dict(labels_for(self._opened, self._items, folder).paired_by_order().pairs)
            self._files = [found.get(self._opened.image_path(item)) for item in self._items]
            self._fill()

    def _choose(self) -> None:
        row = self.table.currentRow()
        if row < 0:
            return
        start = str(self.chooser.path() or self._opened.image_path(self._items[row]).parent)
        title = f"Labels for {self._items[row].name}"
        chosen, _ = QFileDialog.getOpenFileName(self, title, start, label_filter())
        if chosen:
            self.set_file(row, Path(chosen))

    def set_file(self, row: int, file: Path) -> None:
        """Take another label file for an image."""
        self._files[row] = file
        self._fill()

    def _fill(self) -> None:
        self.table.blockSignals(True)
        muted = QColor(current_colors().muted)
        for row, (item, file) in enumerate(zip(self._items, self._files, strict=True)):
            name = QTableWidgetItem(item.name)
            name.setCheckState(Qt.CheckState.Checked if file is not None else Qt.CheckState.Unchecked)
            name.setToolTip(item.image)
            label = QTableWidgetItem(file.name if file is not None else "no file of this name")
            label.setToolTip(str(file or ""))
            replaced = file is not None and item.status != "new"
            state = QTableWidgetItem("replaces its labels" if replaced else "")
            if file is None:
                name.setFlags(name.flags() & ~Qt.ItemFlag.ItemIsUserCheckable)
                label.setForeground(muted)
            for column, cell in enumerate((name, label, state)):
                self.table.setItem(row, column, cell)
        self.table.blockSignals(False)
        self._say()

    def _say(self) -> None:
        chosen, folder = self.pairs(), self.chooser.path()
        replaced = sum(item.status != "new" for item, _ in chosen)
        words = f"{len(chosen)} of {len(self._items)} images get labels."
        if replaced:
            words += f" {replaced} of them lose those that they have; this cannot be undone."
        self.words.setText(self._problem or words)
        self.go.setText("Import" if not chosen else f"Import {len(chosen)}")
        self.go.setEnabled(bool(chosen))
        self.choose_button.setEnabled(self.table.currentRow() >= 0)
        possible = False
        if not self._problem and folder is not None and folder.is_dir() and None in self._files:
            possible = labels_for(self._opened, self._items, folder).by_order_possible
        self.order_button.setVisible(possible)

    def _cell(self, row: int, column: int) -> QTableWidgetItem:
        return self.table.item(row, column) or QTableWidgetItem()
