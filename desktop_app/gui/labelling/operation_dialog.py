"""The question before an operation on objects: its parameters."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from desktop_app.gui.theme.spacing import LARGE, MEDIUM, pad
from desktop_app.gui.widgets.form import ParameterForm
from desktop_app.objects.operations import Operation


class OperationDialog(QDialog):
    """Advice, a form, and a button to go on while the form is valid."""

    def __init__(self, operation: Operation, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(operation.title)
        self.form: ParameterForm[Any] = ParameterForm(operation.parameters)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go = self.buttons.addButton(operation.title, QDialogButtonBox.ButtonRole.AcceptRole)
        advice = QLabel(operation.advice)
        advice.setWordWrap(True)
        column = QVBoxLayout(self)
        pad(column, LARGE, MEDIUM)
        for widget in (advice, self.form, self.buttons):
            column.addWidget(widget)
        self.form.validity_changed.connect(self.go.setEnabled)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    def parameters(self) -> Any:
        """What was set."""
        return self.form.value()
