"""A card that can be chosen: a picture, a title, a sentence, and a badge."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import MEDIUM, TIGHT

PICTURE_SIZE = (92, 72)  # px, by eye
_RADIUS = 8.0  # px, by eye
_LINK = "](http"
"""Stands in each link of Markdown."""
Drawing: TypeAlias = Callable[[QPainter, QPalette], None]


def blend(first: QColor, second: QColor, share: float) -> QColor:
    """The colour that lies ``share`` (0 to 1) of the way from ``first`` to ``second``."""
    return QColor.fromRgbF(
        first.redF() + (second.redF() - first.redF()) * share,
        first.greenF() + (second.greenF() - first.greenF()) * share,
        first.blueF() + (second.blueF() - first.blueF()) * share,
    )


def is_dark(palette: QPalette) -> bool:
    """Whether windows of this palette are dark."""
    return palette.color(QPalette.ColorRole.Window).lightnessF() < 0.5  # half of white


class ChoiceCard(QAbstractButton):
    """A large checkable button with words.

    Args:
        title: What is chosen.
        text: One or two sentences about it.
        drawing: Draws the picture on the left into ``PICTURE_SIZE``, in the colours of a palette; None for no picture.
        badge: A short word beside the title, such as "recommended".
        note: A smaller, paler line below the text, Markdown where it holds links.

    Signals:
        link_chosen: The address of a link in the note.
    """

    link_chosen = Signal(str)

    def __init__(
        self, title: str, text: str = "", drawing: Drawing | None = None, *, badge: str = "", note: str = ""
    ) -> None:
        super().__init__()
        self.setCheckable(True)
        self.setText(title)
        self.setAccessibleName(f"{title}. {text}")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        row = QHBoxLayout(self)
        row.setContentsMargins(MEDIUM, MEDIUM, MEDIUM, MEDIUM)
        row.setSpacing(MEDIUM)
        if drawing is not None:
            row.addWidget(_Picture(drawing), 0, Qt.AlignmentFlag.AlignVCenter)
        row.addLayout(self._words(title, text, badge, note), 1)
        for child in self.findChildren(QWidget):
            follows = isinstance(child, QLabel) and child.textFormat() == Qt.TextFormat.MarkdownText
            child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, not follows)
            if isinstance(child, QLabel) and follows:
                child.linkActivated.connect(self._on_link)

    def _on_link(self, address: str) -> None:
        """A click on a link chooses nothing."""
        self.setDown(False)
        self.link_chosen.emit(address)

    def _words(self, title: str, text: str, badge: str, note: str) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(TIGHT)
        head = QHBoxLayout()
        name = QLabel(title)
        font = name.font()
        font.setBold(True)
        name.setFont(font)
        head.addWidget(name)
        if badge:
            word = QLabel(badge)
            set_role(word, "badge")
            head.addWidget(word)
        head.addStretch(1)
        column.addLayout(head)
        for words, pale in ((text, False), (note, True)):
            if words:
                column.addWidget(_line(words, pale))
        column.addStretch(1)
        column.insertStretch(0, 1)
        return column

    def sizeHint(self) -> QSize:
        layout = self.layout()
        return layout.sizeHint() if layout is not None else super().sizeHint()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        layout = self.layout()
        return layout.heightForWidth(width) if layout is not None else super().heightForWidth(width)

    def paintEvent(self, event: QPaintEvent) -> None:
        palette = self.palette()
        base, accent = palette.color(QPalette.ColorRole.Base), palette.color(QPalette.ColorRole.Highlight)
        text = palette.color(QPalette.ColorRole.Text)
        fill = blend(base, accent, 0.14) if self.isChecked() else base
        if self.underMouse() and not self.isChecked() and self.isEnabled():
            fill = blend(base, accent, 0.06)
        marked = self.isChecked() or self.hasFocus()
        pen = QPen(accent if marked else blend(base, text, 0.22), 2.0 if self.isChecked() else 1.0)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen)
        painter.setBrush(fill)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5), _RADIUS, _RADIUS)
        painter.end()


class _Picture(QWidget):
    def __init__(self, drawing: Drawing) -> None:
        super().__init__()
        self._drawing = drawing
        self.setFixedSize(*PICTURE_SIZE)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._drawing(painter, self.palette())
        painter.end()


def _line(words: str, pale: bool) -> QLabel:
    line = QLabel(words)
    line.setWordWrap(True)
    if _LINK in words:
        line.setTextFormat(Qt.TextFormat.MarkdownText)
        line.setTextInteractionFlags(Qt.TextInteractionFlag.LinksAccessibleByMouse)
    if pale:
        set_role(line, "muted")
    return line
