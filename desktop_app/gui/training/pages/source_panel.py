"""Where the training images come from: the project, or folders."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QWidget,
)

from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.shown_name import dated
from desktop_app.gui.session.session import Session
from desktop_app.gui.theme.spacing import MEDIUM
from desktop_app.gui.training.draft import TrainingDraft
from desktop_app.gui.widgets.form import ParameterForm
from desktop_app.gui.widgets.path_chooser import PathChooser
from desktop_app.jobs.data.project_data import has_marked, labelled_items, layer_names
from desktop_app.jobs.patches.project import patch_sets

_SET_LENGTH = 14  # characters: what does not fit into the page is shortened
_FOUND = "Found by itself in most folders"
_NOT_NEEDED = "Not needed; labels only tell how well the model does"


class SourcePanel(QWidget):
    """Edits the source of a draft.

    Signals:
        changed: The user chose another source.
    """

    changed = Signal()

    def __init__(self, draft: TrainingDraft, session: Session) -> None:
        super().__init__()
        self._draft = draft
        self.from_project, self.from_folder = QRadioButton(), QRadioButton()
        self.marked_only = QCheckBox("Only slices marked as done")
        self.layer = QComboBox()
        self.layer.setAccessibleName("Label layer to learn from")
        self.layer.setToolTip("The images have several label layers: learn from this one.")
        self.patches = QComboBox()
        self.patches.setAccessibleName("Images of the project to learn from")
        self.patches.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.patches.setMinimumContentsLength(_SET_LENGTH)
        self.patches.setToolTip("Learn from all labelled images of the project, or from a set of patches alone.")
        self.folder = PathChooser("folder", "Folder with images", placeholder="Drop a folder here")
        self.labels_folder = PathChooser("folder", "Folder with labels", placeholder=_FOUND)
        self.kind = QComboBox()
        self.kind.addItem("objects, each with its own number", "objects")
        self.kind.addItem("classes, a number for each kind of thing", "classes")
        self.divisor: ParameterForm[DatasetConfig] = ParameterForm(DatasetConfig, fields=("label_divisor",))
        self._folder_rows = [QLabel("Labels are in"), self.labels_folder, QLabel("Labels hold"), self.kind]
        self._build()
        self._first_choice(session)
        self._connect_signals()

    def _build(self) -> None:
        group = QButtonGroup(self)
        group.addButton(self.from_project)
        group.addButton(self.from_folder)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(1, 1)
        grid.setHorizontalSpacing(MEDIUM)
        grid.addWidget(self.from_project, 0, 0)
        chosen = QHBoxLayout()
        chosen.addWidget(self.patches)
        chosen.addWidget(self.marked_only)
        chosen.addWidget(self.layer)
        chosen.addStretch(1)
        grid.addLayout(chosen, 0, 1)
        grid.addWidget(self.from_folder, 1, 0)
        grid.addWidget(self.folder, 1, 1)
        for row, (title, editor) in enumerate((self._folder_rows[:2], self._folder_rows[2:]), start=2):
            title.setContentsMargins(24, 0, 0, 0)  # px: below the words of the choice
            grid.addWidget(title, row, 0)
            grid.addWidget(editor, row, 1)

        grid.addWidget(self.divisor, 4, 1)

    def _first_choice(self, session: Session) -> None:
        draft, opened = self._draft, session.open_project
        items = labelled_items(opened) if opened is not None else []
        marked = has_marked(opened, within=draft.within) if opened is not None else False
        draft.source = "project" if items or draft.folder is None else "folder"
        draft.marked_only = marked
        self.marked_only.setChecked(marked)
        self._marked = marked
        self.from_project.setChecked(draft.source == "project")
        self.from_folder.setChecked(draft.source == "folder")
        self.patches.addItem("all images", None)
        for folder in patch_sets(opened) if opened is not None else []:
            self.patches.addItem(dated(folder.name), str(folder))
        self.patches.setCurrentIndex(max(0, self.patches.findData(None if draft.within is None else str(draft.within))))
        self.patches.setVisible(self.patches.count() > 1)
        names = layer_names(opened) if opened is not None else []
        self.layer.addItems(names)
        self.layer.setVisible(len(names) > 1)
        self._show_rows()

    def show_kind(self) -> None:
        """Bring what is said of labels up to date with the goal."""
        self.kind.setCurrentIndex(self.kind.findData(self._draft.kind_of_folder))
        self._show_rows()

    def _connect_signals(self) -> None:
        self.from_project.toggled.connect(self._on_changed)
        self.marked_only.toggled.connect(self._on_changed)
        self.layer.activated.connect(self._on_changed)
        self.patches.activated.connect(self._on_changed)
        self.folder.path_changed.connect(self._on_folder)
        self.labels_folder.path_changed.connect(self._on_changed)
        self.kind.activated.connect(self._on_kind)
        self.divisor.changed.connect(self._on_divisor)

    def _show_rows(self) -> None:
        needed = self._draft.needs_labels
        self.from_project.setText("Labelled images of this project" if needed else "Images of this project")
        self.from_folder.setText("A folder with images and labels" if needed else "A folder with images")
        self.labels_folder.line.setPlaceholderText(_FOUND if needed else _NOT_NEEDED)
        in_folder = self.from_folder.isChecked()
        self.folder.setEnabled(in_folder)
        self.marked_only.setVisible(self._marked and needed)  # without labels all slices are learned from
        self.marked_only.setEnabled(not in_folder)
        self.layer.setEnabled(not in_folder)
        self.patches.setEnabled(not in_folder)
        for widget in self._folder_rows:
            widget.setVisible(in_folder)
        for widget in self._folder_rows[2:]:
            widget.setVisible(in_folder and (needed or self.labels_folder.path() is not None))
        draft = self._draft
        self.divisor.setVisible(in_folder and draft.kind_of_folder == "classes" and draft.needs_labels)

    def _on_folder(self, path: Path | None) -> None:
        self._draft.choose_folder(path)
        if self.from_folder.isChecked():
            self._on_changed()
        else:
            self.from_folder.setChecked(True)

    def _on_kind(self) -> None:
        self._draft.folder_kind = self.kind.currentData()
        self._on_changed()

    def _on_divisor(self, dataset: DatasetConfig) -> None:
        self._draft.label_divisor = dataset.label_divisor
        self._on_changed()

    def _on_changed(self) -> None:
        draft = self._draft
        draft.source = "project" if self.from_project.isChecked() else "folder"
        draft.marked_only = self.marked_only.isChecked()
        draft.layer = self.layer.currentText() if self.layer.currentIndex() > 0 else None
        draft.within = Path(folder) if (folder := self.patches.currentData()) else None
        draft.choose_folder(self.folder.path())
        draft.labels_folder = self.labels_folder.path()
        self._show_rows()
        self.changed.emit()
