"""The places where a model went wrong most: image, labels and result side by side; a click opens the place."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QLabel, QSizePolicy, QVBoxLayout, QWidget

from desktop_app.core.advice.mistakes import TITLES
from desktop_app.core.advice.record import MistakePlace
from desktop_app.core.imaging.shown_size import shown_place
from desktop_app.gui.theme import current_colors, set_role
from desktop_app.gui.theme.spacing import SMALL, TIGHT
from desktop_app.gui.widgets.step_page import column

_LEAST = QSize(300, 96)  # px: three panels of 96 px still show an object


class WorstPlaces(QWidget):
    """Shows some places below each other.

    Signals:
        open_requested: A ``MistakePlace`` to look at.
    """

    open_requested = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.pictures: list[PlacePicture] = []
        self._layout = column(self, SMALL)
        heading = QLabel("Where it goes wrong most")
        set_role(heading, "heading")
        legend = QLabel("From left to right: image, your labels, result. Click to look at the place in the image.")
        legend.setWordWrap(True)
        set_role(legend, "muted")
        self._layout.addWidget(heading)
        self._layout.addWidget(legend)
        self._layout.addStretch(1)
        self.hide()

    def show_places(self, run: Path, places: tuple[MistakePlace, ...]) -> None:
        """Show the places that a run remembers; hidden where there are none.

        Args:
            run: Its folder, which holds the pictures.
            places: The worst first.
        """
        for old in self.pictures:
            parent = old.parentWidget()
            if parent is not None:
                self._layout.removeWidget(parent)
                parent.deleteLater()
        self.pictures = []
        for place in places:
            image = QImage(str(run / place.picture))
            if not image.isNull():
                found = {"found": str(run / place.found)} if place.found else {}
                self._add(place.model_copy(update=found), image)
        self.setVisible(bool(self.pictures))

    def _add(self, place: MistakePlace, image: QImage) -> None:
        words = place_words(place)
        row, picture, caption = QWidget(), PlacePicture(image), QLabel(words)
        layout = QVBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(TIGHT)
        caption.setWordWrap(True)
        picture.setAccessibleName(words)
        picture.setToolTip(f"Open {place.image} at this place")
        picture.clicked.connect(partial(self.open_requested.emit, place))
        layout.addWidget(picture)
        layout.addWidget(caption)
        self._layout.insertWidget(self._layout.count() - 1, row)  # what is left of the height lies below all
        self.pictures.append(picture)


class PlacePicture(QAbstractButton):
    """A picture that can be clicked, fitted into its place."""

    def __init__(self, image: QImage) -> None:
        super().__init__()
        self._image = image
        self.setMinimumSize(_LEAST)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def sizeHint(self) -> QSize:
        return QSize(420, 140)  # px, by eye

    def heightForWidth(self, width: int) -> int:
        return round(width * self._image.height() / self._image.width())

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()
        super().enterEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        scale = min(self.width() / self._image.width(), self.height() / self._image.height())
        place = QRectF(0, 0, self._image.width() * scale, self._image.height() * scale)
        painter.drawImage(place, self._image)
        if self.hasFocus() or self.underMouse():
            painter.setPen(QPen(QColor(current_colors().accent), 2))
            painter.drawRect(place.adjusted(1, 1, -1, -1))
        painter.end()


def place_words(place: MistakePlace) -> str:
    """What went wrong, and where."""
    time = f", time point {place.time + 1}" if place.time else ""
    return f"{TITLES[place.mistake]}: {place.image}{time}, {shown_place(place.voxel, flat=place.flat)}"
