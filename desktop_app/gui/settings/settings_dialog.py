"""Preferences of this user on this computer."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QLabel,
    QPushButton,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from desktop_app.core.config.app_settings import AppSettings
from desktop_app.gui.actions import ActionRegistry
from desktop_app.gui.settings.shortcut_editor import ShortcutEditor
from desktop_app.gui.theme import set_role, theme
from desktop_app.gui.theme.spacing import LARGE, MEDIUM, pad
from desktop_app.gui.widgets.form import ParameterForm
from desktop_app.gui.widgets.window_place import resize_to_screen
from desktop_app.gui.window_context import WindowContext

_LOOK = ("theme", "label_palette", "label_opacity", "wheel_zooms")
_MACHINE = (
    "device", "inference_memory_gb", "undo_memory_mb", "undo_disk_mb", "viewing_memory_mb", "view3d_memory_mb",
    "copies_folder", "copies_disk_gb", "look_for_updates",
)  # fmt: skip


class SettingsDialog(QDialog):
    """Two tabs: general and shortcuts. The theme is tried at once; Cancel brings the old one back."""

    def __init__(self, context: WindowContext, registry: ActionRegistry) -> None:
        super().__init__(context.window)
        self.setWindowTitle("Settings")
        resize_to_screen(self, QSize(680, 620))  # px, by eye
        self._session, self._registry, self._notifier = context.session, registry, context.notifier
        self.look = ParameterForm(AppSettings, self._session.settings, fields=_LOOK)
        self.machine = ParameterForm(AppSettings, self._session.settings, fields=_MACHINE)
        self.shortcuts = ShortcutEditor(registry)
        self._tabs = QTabWidget()
        self._tabs.setDocumentMode(True)
        self._tabs.addTab(self._general(), "General")
        self._tabs.addTab(self.shortcuts, "Shortcuts")
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        defaults = QPushButton("Defaults")
        self._buttons.addButton(defaults, QDialogButtonBox.ButtonRole.ResetRole)
        defaults.clicked.connect(self._reset)
        column = QVBoxLayout(self)
        pad(column, LARGE, MEDIUM)
        column.addWidget(self._tabs, 1)
        column.addWidget(self._buttons)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self.look.changed.connect(self._try_theme)
        self.machine.validity_changed.connect(self._check)
        self.shortcuts.changed.connect(self._check)

    def settings(self) -> AppSettings:
        """What the dialog holds."""
        update = {name: getattr(self.look.value(), name) for name in _LOOK}
        update |= {name: getattr(self.machine.value(), name) for name in _MACHINE}
        update["shortcuts"] = self.shortcuts.value()
        return self._session.settings.model_copy(update=update)

    def accept(self) -> None:
        settings = self.settings()
        self._registry.apply_shortcuts(settings.shortcuts)
        with self._notifier.errors_told():
            self._session.update_settings(settings)
        super().accept()

    def reject(self) -> None:
        theme().apply(self._session.settings.theme)
        super().reject()

    def _general(self) -> QWidget:
        inside = QWidget()
        inside.setProperty("role", "plain")
        column = QVBoxLayout(inside)
        pad(column, MEDIUM, MEDIUM)
        for title, form in (("Look and feel", self.look), ("This computer", self.machine)):
            heading = QLabel(title)
            set_role(heading, "heading")
            column.addWidget(heading)
            column.addWidget(form)
            column.addSpacing(LARGE)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(inside)
        return area

    def _try_theme(self, settings: AppSettings) -> None:
        theme().apply(settings.theme)

    def _reset(self) -> None:
        if self._tabs.currentWidget() is self.shortcuts:
            self.shortcuts.reset()
            return
        self.look.set_value(AppSettings())
        self.machine.set_value(AppSettings())

    def _check(self) -> None:
        sound = not self.machine.problems() and not self.shortcuts.conflicts()
        self._buttons.button(QDialogButtonBox.StandardButton.Save).setEnabled(sound)
