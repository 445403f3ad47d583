"""Operations on the objects found, one after the other, before they are written."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QToolButton, QVBoxLayout, QWidget

from desktop_app.core.config.object_step import ObjectStep
from desktop_app.gui.theme import icon, set_role
from desktop_app.gui.widgets.form import ParameterForm
from desktop_app.objects.operations import OPERATIONS, Operation


class StepsBox(QWidget):
    """A card for each step, and a button with a menu to add one.

    Signals:
        changed: A step came, went or has other parameters.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards: list[StepCard] = []
        self.add_button = QToolButton()
        self.add_button.setText("Add a step")
        self.add_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.add_button)
        for operation in OPERATIONS.values():
            if operation.for_whole_files:
                action = menu.addAction(icon(operation.icon), operation.title, partial(self.add, operation))
                action.setToolTip(operation.advice)
        self.add_button.setMenu(menu)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._stack = QVBoxLayout()
        column.addLayout(self._stack)
        column.addWidget(self.add_button)

    def steps(self) -> tuple[ObjectStep, ...]:
        """The steps in order."""
        return tuple(card.step() for card in self.cards)

    def problems(self) -> list[str]:
        """One sentence per wrong entry."""
        return [problem for card in self.cards for problem in card.form.problems()]

    def add(self, operation: Operation) -> None:
        """One more step, behind the others."""
        card = StepCard(operation)
        card.removed.connect(partial(self._remove, card))
        card.form.changed.connect(self.changed)
        card.form.validity_changed.connect(self.changed)
        self.cards.append(card)
        self._stack.addWidget(card)
        self.changed.emit()

    def _remove(self, card: StepCard) -> None:
        self.cards.remove(card)
        card.hide()
        card.deleteLater()
        self.changed.emit()


class StepCard(QFrame):
    """One step with its parameters.

    Signals:
        removed: It should go.
    """

    removed = Signal()

    def __init__(self, operation: Operation, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "card")
        self.operation = operation
        self.form: ParameterForm[Any] = ParameterForm(operation.parameters)
        title = QLabel(operation.title)
        set_role(title, "heading")
        self.remove_button = QToolButton()
        self.remove_button.setIcon(icon("remove"))
        self.remove_button.setToolTip("Take this step out")
        self.remove_button.clicked.connect(self.removed)
        head = QHBoxLayout()
        head.addWidget(title, 1)
        head.addWidget(self.remove_button)
        column = QVBoxLayout(self)
        column.addLayout(head)
        column.addWidget(self.form)

    def step(self) -> ObjectStep:
        """The step as it is saved."""
        return ObjectStep(operation=self.operation.name, parameters=self.form.value().model_dump(mode="json"))
