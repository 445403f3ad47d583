"""The dialog for a new project: name, place, and what labels will mean."""

from __future__ import annotations

import re
from itertools import count
from pathlib import Path
from typing import cast

from PySide6.QtWidgets import (
    QButtonGroup,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from desktop_app.core.imaging.voxel_size import Unit
from desktop_app.core.labelling.scheme import LabelKind, LabelScheme
from desktop_app.gui.projects.kind_card import KindCard
from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import LARGE, MEDIUM, SMALL, level_titles
from desktop_app.gui.widgets.banner import Banner
from desktop_app.gui.widgets.fitted_dialog import FittedDialog
from desktop_app.gui.widgets.number_fields import CalmComboBox
from desktop_app.gui.widgets.path_chooser import PathChooser
from desktop_app.io.projects import PROJECT_SUFFIX

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')


class NewProjectDialog(FittedDialog):
    """Asks for what a project needs; everything but the place can be changed later.

    Args:
        parent: The window.
        place: Folder in which projects are usually made.
    """

    def __init__(self, place: Path, parent: QWidget | None = None) -> None:
        super().__init__(640, parent)  # px wide, by eye
        self.setWindowTitle("New project")
        self.name_field = QLineEdit(_free_name(place))
        self.place_field = PathChooser("folder", "Where to put the project")
        self.place_field.set_path(place)
        self.unit_field = CalmComboBox()
        self.unit_field.addItems(["µm", "nm", "mm"])
        self.unit_field.setToolTip("Used where an image file does not state its voxel size.")
        self.objects_card = KindCard(
            "objects", "Single objects", "Each nucleus, cell or mitochondrion is counted and measured on its own."
        )
        self.classes_card = KindCard(
            "classes", "Kinds of structure", "Regions are painted by what they are: membrane, lumen, matrix."
        )
        self.whole_choice = QRadioButton("Whole slices: what I leave empty is background")
        self.strokes_choice = QRadioButton("A few strokes: what I leave empty is unknown")
        self.whole_choice.setChecked(True)
        self._problem = Banner()
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._create = self._buttons.addButton("Create project", QDialogButtonBox.ButtonRole.AcceptRole)
        self._create.setDefault(True)
        self._arrange()
        self._connect_signals()
        self.objects_card.setChecked(True)
        self.name_field.selectAll()
        self.name_field.setFocus()
        self._check()

    def _arrange(self) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(LARGE)
        form.setVerticalSpacing(SMALL)
        form.addRow("Name", self.name_field)
        form.addRow("Place", self.place_field)
        form.addRow("Unit of length", self.unit_field)
        level_titles(form)
        question = QLabel("What will your labels mean?")
        set_role(question, "heading")
        cards = QHBoxLayout()
        cards.setSpacing(MEDIUM)
        cards.addWidget(self.objects_card, 1)
        cards.addWidget(self.classes_card, 1)
        self._how = QWidget()
        how = QVBoxLayout(self._how)
        how.setContentsMargins(0, 0, 0, 0)
        how.setSpacing(2)
        asked = QLabel("How will you label?")
        set_role(asked, "heading")
        for widget in (asked, self.whole_choice, self.strokes_choice):
            how.addWidget(widget)
        column = self.column
        column.setSpacing(LARGE)
        column.addLayout(form)
        column.addWidget(question)
        column.addLayout(cards)
        column.addWidget(self._how)
        column.addStretch()
        self.footer.addWidget(self._problem)
        self.footer.addWidget(self._buttons)

    def _connect_signals(self) -> None:
        group = QButtonGroup(self)
        group.addButton(self.objects_card)
        group.addButton(self.classes_card)
        self.classes_card.toggled.connect(self._how.setVisible)
        self._how.setVisible(False)
        self.name_field.textChanged.connect(self._check)
        self.place_field.path_changed.connect(self._check)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)

    def name(self) -> str:
        """Of the project."""
        return self.name_field.text().strip()

    def folder(self) -> Path:
        """The folder of the new project."""
        return (self.place_field.path() or Path.home()) / f"{self.name()}{PROJECT_SUFFIX}"

    def unit(self) -> Unit:
        """For images that do not state their voxel size."""
        return cast(Unit, self.unit_field.currentText())

    def scheme(self) -> LabelScheme:
        """The label scheme that follows from the answers."""
        kind: LabelKind = "classes" if self.classes_card.isChecked() else "objects"
        sparse = kind == "classes" and self.strokes_choice.isChecked()
        if kind == "objects":
            return LabelScheme()
        first, second = ("Background", "Structure") if sparse else ("Structure", "Other structure")
        base = LabelScheme(kind=kind, zero_is_background=not sparse)
        renamed = base.replaced(base.classes[0].model_copy(update={"name": first}))
        return renamed.with_class(second)

    def problem(self) -> str:
        """Why the project cannot be made like this; empty if it can."""
        place = self.place_field.path()
        if not self.name():
            return "Give the project a name."
        if _FORBIDDEN.search(self.name()) or self.name().endswith("."):
            return 'A name cannot contain < > : " / \\ | ? * or end with a dot.'
        if place is None or not place.is_dir():
            return "Choose a folder that exists."
        if self.folder().exists():
            return f"There is already a “{self.folder().name}” in this folder. Choose another name."
        return ""

    def _check(self) -> None:
        problem = self.problem()
        self._problem.show_text(problem, "warning")
        self._create.setEnabled(not problem)


def _free_name(place: Path) -> str:
    """“My project”, numbered from 2 on where there is one, so that the dialog can be agreed to as it opens."""
    names = ("My project" if number == 1 else f"My project {number}" for number in count(1))
    return next(name for name in names if not (place / f"{name}{PROJECT_SUFFIX}").exists())
