"""What proposes objects from clicks: a choice, and the way to set it up."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QToolButton, QWidget

from desktop_app.core.labelling.tools.click import EDGES, ClickOptions
from desktop_app.gui.labelling.assistant import PROPOSED_BY, choice_of
from desktop_app.gui.labelling.choices import Choices
from desktop_app.gui.session import Session
from desktop_app.gui.widgets.form_editors import editor_for

_SET_UP = {"file": ("encoder", "decoder"), "server": ("server",)}  # what must be known of each


class AssistantBox(QWidget):
    """Shows and changes the choice in ``choices``; asks for files or an address where they are needed.

    Attributes:
        box: The choices.
        more: Opens the question again.
    """

    def __init__(self, session: Session, choices: Choices, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._choices = session, choices
        field = ClickOptions.model_fields[PROPOSED_BY]
        editor = editor_for(field)
        if editor is None:
            raise TypeError(f"Expected an option that can be edited, got {field.annotation}")
        self._editor, self.box = editor, editor.widget
        self.box.setAccessibleName(field.title or "")
        self.box.setToolTip(field.description or "")
        self.box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.more = QToolButton()
        self.more.setText("…")
        self.more.setAccessibleName("Set up what proposes")
        self.more.setToolTip("Choose the files of the model, or the address of the server.")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(QLabel(field.title))
        row.addWidget(self.box, 1)
        row.addWidget(self.more)
        editor.watch(self._on_chosen)
        self.more.clicked.connect(lambda: self._set_up(self._choices.option(PROPOSED_BY)))
        choices.changed.connect(self._show)
        self._show()

    def _on_chosen(self) -> None:
        chosen = self._editor.read()
        if chosen == self._choices.option(PROPOSED_BY):
            return
        known = choice_of(chosen, self._session.settings)
        if all(getattr(known, name) for name in _SET_UP.get(chosen, ())) or self._set_up(chosen):
            self._choices.set_option(PROPOSED_BY, chosen)
        else:
            self._choices.set_option(PROPOSED_BY, EDGES)
        self._show()

    def _set_up(self, by: str) -> bool:
        """Ask for what must be known; whether it is now."""
        from desktop_app.gui.labelling.assistant_dialog import AssistantDialog

        dialog = AssistantDialog(_SET_UP[by], choice_of(by, self._session.settings), self.window())
        agreed = dialog.exec() == QDialog.DialogCode.Accepted
        if agreed:
            said = {f"click_{name}": value for name, value in dialog.said().items()}
            self._session.update_settings(self._session.settings.model_copy(update=said))
        dialog.deleteLater()
        return agreed

    def _show(self) -> None:
        by = self._choices.option(PROPOSED_BY)
        self.box.blockSignals(True)
        self._editor.write(by)
        self.box.blockSignals(False)
        self.more.setVisible(by in _SET_UP)
