"""The question before an operation on objects: its parameters, where, and what would change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialogButtonBox, QLabel, QWidget

from desktop_app.gui.labelling.operation_preview import Where
from desktop_app.gui.theme import set_role
from desktop_app.gui.widgets.fitted_dialog import FittedDialog
from desktop_app.gui.widgets.form import ParameterForm
from desktop_app.objects.operations import Operation, Target

if TYPE_CHECKING:
    from desktop_app.gui.widgets.size_by_box import SizeByBox


class OperationDialog(FittedDialog):
    """Advice, a form, where it is done, and a button to go on while the form is valid. The image stays usable.

    Args:
        operation: What is asked about.
        objects: Those that it can be about; none: it is about all.
        slices: Whether it can be done in one slice alone.
        parent: The window.

    Signals:
        asked: Something was set: preview it.
    """

    asked = Signal()

    def __init__(
        self, operation: Operation, objects: tuple[int, ...] = (), slices: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(440, parent)  # px wide, by eye
        self.setWindowTitle(operation.title)
        self._objects = objects
        self.form: ParameterForm[Any] = ParameterForm(operation.parameters)
        self.where = QComboBox()
        self.where.setAccessibleName("On which objects")
        if Target.NOTHING in operation.targets:
            self.where.addItem("On all objects", ())
        if objects and Target.OBJECT in operation.targets:
            words = f"object {objects[0]}" if len(objects) == 1 else f"the {len(objects):,} chosen objects"
            self.where.addItem(f"On {words}", objects)
        self.in_slice = QCheckBox("Only in the slice that is shown")
        self.in_slice.setVisible(slices)
        self.words = QLabel("Looking …")
        self.words.setWordWrap(True)
        set_role(self.words, "muted")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go = self.buttons.addButton(operation.title, QDialogButtonBox.ButtonRole.AcceptRole)
        advice = QLabel(operation.advice)
        advice.setWordWrap(True)
        for widget in (advice, self.form, self.where, self.in_slice, self.words):
            self.column.addWidget(widget)
        self.where.setVisible(self.where.count() > 1)
        self.column.addStretch(1)
        self.footer.addWidget(self.buttons)
        self.form.validity_changed.connect(self.go.setEnabled)
        self.form.changed.connect(lambda _value: self.asked.emit())
        self.where.activated.connect(lambda _place: self.asked.emit())
        self.in_slice.toggled.connect(lambda _on: self.asked.emit())
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    def offer_box(self, box: SizeByBox) -> None:
        """Let sizes be set by a drawn box, below the form."""
        self.column.insertWidget(self.column.indexOf(self.form) + 1, box)
        box.sized.connect(lambda sizes: self.form.set_value(self.parameters().model_copy(update=sizes)))

    def choose_objects(self) -> None:
        """Begin with the objects instead of all."""
        self.where.setCurrentIndex(max(0, self.where.findData(self._objects)))

    def parameters(self) -> Any:
        """What was set."""
        return self.form.value()

    def place(self) -> Where:
        """On what it is done."""
        return Where(tuple(self.where.currentData() or ()), self.in_slice.isChecked())
