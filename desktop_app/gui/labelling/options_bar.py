"""The options of the tool in hand."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic.fields import FieldInfo
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop_app.core.imaging import Volume
from desktop_app.core.labelling.tools import TOOLS
from desktop_app.gui.labelling.assistant import PROPOSED_BY
from desktop_app.gui.labelling.assistant_box import AssistantBox
from desktop_app.gui.labelling.choices import SIZE, WITHIN, Choices
from desktop_app.gui.labelling.size_box import SizeBox
from desktop_app.gui.labelling.within_box import WithinBox
from desktop_app.gui.session import Session
from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import TIGHT
from desktop_app.gui.widgets.form_editors import Editor, editor_for, extra_of

_NOTHING_SET = "{tip} It has nothing to set."
_HEIGHT = 205  # px, of the tool with most options, so that nothing below jumps


class OptionsBar(QWidget):
    """A row for each option that any tool declares; those of the tool in hand are shown.

    Attributes:
        size_box: The size of the tip.
        assistant_box: What proposes objects from clicks.
        within_box: Within what is painted.
        rows: All rows, by the name of the option.
    """

    def __init__(self, session: Session, choices: Choices, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._choices = session, choices
        self._fields = {name: field for info in TOOLS.values() for name, field in info.options.model_fields.items()}
        self._editors: dict[str, Editor] = {}
        self.size_box = SizeBox(session, choices)
        self.within_box = WithinBox(session, choices)
        self.assistant_box = AssistantBox(session, choices)
        own: dict[str, QWidget] = {
            SIZE: self.size_box, WITHIN: self.within_box, PROPOSED_BY: self.assistant_box,
        }  # fmt: skip
        self.rows: dict[str, QWidget] = {}
        self.words = QLabel()
        self.words.setWordWrap(True)
        set_role(self.words, "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(TIGHT)
        column.addWidget(self.words)
        for name in self._fields:
            self.rows[name] = own.get(name) or self._row(name)
            column.addWidget(self.rows[name])
        column.addStretch(1)
        self.setMinimumHeight(_HEIGHT)
        self._show_choices()
        choices.changed.connect(self._show_choices)
        session.tool_changed.connect(self._on_tool)
        session.volume_changed.connect(self._on_volume)
        self._on_tool(session.tool)

    def editor(self, name: str) -> QWidget:
        """The widget that edits an option."""
        return self._editors[name].widget

    def _row(self, name: str) -> QWidget:
        """The editor of an option, with its title before it unless it shows that itself.

        Raises:
            TypeError: If there is no editor for its type.
        """
        field = self._fields[name]
        editor = editor_for(field)
        if editor is None:
            raise TypeError(f"Expected an option that can be edited, got “{name}” of type {field.annotation}")
        self._editors[name] = editor
        editor.widget.setToolTip(field.description or "")
        editor.widget.setAccessibleName(field.title or name)
        editor.watch(lambda: self._on_edited(name))
        if isinstance(editor.widget, QCheckBox):
            editor.widget.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            return editor.widget
        editor.widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(QLabel(field.title or name))
        row.addWidget(editor.widget, 1)
        return holder

    def _on_edited(self, name: str) -> None:
        value = self._editors[name].read()
        if value is not None:
            self._choices.set_option(name, value)

    def _on_tool(self, name: str) -> None:
        shown = TOOLS[name].options.model_fields
        volume = self._session.volume
        flat = volume is not None and volume.is_2d
        for option, row in self.rows.items():
            row.setVisible(option in shown and self._means_something(option, shown))
            row.setEnabled(not (flat and extra_of(self._fields[option]).get("volume")))
        self.words.setText(TOOLS[name].without_options or _NOTHING_SET.format(tip=TOOLS[name].tip))
        self.words.setVisible(all(row.isHidden() for row in self.rows.values()))

    def _means_something(self, option: str, shown: Mapping[str, FieldInfo]) -> bool:
        """Whether an option matters with what is chosen besides, of the options of the same tool."""
        asked = extra_of(shown[option]).get("only_with", ())
        return all(self._choices.option(name) == choice for name, choice in asked if name in shown)

    def _on_volume(self, volume: Volume | None) -> None:
        del volume
        self._on_tool(self._session.tool)

    def _show_choices(self) -> None:
        for name, editor in self._editors.items():
            editor.write(self._choices.option(name))
        self._on_tool(self._session.tool)
