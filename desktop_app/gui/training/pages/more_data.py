"""Further data sets to learn from, and those to check with alone."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop_app.core.config.dataset import HEAVIEST
from desktop_app.gui.theme import icon, set_role
from desktop_app.gui.theme.spacing import SMALL
from desktop_app.gui.training.draft import MoreData, TrainingDraft
from desktop_app.gui.widgets.number_fields import CalmDoubleSpinBox

_LIGHTEST = 0.05  # weight; with less, a data set is hardly ever seen


class MoreDataPanel(QWidget):
    """One row for each further data set: what it is used for, and how often its images are drawn.

    Args:
        draft: Its ``more`` is shown and changed.

    Signals:
        changed: ``draft.more`` is another one.
    """

    changed = Signal()

    def __init__(self, draft: TrainingDraft) -> None:
        super().__init__()
        self._draft = draft
        self.add = QPushButton("Add a folder or project…")
        self.add.setIcon(icon("folder"))
        note = QLabel(
            "Images of other folders or projects, for instance public ones beside few of your own. Their labels must "
            "mean the same. A weight of 0.5 draws their images half as often."
        )
        note.setWordWrap(True)
        set_role(note, "muted")
        self._rows = QGridLayout()
        self._editors: list[tuple[QComboBox, CalmDoubleSpinBox]] = []
        self._rows.setColumnStretch(0, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SMALL)
        layout.addWidget(note)
        layout.addLayout(self._rows)
        layout.addWidget(self.add)
        self.add.clicked.connect(self._on_add)

    def add_folder(self, folder: Path) -> None:
        """Take one more."""
        self._set((*self._draft.more, MoreData(folder)))

    def _on_add(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Folder with images and labels, or a project", str(Path.home()))
        if chosen:
            self.add_folder(Path(chosen))

    def _set(self, more: tuple[MoreData, ...]) -> None:
        self._draft.more = more
        while (item := self._rows.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._editors.clear()
        for row, each in enumerate(more):
            self._add_row(row, each)
        self.changed.emit()

    def _add_row(self, row: int, each: MoreData) -> None:
        name, use, weight, remove = QLabel(each.folder.name), QComboBox(), CalmDoubleSpinBox(), QPushButton("Remove")
        name.setToolTip(str(each.folder))
        use.addItem("to learn and to check", False)
        use.addItem("to check alone", True)
        use.setCurrentIndex(use.findData(each.checks))
        use.setAccessibleName(f"What {each.folder.name} is used for")
        weight.setRange(_LIGHTEST, HEAVIEST)
        weight.setSingleStep(0.1)  # by eye
        weight.setPrefix("weight ")
        weight.setValue(each.weight)
        weight.setEnabled(not each.checks)
        weight.setAccessibleName(f"Weight of {each.folder.name}")
        for column, widget in enumerate((name, use, weight, remove)):
            self._rows.addWidget(widget, row, column)
        self._editors.append((use, weight))
        use.activated.connect(partial(self._on_row, row))
        weight.valueChanged.connect(partial(self._on_row, row))
        remove.clicked.connect(partial(self._on_remove, row))

    def _on_row(self, row: int, _new: object) -> None:
        use, weight = self._editors[row]
        more = list(self._draft.more)
        more[row] = MoreData(more[row].folder, weight.value(), bool(use.currentData()))
        weight.setEnabled(not more[row].checks)
        self._draft.more = tuple(more)
        self.changed.emit()

    def _on_remove(self, row: int) -> None:
        self._set((*self._draft.more[:row], *self._draft.more[row + 1 :]))
