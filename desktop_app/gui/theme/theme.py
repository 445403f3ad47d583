"""The theme in use: it follows the system, and tells widgets that paint with its colours when it changes."""

from __future__ import annotations

from functools import cache
from typing import Literal, TypeAlias

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from desktop_app.gui.theme.colors import DARK, LIGHT, Colors
from desktop_app.gui.theme.stylesheet import stylesheet

ThemeMode: TypeAlias = Literal["system", "light", "dark"]


class Theme(QObject):
    """Applies colours to the application and keeps them in step with the system.

    Signals:
        changed: The new ``Colors``, after the application has them.
    """

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.colors: Colors = LIGHT
        self.mode: ThemeMode = "system"
        self._following = False

    def apply(self, mode: ThemeMode = "system") -> None:
        """Use a mode from now on; ``system`` follows the desktop live."""
        self.mode = mode
        hints = QGuiApplication.styleHints()
        if not self._following:
            hints.colorSchemeChanged.connect(self._on_system_changed)
            self._following = True
        wanted = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}.get(mode, Qt.ColorScheme.Unknown)
        hints.setColorScheme(wanted)
        self._use(self._colors_for(mode))

    def _on_system_changed(self) -> None:
        self._use(self._colors_for(self.mode))

    @staticmethod
    def _colors_for(mode: ThemeMode) -> Colors:
        if mode == "system":
            return DARK if QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark else LIGHT
        return DARK if mode == "dark" else LIGHT

    def _use(self, colors: Colors) -> None:
        app = QApplication.instance()
        if not isinstance(app, QApplication):
            return
        if app.styleSheet() and colors == self.colors:
            return
        self.colors = colors
        app.setStyle("Fusion")
        app.setPalette(_palette(colors))
        app.setStyleSheet(stylesheet(colors))
        self.changed.emit(colors)


@cache
def theme() -> Theme:
    """The one theme of the program."""
    return Theme()


def current_colors() -> Colors:
    """The colours in use now."""
    return theme().colors


def _palette(colors: Colors) -> QPalette:
    roles = QPalette.ColorRole
    palette = QPalette()
    for role, value in {
        roles.Window: colors.window,
        roles.WindowText: colors.text,
        roles.Base: colors.field,
        roles.AlternateBase: colors.raised,
        roles.Text: colors.text,
        roles.Button: colors.surface,
        roles.ButtonText: colors.text,
        roles.BrightText: colors.danger,
        roles.ToolTipBase: colors.raised,
        roles.ToolTipText: colors.text,
        roles.PlaceholderText: colors.disabled,
        roles.Highlight: colors.accent,
        roles.HighlightedText: colors.on_accent,
        roles.Accent: colors.accent,
        roles.Link: colors.accent,
        roles.LinkVisited: colors.accent,
        roles.Mid: colors.border,
        roles.Midlight: colors.hover,
        roles.Dark: colors.border_strong,
    }.items():
        palette.setColor(role, QColor(value))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(colors.disabled))
    return palette
