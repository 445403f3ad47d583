"""Icons by meaning; they follow the colours of the theme."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import qtawesome
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap

from desktop_app.gui.theme.colors import ColorRole
from desktop_app.gui.theme.icon_names import ICON_NAMES
from desktop_app.gui.theme.theme import current_colors

_PREFIX, _FONT = "mdi6", "materialdesignicons6-webfont"  # the one font of twelve that ICON_NAMES draws from


def icon(name: str, role: ColorRole = "text") -> QIcon:
    """The icon for a meaning such as ``brush`` or ``open``, in the colour of a role.

    The icon is drawn anew at each paint, so it changes with the theme without being set again.

    Raises:
        KeyError: If the name is not in ``ICON_NAMES`` and is no full name such as ``mdi6.brush``.
    """
    full = name if "." in name else ICON_NAMES[name]
    return QIcon(_ThemedEngine(full, role))


@cache
def icon_font() -> qtawesome.IconicFont:
    """The font of the icons. ``qtawesome.icon`` reads all twelve that it brings: 60 ms and 12 MB of a start."""
    folder, names = qtawesome.get_fonts_info()
    drawn = next(name for name in names if name.startswith(_FONT))
    version = Path(drawn).stem.removeprefix(_FONT)
    return qtawesome.IconicFont((_PREFIX, drawn, f"{_FONT}-charmap{version}.json", folder))


@lru_cache(maxsize=1024)  # all icons in all colours and sizes, some MB
def _colored(full: str, color: str) -> QIcon:
    drawn: QIcon = icon_font().icon(full, color=color)
    return drawn


class _ThemedEngine(QIconEngine):
    def __init__(self, full: str, role: ColorRole) -> None:
        super().__init__()
        self._full = full
        self._role: ColorRole = role

    def clone(self) -> QIconEngine:
        return _ThemedEngine(self._full, self._role)

    def _drawn(self, mode: QIcon.Mode) -> QIcon:
        role = "disabled" if mode == QIcon.Mode.Disabled else self._role
        return _colored(self._full, getattr(current_colors(), role))

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: Any) -> None:
        self._drawn(mode).paint(painter, rect, Qt.AlignmentFlag.AlignCenter, QIcon.Mode.Normal, state)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: Any) -> QPixmap:
        if size.isEmpty():  # a button that is squeezed to less than its margins asks for less than nothing
            return QPixmap()
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return pixmap
