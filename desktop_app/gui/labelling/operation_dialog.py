"""The question before an operation on objects: its parameters."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QDialogButtonBox, QLabel, QWidget

from desktop_app.gui.widgets.fitted_dialog import FittedDialog
from desktop_app.gui.widgets.form import ParameterForm
from desktop_app.objects.operations import Operation


class OperationDialog(FittedDialog):
    """Advice, a form, and a button to go on while the form is valid."""

    def __init__(self, operation: Operation, parent: QWidget | None = None) -> None:
        super().__init__(440, parent)
        self.setWindowTitle(operation.title)
        self.form: ParameterForm[Any] = ParameterForm(operation.parameters)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go = self.buttons.addButton(operation.title, QDialogButtonBox.ButtonRole.AcceptRole)
        advice = QLabel(operation.advice)
        advice.setWordWrap(True)
        for widget in (advice, self.form):
            self.column.addWidget(widget)
        self.column.addStretch(1)
        self.footer.addWidget(self.buttons)
        self.form.validity_changed.connect(self.go.setEnabled)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    def parameters(self) -> Any:
        """What was set."""
        return self.form.value()
