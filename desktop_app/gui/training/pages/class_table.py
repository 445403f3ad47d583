"""The table of classes in the labels: what each stands for, and whether it is learned."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QLineEdit, QWidget

from desktop_app.core.config.dataset import HEAVIEST
from desktop_app.core.labelling.scheme import LONGEST_CLASS_NAME
from desktop_app.gui.theme import set_role
from desktop_app.gui.training.class_choices import UNLABELLED, ClassChoice, Use, choice_for
from desktop_app.gui.training.draft import TrainingDraft
from desktop_app.gui.widgets.number_fields import CalmDoubleSpinBox

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
        self.weights: dict[int, CalmDoubleSpinBox] = {}
        self.hide()

    def reload(self) -> None:
        """Show the numbers that the last check found."""
        draft = self._draft
        values = draft.values_to_choose[:_MOST]
        wanted = (draft.source, values, draft.scheme.classes, draft.tells_regions, draft.recognised)
        if wanted != self._shown:
            self._shown = wanted
            self._rebuild(values)
        for value, use in self.uses.items():  # a file of settings may have chosen otherwise
            use.setCurrentIndex(max(0, use.findData(draft.use_of(value))))
        self.setVisible(bool(values))

    def _rebuild(self, values: tuple[int, ...]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.names.clear()
        self.uses.clear()
        self.weights.clear()
        of_project = self._draft.source == "project"
        for row, value in enumerate(values if of_project or not values else (UNLABELLED, *values)):
            self._add(row, value)
        self._show_weights()

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
            name.setMaxLength(LONGEST_CLASS_NAME)
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
        if value != UNLABELLED:
            self._add_weight(row, value, choice.weight)

    def _add_weight(self, row: int, value: int, weight: float) -> None:
        """How much a voxel counts."""
        spin = self.weights[value] = CalmDoubleSpinBox()
        spin.setRange(0, HEAVIEST)
        spin.setDecimals(2)
        spin.setSingleStep(0.1)  # of a weight, by eye
        spin.setPrefix("counts × ")
        spin.setValue(weight)
        spin.setAccessibleName(f"Weight of class {value}")
        spin.setToolTip(
            "How much a voxel of this number counts while learning. Leave it at 1, or take 2 to 5 for a class that is "
            "missed. Published for axons: 0.2 for background, 1.5 for axons, 0.8 for artefacts, 0.05 for edges; this "
            "paints more and thicker axons."
        )
        spin.valueChanged.connect(partial(self._on_edited, value))
        self._grid.addWidget(spin, row, 3)

    def _show_weights(self) -> None:
        """Where regions are told from objects, weights are for labels in which not everything was looked at."""
        counts = self._draft.use_of(UNLABELLED) == "ignore" or not self._draft.tells_regions
        for spin in self.weights.values():
            spin.setVisible(counts)

    def _on_edited(self, value: int, _new: object) -> None:
        name = self.names[value].text() if value in self.names else ""
        weight = self.weights[value].value() if value in self.weights else 1.0
        self._draft.classes[value] = ClassChoice(name, self.uses[value].currentData(), weight)
        self._show_weights()
        self._draft.estimate = None
        self._draft.name_model()
        self.changed.emit()
