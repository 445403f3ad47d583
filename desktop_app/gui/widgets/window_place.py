"""Where windows open: over their parent, on its screen, no larger than that."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QScreen
from PySide6.QtWidgets import QWidget

_FRAME = QSize(12, 44)  # px that the system draws around a window, and a little air


def screen_of(window: QWidget) -> QScreen:
    """The screen on which a window will open: that of its parent."""
    parent = window.parentWidget()
    return parent.window().screen() if parent is not None else window.screen()


def room_for(window: QWidget) -> QSize:
    """The largest size that a window can have on its screen."""
    return screen_of(window).availableGeometry().size() - _FRAME


def resize_to_screen(window: QWidget, wanted: QSize) -> None:
    """Give a window the size that it wishes, or what its screen has room for."""
    window.resize(wanted.boundedTo(room_for(window)))


def center_on_parent(window: QWidget) -> None:
    """Put a window over the middle of its parent, wholly on the screen of that."""
    screen = screen_of(window).availableGeometry()
    parent = window.parentWidget()
    middle = parent.window().frameGeometry().center() if parent is not None else screen.center()
    frame = window.frameGeometry()
    frame.moveCenter(middle)
    frame.moveLeft(max(screen.left(), min(frame.left(), screen.right() + 1 - frame.width())))
    frame.moveTop(max(screen.top(), min(frame.top(), screen.bottom() + 1 - frame.height())))
    window.move(frame.topLeft())
