"""The choice of a loss, with the parameters of the chosen one."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from desktop_app.core.losses.base import LossInfo
from desktop_app.core.losses.choice import LossChoice
from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import SMALL
from desktop_app.gui.widgets.form import ParameterForm
from desktop_app.gui.widgets.number_fields import CalmComboBox


class LossForm(QWidget):
    """A list of losses, what the chosen one is for, and a form of its parameters.

    Args:
        losses: To choose from; a single one is not offered as a choice.
        chosen: What to show first.

    Signals:
        changed: A dictionary ``loss``, ``loss_parameters`` whenever the form holds valid ones.
        validity_changed: Whether it does.
    """

    changed = Signal(dict)
    validity_changed = Signal(bool)

    def __init__(self, losses: tuple[LossInfo, ...], chosen: LossChoice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._losses = losses
        self.choice = CalmComboBox()
        self.choice.setAccessibleName(LossChoice.model_fields["loss"].title or "")
        for info in losses:
            self.choice.addItem(info.title, info.name)
        self.choice.setVisible(len(losses) > 1)
        self._summary = QLabel()
        self._summary.setWordWrap(True)
        set_role(self._summary, "muted")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SMALL)
        self._column.addWidget(self.choice)
        self._column.addWidget(self._summary)
        self.choice.setCurrentIndex(self.choice.findData(chosen.loss))
        self.form = self._show_form(self._info.parameters.model_validate(chosen.loss_parameters))
        self.choice.currentIndexChanged.connect(self._on_chosen)

    def problems(self) -> list[str]:
        """One sentence per wrong entry."""
        return self.form.problems()

    @property
    def _info(self) -> LossInfo:
        return self._losses[self.choice.currentIndex()]

    def _show_form(self, value: Any) -> ParameterForm[Any]:
        form: ParameterForm[Any] = ParameterForm(type(value), value)
        form.changed.connect(self._on_changed)
        form.validity_changed.connect(self.validity_changed)
        self._summary.setText(self._info.summary)
        self._column.addWidget(form)
        return form

    def _on_chosen(self) -> None:
        """Another loss starts with its own defaults."""
        self._column.removeWidget(self.form)
        self.form.hide()
        self.form.deleteLater()
        self.form = self._show_form(self._info.parameters())
        self._on_changed()

    def _on_changed(self) -> None:
        self.changed.emit({"loss": self._info.name, "loss_parameters": self.form.value().model_dump()})
