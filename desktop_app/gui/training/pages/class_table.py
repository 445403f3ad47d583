"""The table of classes in the labels: what each stands for, and whether it is learned."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QLineEdit, QWidget

from desktop_app.gui.theme import set_role
from desktop_app.gui.training.class_choices import UNLABELLED, ClassChoice, Use, choice_for
from desktop_app.gui.training.draft import TrainingDraft

_MOST = 30  # rows: more numbers are single objects rather than classes
_USES: dict[Use, str] = {"learn": "learn it", "background": "is background"}
_USES_WITH_REGIONS: dict[Use, str] = {
    "learn": "learn its objects",
    "region": "learn it as a region",
    "background": "is background",
}
_USES_OF_0: dict[Use, str] = {"background": "is background", "ignore": "is unknown: leave it out"}


class ClassTable(QWidget):
    """One row per number; hidden where the labels hold objects.

    Signals:
        changed: The user changed a name or a use.
    """

    changed = Signal()

    def __init__(self, draft: TrainingDraft) -> None:
        super().__init__()
        self._draft = draft
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(1, 1)
        self._shown: tuple[object, ...] = ()
        self.names: dict[int, QLineEdit] = {}
        self.uses: dict[int, QComboBox] = {}
        self.hide()

    def reload(self) -> None:
        """Show the numbers that the last check found."""
        draft = self._draft
        values = draft.values_to_choose[:_MOST]
        wanted = (draft.source, values, draft.scheme.classes, draft.tells_regions)
        if wanted != self._shown:
            self._shown = wanted
            self._rebuild(values)
        self.setVisible(bool(values))

    def _rebuild(self, values: tuple[int, ...]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.names.clear()
        self.uses.clear()
        of_project = self._draft.source == "project"
        for row, value in enumerate(values if of_project or not values else (UNLABELLED, *values)):
            self._add(row, value)

    def _add(self, row: int, value: int) -> None:
        choice = choice_for(value, self._draft.classes)
        number, use = QLabel(f"{value}"), QComboBox()
        number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._grid.addWidget(number, row, 0)
        if value == UNLABELLED:
            nothing = QLabel("Where nothing is labelled")
            set_role(nothing, "muted")
            self._grid.addWidget(nothing, row, 1)
        elif (known := self._draft.scheme.by_value(value)) is not None and self._draft.source == "project":
            self._grid.addWidget(QLabel(known.name), row, 1)
        else:
            name = self.names[value] = QLineEdit(choice.name)
            name.setMaxLength(80)
            name.setAccessibleName(f"Name of class {value}")
            name.textEdited.connect(partial(self._on_edited, value))
            self._grid.addWidget(name, row, 1)
        usual = _USES_WITH_REGIONS if self._draft.tells_regions else _USES
        for key, title in (_USES_OF_0 if value == UNLABELLED else usual).items():
            use.addItem(title, key)
        use.setCurrentIndex(max(0, use.findData(self._draft.use_of(value))))
        use.setAccessibleName(f"Use of class {value}")
        use.activated.connect(partial(self._on_edited, value))
        self.uses[value] = use
        self._grid.addWidget(use, row, 2)

    def _on_edited(self, value: int, _new: object) -> None:
        name = self.names[value].text() if value in self.names else ""
        self._draft.classes[value] = ClassChoice(name, self.uses[value].currentData())
        self._draft.estimate = None
        self._draft.name_model()
        self.changed.emit()
