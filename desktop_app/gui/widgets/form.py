"""A form made from the declarations of a pydantic model."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractSpinBox, QCheckBox, QComboBox, QGridLayout, QLabel, QVBoxLayout, QWidget

from desktop_app.core.config.base import explain
from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import MEDIUM, SMALL, TIGHT
from desktop_app.gui.widgets.collapsible import CollapsibleSection
from desktop_app.gui.widgets.form_editors import Editor, editor_for, extra_of
from desktop_app.gui.widgets.number_fields import NumberField

_SHORT = 190  # px: room for a number with its unit, by eye
_FILL = Qt.AlignmentFlag(0)
ModelT = TypeVar("ModelT", bound=BaseModel)


class ParameterForm(QWidget, Generic[ModelT]):
    """Shows the fields of a model: title, editor, unit, advice; rarely needed ones are folded away.

    Fields whose type has no editor keep the value they came with.

    Attributes:
        model_type: The model.
        more: The section of rarely needed fields, None where there are none.

    Args:
        model_type: The model.
        value: What to show first; the defaults if None.
        fields: Only these, in this order; all if None.
        compact: For narrow panels: the title stands above its editor and the advice is a tooltip only.
        advice: In place of that of the declarations, by the field's name.

    Signals:
        changed: The new value, whenever the form holds a valid one.
        validity_changed: Whether the form holds a valid value.
    """

    changed = Signal(object)
    validity_changed = Signal(bool)

    def __init__(
        self,
        model_type: type[ModelT],
        value: ModelT | None = None,
        *,
        fields: Iterable[str] | None = None,
        compact: bool = False,
        advice: Mapping[str, str] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.model_type = model_type
        self._advice = advice or {}
        self._compact = compact
        self._kept: dict[str, Any] = {}
        self._editors: dict[str, Editor] = {}
        self._rows: dict[str, list[QWidget]] = {}
        self._advanced: set[str] = set()
        self.more: CollapsibleSection | None = None
        self._filling = False
        self._valid = True
        self._build(tuple(fields) if fields is not None else tuple(model_type.model_fields))
        self.set_value(value if value is not None else model_type())

    def value(self) -> ModelT:
        """What the form holds.

        Raises:
            UserError: If an entry is not valid.
        """
        try:
            return self.model_type.model_validate(self._entries())
        except ValidationError as error:
            raise explain(error, "The form") from error

    def set_value(self, value: ModelT) -> None:
        """Show a value; emits ``changed`` only if something differs."""
        before = self._entries() if self._kept else None
        self._kept = {name: getattr(value, name) for name in self.model_type.model_fields}
        self._filling = True
        for name, editor in self._editors.items():
            editor.write(self._kept[name])
        self._filling = False
        if before is not None and before != self._entries():
            self._on_edited()

    def problems(self) -> list[str]:
        """One sentence per wrong entry, with the title of its field."""
        try:
            self.model_type.model_validate(self._entries())
        except ValidationError as error:
            return [self._sentence(entry) for entry in error.errors()]
        return []

    def editor(self, name: str) -> QWidget:
        """The editing widget of a field."""
        return self._editors[name].widget

    def set_field_visible(self, name: str, visible: bool) -> None:
        """Show or hide a field with its title and advice."""
        for widget in self._rows[name]:
            widget.setVisible(visible)

    def show_fields(self, names: Collection[str]) -> None:
        """Show only these fields; the others keep their values."""
        for name in self._rows:
            self.set_field_visible(name, name in names)
        if self.more is not None:
            self.more.setVisible(any(name in names for name in self._advanced))

    def _entries(self) -> dict[str, Any]:
        return {**self._kept, **{name: editor.read() for name, editor in self._editors.items()}}

    def _sentence(self, entry: Any) -> str:
        name = str(entry["loc"][0]) if entry["loc"] else ""
        info = self.model_type.model_fields.get(name)
        title = (info.title if info else None) or name
        return f"{title}: {entry['msg'].removeprefix('Value error, ')}." if title else str(entry["msg"])

    def _build(self, names: tuple[str, ...]) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(MEDIUM)
        plain, advanced = self._grid(), self._grid()
        for name in names:
            info = self.model_type.model_fields[name]
            editor = editor_for(info)
            if editor is None:
                continue
            self._editors[name] = editor
            editor.watch(self._on_edited)
            if extra_of(info).get("advanced"):
                self._advanced.add(name)
            self._add_row(advanced if name in self._advanced else plain, name, info, editor)
        column.addLayout(plain)
        if self._advanced:
            self.more = CollapsibleSection("More settings")
            self.more.body_layout.addLayout(advanced)
            column.addWidget(self.more)

    def _grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(MEDIUM)
        grid.setVerticalSpacing(TIGHT if self._compact else SMALL)
        if not self._compact:
            grid.setColumnMinimumWidth(0, 150)  # px, by eye
            grid.setColumnStretch(1, 1)
        return grid

    def _add_row(self, grid: QGridLayout, name: str, info: FieldInfo, editor: Editor) -> None:
        title = QLabel(info.title or name)
        title.setWordWrap(True)
        said = self._advice.get(name, info.description or "")
        advice = QLabel(said)
        advice.setWordWrap(True)
        set_role(advice, "muted")
        title.setBuddy(editor.widget)
        for widget in (title, editor.widget):
            widget.setToolTip(said)
        editor.widget.setAccessibleName(info.title or name)
        editor.widget.setAccessibleDescription(said)
        is_check = isinstance(editor.widget, QCheckBox)
        row, column = grid.rowCount(), 0 if self._compact else 1
        self._rows[name] = [editor.widget]
        if not is_check:
            grid.addWidget(title, row, 0)
            self._rows[name].append(title)
            row += 1 if self._compact else 0
        else:
            title.deleteLater()
        short = not self._compact and isinstance(editor.widget, QAbstractSpinBox | QComboBox | NumberField)
        editor.widget.setMinimumWidth(_SHORT if short else 0)
        grid.addWidget(editor.widget, row, column, Qt.AlignmentFlag.AlignLeft if short else _FILL)
        if self._compact or not said:
            advice.deleteLater()
            return
        grid.addWidget(advice, row + 1, column)
        self._rows[name].append(advice)

    def _on_edited(self) -> None:
        if self._filling:
            return
        valid = not self.problems()
        if valid != self._valid:
            self._valid = valid
            self.validity_changed.emit(valid)
        if valid:
            self.changed.emit(self.value())
