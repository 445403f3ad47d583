"""The classes of the project."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import ValidationError
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QColorDialog, QHBoxLayout, QScrollArea, QToolButton, QVBoxLayout, QWidget

from desktop_app.core.labelling import LabelScheme
from desktop_app.gui.labelling.choices import Choices
from desktop_app.gui.labelling.class_row import ClassRow
from desktop_app.gui.notifications.notifier import Notifier
from desktop_app.gui.session import Session
from desktop_app.gui.theme import icon, theme

_ROW_HEIGHT = 36  # px, by eye
_MOST_ROWS = 9  # before the list scrolls: one for each digit key


class ClassList(QWidget):
    """Rows to choose from, and buttons to change the list; each change is saved with the project."""

    def __init__(self, session: Session, choices: Choices, notifier: Notifier, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._choices, self._notifier = session, choices, notifier
        self.rows: dict[int, ClassRow] = {}
        self._holder = QWidget()
        self._holder.setProperty("role", "plain")
        self._column = QVBoxLayout(self._holder)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(1)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setWidget(self._holder)
        self.add_button = _button("add", "Class", "Add a class", self.add)
        self.remove_button = _button("remove", "", "Remove the chosen class from the list", self.remove)
        self.rename_button = _button("rename", "", "Rename the chosen class (or double-click its name)", self.rename)
        row = QHBoxLayout()
        row.addWidget(self.add_button)
        row.addStretch(1)
        row.addWidget(self.rename_button)
        row.addWidget(self.remove_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.area)
        column.addLayout(row)
        session.scheme_changed.connect(self.show_scheme)
        session.active_value_changed.connect(self._on_active)
        choices.changed.connect(self._show_states)
        choices.hidden_changed.connect(self._show_states)
        theme().changed.connect(self._on_theme)
        self.show_scheme(self._scheme)

    @property
    def _scheme(self) -> LabelScheme:
        return self._session.project.scheme if self._session.project is not None else LabelScheme()

    def show_scheme(self, scheme: LabelScheme) -> None:
        """Show these classes."""
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.rows.clear()
        several = scheme.kind == "classes"
        for number, one in enumerate(sorted(scheme.classes, key=lambda c: c.value), start=1):
            row = ClassRow(one, str(number) if several and number <= 9 else "")
            row.chosen.connect(self._on_chosen)
            row.renamed.connect(self._on_renamed)
            row.color_clicked.connect(self._on_color)
            row.hidden_toggled.connect(self._choices.set_hidden)
            row.locked_toggled.connect(self._choices.set_locked)
            if not several:
                row.show_alone()
            self.rows[one.value] = row
            self._column.addWidget(row)
        self._column.addStretch(1)
        self.area.setFixedHeight(min(_MOST_ROWS, len(scheme.classes)) * (_ROW_HEIGHT + 1) + 2)
        for button in (self.add_button, self.rename_button, self.remove_button):
            button.setVisible(several)
        self.remove_button.setEnabled(len(scheme.classes) > 1)
        self._show_states()
        self._on_active(self._session.active_value)

    def add(self) -> None:
        """Add a class with a name that is still free, and type its real name."""
        names = {c.name for c in self._scheme.classes}
        number = len(names) + 1
        while f"Class {number}" in names:
            number += 1
        changed = self._scheme.with_class(f"Class {number}")
        if self._save(changed):
            value = next(c.value for c in changed.classes if c.name == f"Class {number}")
            self._session.set_active_value(value)
            self.rows[value].edit()

    def rename(self) -> None:
        """Type another name for the chosen class."""
        row = self.rows.get(self._chosen())
        if row is not None:
            row.edit()

    def remove(self) -> None:
        """Take the chosen class off the list after a question."""
        found = self._scheme.by_value(self._chosen())
        if found is None or len(self._scheme.classes) < 2:
            return
        text = f"Voxels labelled “{found.name}” keep their number {found.value}, but it will have no name."
        if self._notifier.ask(f"Remove the class “{found.name}”?", text, yes="Remove"):
            self._save(self._scheme.without(found.value))

    def _chosen(self) -> int:
        objects = self._scheme.kind == "objects"
        return self._scheme.classes[0].value if objects else self._session.active_value

    def _save(self, scheme: LabelScheme) -> bool:
        project = self._session.project
        if project is None:
            return False
        with self._notifier.errors_told():
            self._session.update_project(project.model_copy(update={"scheme": scheme}))
            return True
        return False

    def _on_chosen(self, value: int) -> None:
        if self._scheme.kind == "classes":
            self._session.set_active_value(value)

    def _on_renamed(self, value: int, name: str) -> None:
        found = self._scheme.by_value(value)
        if found is None:
            return
        try:
            self._save(self._scheme.replaced(found.model_copy(update={"name": name[:80]})))
        except ValidationError:
            self._notifier.warning(f"There is already a class named “{name}”.")

    def _on_color(self, value: int) -> None:
        found = self._scheme.by_value(value)
        if found is None:
            return
        chosen = QColorDialog.getColor(QColor(*found.color), self, f"Colour of {found.name}")
        if chosen.isValid():
            rgb = (chosen.red(), chosen.green(), chosen.blue())
            self._save(self._scheme.replaced(found.model_copy(update={"color": rgb})))

    def _on_active(self, value: int) -> None:
        several = self._scheme.kind == "classes"
        for row in self.rows.values():
            row.set_active(several and row.value == value)

    def _show_states(self) -> None:
        for value, row in self.rows.items():
            row.set_state(value in self._choices.hidden, value in self._choices.locked)

    def _on_theme(self) -> None:
        self._on_active(self._session.active_value)


def _button(picture: str, text: str, tip: str, slot: Callable[[], None]) -> QToolButton:
    button = QToolButton()
    button.setIcon(icon(picture))
    button.setText(text)
    button.setToolTip(tip)
    button.setAutoRaise(True)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    if text:
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.clicked.connect(lambda _checked=False: slot())
    return button
