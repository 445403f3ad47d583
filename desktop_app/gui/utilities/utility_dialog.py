"""The question before a utility: its input, its settings, and where the result goes."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QDialogButtonBox, QFileDialog, QFormLayout, QLabel, QPushButton, QWidget

from desktop_app.gui.theme.spacing import SMALL, level_titles
from desktop_app.gui.widgets.fitted_dialog import FittedDialog
from desktop_app.gui.widgets.form import ParameterForm
from desktop_app.gui.widgets.number_fields import CalmComboBox
from desktop_app.gui.widgets.path_chooser import PathChooser
from desktop_app.io.images.registry import image_filter, image_stem, label_filter
from desktop_app.jobs.utilities.base import Utility
from desktop_app.jobs.utilities.run import UtilityConfig, suggested_out

_WIDTH = 560  # px, by eye
_OPEN, _FILE, _FOLDER = "What is open", "One file", "All files of a folder"
_IMAGE = "A new image of the project, with the labels"
_LAYER, _LABELS = "A layer over the image, to look at and take over", "The labels themselves, as one step of undo"


class UtilityDialog(FittedDialog):
    """Advice, input, form, output, and a button to go on.

    Args:
        utility: Which.
        first: The input that is offered.
        parent: The window.
        opened: Whether an image with labels is open, with which it can be done as well.
    """

    def __init__(
        self, utility: Utility, first: Path | None, parent: QWidget | None = None, *, opened: bool = False
    ) -> None:
        super().__init__(_WIDTH, parent)
        self._utility, self._typed_out = utility, False
        self.setWindowTitle(utility.title)
        kinds = label_filter() if utility.opens_labels else image_filter()
        self.scope = CalmComboBox()
        self.scope.addItems((_OPEN, _FILE, _FOLDER) if opened and utility.on_open else (_FILE, _FOLDER))
        if utility.takes == "several labels":
            self.scope.removeItem(self.scope.findText(_FOLDER))
        self.scope.setAccessibleName("What it is done with")
        self.target = CalmComboBox()
        self._image = first
        kinds_of_result = (_IMAGE,) if utility.both is not None else (_LAYER,)
        self.target.addItems((*kinds_of_result, _LABELS) if utility.opens_labels else kinds_of_result)
        self.target.setAccessibleName("Where the result goes")
        self.file, self.folder = PathChooser("file", "Input", filter=kinds), PathChooser("folder", "Input")
        self.more: list[Path] = []
        self.add, self.listed = QPushButton("Add label files…"), QLabel()
        self.out_file, self.out_folder = PathChooser("save", "Result"), PathChooser("folder", "Result")
        self.form: ParameterForm[Any] = ParameterForm(utility.parameters)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go = self.buttons.addButton(utility.title, QDialogButtonBox.ButtonRole.AcceptRole)
        self._build()
        self._connect()
        if utility.takes == "folder of blocks":
            self.scope.setCurrentText(_FOLDER)
        elif first is not None:
            self.file.set_path(first)
        self._show()

    @property
    def on_open(self) -> bool:
        """Whether it is done with what is open, not with files."""
        return self.scope.currentText() == _OPEN

    @property
    def into_labels(self) -> bool:
        """Whether the open labels are changed."""
        return self.on_open and self.target.currentText() == _LABELS

    def config(self) -> UtilityConfig:
        """What was asked for.

        Raises:
            UserError: If an entry is not valid.
        """
        path, out = self._input().path(), self._output().path()
        assert path is not None
        assert out is not None
        return UtilityConfig(self._utility.name, (path, *self.more), out, self.form.value().model_dump())

    def _build(self) -> None:
        advice = QLabel(self._utility.advice)
        advice.setWordWrap(True)
        self.listed.setWordWrap(True)
        places = QFormLayout()
        places.setSpacing(SMALL)
        places.addRow("Work on", self.scope)
        for title, choosers in (("Input", (self.file, self.folder)), ("Result", (self.out_file, self.out_folder))):
            for chooser in choosers:
                chooser.line.setAccessibleName(title)
                places.addRow(title, chooser)
            if title == "Input":
                places.addRow("", self.add)
                places.addRow("", self.listed)
        places.addRow("It becomes", self.target)
        level_titles(places)
        self._places = places
        self.column.addWidget(advice)
        self.column.addLayout(places)
        self.column.addWidget(self.form)
        self.column.addStretch(1)
        self.footer.addWidget(self.buttons)

    def _connect(self) -> None:
        self.scope.currentIndexChanged.connect(lambda _index: self._show())
        for chooser in (self.file, self.folder):
            chooser.path_changed.connect(lambda _path: self._on_input())
        for chooser in (self.out_file, self.out_folder):
            chooser.path_changed.connect(lambda _path: self._show_ready())
            chooser.line.textEdited.connect(lambda _text: self._on_typed())
        self.add.clicked.connect(self._ask_more)
        self.form.validity_changed.connect(lambda _valid: self._show_ready())
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    def _many(self) -> bool:
        return self.scope.currentText() == _FOLDER

    def _input(self) -> PathChooser:
        return self.folder if self._many() else self.file

    def _output(self) -> PathChooser:
        """Where the result is asked for: a folder where it is one."""
        blocks = self._utility.takes == "folder of blocks"
        many = (self._many() and not blocks) or self._utility.make is None
        return self.out_folder if many else self.out_file

    def _show(self) -> None:
        several = self._utility.takes == "several labels"
        if self._utility.both is not None and "kind" in self._utility.parameters.model_fields:
            self.form.set_field_visible("kind", not self.on_open)  # both kinds, each in its way
        self._places.setRowVisible(self.scope, self.scope.count() > 1)
        for chooser in (self.file, self.folder):
            self._places.setRowVisible(chooser, chooser is self._input() and not self.on_open)
        for chooser in (self.out_file, self.out_folder):
            self._places.setRowVisible(
                chooser, chooser is self._output() and not (self.on_open and self._utility.in_place)
            )
        self._places.setRowVisible(self.target, self.on_open)
        for widget in (self.add, self.listed):
            self._places.setRowVisible(widget, several)
        self._on_input()

    def _on_typed(self) -> None:
        self._typed_out = True

    def _on_input(self) -> None:
        path = self._image if self.on_open else self._input().path()
        if path is not None and not self._typed_out:
            out = suggested_out(self._utility, path)
            self._output().set_path(_free(out) if self.on_open else out)
        self._show_ready()

    def _ask_more(self) -> None:
        start = str((self.file.path() or Path.home()).parent)
        chosen, _ = QFileDialog.getOpenFileNames(self, "Label files to combine", start, label_filter())
        self.more += [Path(name) for name in chosen]
        self.listed.setText("\n".join(f"and {path.name}" for path in self.more))
        self._show_ready()

    def _show_ready(self) -> None:
        enough = bool(self.more) or self._utility.takes != "several labels"
        places = self._input().path() is not None and self._output().path() is not None
        if self.on_open:
            places = self._utility.in_place or self.out_file.path() is not None
        self.go.setEnabled(enough and places and not self.form.problems())


def _free(path: Path) -> Path:
    """A name that no file has, with a number where needed."""
    stem, number, free = image_stem(path), itertools.count(2), path
    while free.exists():
        free = path.with_name(f"{stem}-{next(number)}{path.name.removeprefix(stem)}")
    return free
