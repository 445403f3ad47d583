"""The classes of the project."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import ValidationError
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QColorDialog, QHBoxLayout, QScrollArea, QToolButton, QVBoxLayout, QWidget

from desktop_app.core.labelling import LabelScheme
from desktop_app.core.labelling.scheme import LONGEST_CLASS_NAME
from desktop_app.gui.labelling.class_row import ClassRow
from desktop_app.gui.labelling.label_values import LabelValues
from desktop_app.gui.notifications.notifier import Notifier
from desktop_app.gui.session import Session
from desktop_app.gui.theme import icon, theme
from desktop_app.gui.theme.spacing import TIGHT

_ROW_HEIGHT = 36  # px, by eye
_MOST_ROWS = 9  # before the list scrolls: one for each digit key


class ClassList(QWidget):
    """Rows to choose from, and buttons to change the list; each change is saved with the project."""

    def __init__(
        self, session: Session, values: LabelValues, notifier: Notifier, parent: QWidget | None = None
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._session, self._values, self._notifier = session, values, notifier
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
        self.up_button = _button("up", "", "Move the chosen class up the list", lambda: self.move_class(-1))
        self.down_button = _button("down", "", "Move the chosen class down the list", lambda: self.move_class(1))
        row = QHBoxLayout()
        row.addWidget(self.add_button)
        row.addStretch(1)
        for button in (self.up_button, self.down_button):
            row.addWidget(button)
        row.addWidget(self.rename_button)
        row.addWidget(self.remove_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(TIGHT)
        column.addWidget(self.area)
        column.addLayout(row)
        session.scheme_changed.connect(self.show_scheme)
        session.active_value_changed.connect(self._on_active)
        session.reviewing.changed.connect(lambda _review: self._on_active(session.active_value))
        theme().changed.connect(self._on_theme)
        self.show_scheme(self._session.scheme)

    def show_scheme(self, scheme: LabelScheme) -> None:
        """Show these classes."""
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.rows.clear()
        by_class, several = scheme.kind == "classes", len(scheme.classes) > 1
        for number, one in enumerate(scheme.classes, start=1):
            row = ClassRow(one, str(number) if by_class and number <= _MOST_ROWS else "")
            row.chosen.connect(self._on_chosen)
            row.renamed.connect(self._on_renamed)
            row.color_clicked.connect(self._on_color)
            row.hidden_toggled.connect(lambda value, on: self._change(value, hidden=on))
            row.locked_toggled.connect(lambda value, on: self._change(value, locked=on))
            if not (several or by_class):
                row.show_alone()
            self.rows[one.value] = row
            self._column.addWidget(row)
        self._column.addStretch(1)
        self.area.setFixedHeight(min(_MOST_ROWS, len(scheme.classes)) * (_ROW_HEIGHT + 1) + 2)
        for button in (self.rename_button, self.remove_button, self.up_button, self.down_button):
            button.setVisible(several or by_class)
            button.setEnabled(several)
        self.rename_button.setEnabled(True)
        self._show_states()
        self._on_active(self._session.active_value)

    def add(self) -> None:
        """Add a class with a name that is still free, and type its real name."""
        names = {c.name for c in self._session.scheme.classes}
        number = len(names) + 1
        while f"Class {number}" in names:
            number += 1
        changed = self._session.scheme.with_class(f"Class {number}")
        if self._save(changed):
            value = next(c.value for c in changed.classes if c.name == f"Class {number}")
            self._on_chosen(value)
            self.rows[value].edit()

    def move_class(self, steps: int) -> None:
        """Bring the chosen class further down the list (positive) or up; digit keys follow the list."""
        self._save(self._session.scheme.moved(self._chosen(), steps))

    def rename(self) -> None:
        """Type another name for the chosen class."""
        row = self.rows.get(self._chosen())
        if row is not None:
            row.edit()

    def remove(self) -> None:
        """Take the chosen class off the list after a question."""
        found = self._session.scheme.by_value(self._chosen())
        if found is None or len(self._session.scheme.classes) < 2:
            return
        text = f"Voxels labelled “{found.name}” keep their number {found.value}, but it will have no name."
        if self._session.scheme.kind == "objects":
            usual = self._session.scheme.without(found.value).usual.name
            text = f"The objects stay; those that were “{found.name}” count as “{usual}”."
        if self._notifier.ask(f"Remove the class “{found.name}”?", text, yes="Remove"):
            self._save(self._session.scheme.without(found.value))

    def _chosen(self) -> int:
        if self._session.scheme.kind == "classes":
            return self._session.active_value
        painted = self._session.reviewing.painted_class
        return painted if self._session.scheme.by_value(painted) is not None else self._session.scheme.usual.value

    def _change(self, value: int, **changes: object) -> None:
        """Save a class that is otherwise now."""
        found = self._session.scheme.by_value(value)
        if found is not None:
            self._save(self._session.scheme.replaced(found.model_copy(update=changes)))

    def _save(self, scheme: LabelScheme) -> bool:
        project = self._session.project
        if project is None:
            return False
        with self._notifier.errors_told():
            self._session.update_project(project.model_copy(update={"scheme": scheme}))
            return True
        return False

    def _on_chosen(self, value: int) -> None:
        if self._session.scheme.kind == "classes":
            self._session.set_active_value(value)
        elif len(self._session.scheme.classes) > 1:
            self._values.choose_class(value)
            self._on_active(self._session.active_value)

    def _on_renamed(self, value: int, name: str) -> None:
        found = self._session.scheme.by_value(value)
        if found is None:
            return
        try:
            self._save(self._session.scheme.replaced(found.model_copy(update={"name": name[:LONGEST_CLASS_NAME]})))
        except ValidationError:
            self._notifier.warning(f"There is already a class named “{name}”.")

    def _on_color(self, value: int) -> None:
        found = self._session.scheme.by_value(value)
        if found is None:
            return
        chosen = QColorDialog.getColor(QColor(*found.color), self, f"Colour of {found.name}")
        if chosen.isValid():
            rgb = (chosen.red(), chosen.green(), chosen.blue())
            self._save(self._session.scheme.replaced(found.model_copy(update={"color": rgb})))

    def _on_active(self, value: int) -> None:
        if self._session.scheme.kind == "objects":
            value = self._class_of(value) if len(self.rows) > 1 else -1
        for row in self.rows.values():
            row.set_active(row.value == value)

    def _class_of(self, number: int) -> int:
        """The class of the object that is painted; of a new one that which it will have."""
        reviewing = self._session.reviewing
        return self._chosen() if number == self._values.fresh else reviewing.class_of(number)

    def _show_states(self) -> None:
        for value, row in self.rows.items():
            found = self._session.scheme.by_value(value)
            row.set_state(found is not None and found.hidden, found is not None and found.locked)

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
