"""Two results of one image beside each other."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop_app.gui.theme.spacing import MEDIUM
from desktop_app.gui.widgets.thumbnail import LabelThumbnail

_EDGE = 240  # px: two beside each other, with room for the summary above
Captioned: TypeAlias = tuple[NDArray[np.uint8] | None, str]


class TwoPictures(QWidget):
    """Hidden until there are two pictures to compare."""

    def __init__(self) -> None:
        super().__init__()
        self.pictures: list[LabelThumbnail] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(MEDIUM)
        self.hide()

    def show_pictures(self, *pictures: Captioned) -> None:
        """Show pictures ``(Y, X, 3)`` with captions; hidden where one of them is missing."""
        for old in self.pictures:
            self._row.removeWidget(old)
            old.deleteLater()
        self.pictures = []
        for image, caption in pictures:
            picture = LabelThumbnail(caption)
            picture.setFixedHeight(_EDGE)
            picture.setAccessibleName(caption)
            picture.set_picture(image)
            self._row.addWidget(picture, 1)
            self.pictures.append(picture)
        self.setVisible(all(image is not None for image, _ in pictures))
