"""Colours, icons and spacing: one look for the whole window, light and dark."""

from desktop_app.gui.theme.colors import DARK, LIGHT, Colors
from desktop_app.gui.theme.icons import icon
from desktop_app.gui.theme.roles import set_role
from desktop_app.gui.theme.theme import Theme, current_colors, theme

__all__ = ["DARK", "LIGHT", "Colors", "Theme", "current_colors", "icon", "set_role", "theme"]
