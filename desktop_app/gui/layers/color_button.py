"""A button that shows a colour map and lets the user choose another."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from desktop_app.gui.viewer.color_maps import TITLES, color_map

_BAR = QSize(64, 14)  # px: as high as a line of text


class ColorButton(QToolButton):
    """Signals:
    color_chosen: Name of the colour map.
    """

    color_chosen = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setIconSize(_BAR)
        self.setAutoRaise(True)
        self.setToolTip("Colours from dark to bright")
        self.setAccessibleName(f"Colours of {name}")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        menu.aboutToShow.connect(self._fill)
        menu.triggered.connect(lambda action: self.color_chosen.emit(action.data()))
        self.setMenu(menu)

    def set_color(self, color: str) -> None:
        """Show a colour map."""
        self.setIcon(bar_icon(color))

    def _fill(self) -> None:
        """Offer the colour maps; drawing them all takes 50 ms, which only an opened menu needs."""
        if self.menu().isEmpty():
            for color, title in TITLES.items():
                self.menu().addAction(bar_icon(color), title).setData(color)


def bar_icon(color: str) -> QIcon:
    """A small bar from the dark to the bright end of a colour map."""
    places = np.linspace(0, 255, _BAR.width()).astype(np.intp)
    bar = np.ascontiguousarray(np.broadcast_to(color_map(color)[places], (_BAR.height(), _BAR.width(), 3)))
    image = QImage(bar.data, _BAR.width(), _BAR.height(), 3 * _BAR.width(), QImage.Format.Format_RGB888)  # bytes a row
    return QIcon(QPixmap.fromImage(image.copy()))
