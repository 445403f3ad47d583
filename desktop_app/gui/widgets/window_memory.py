"""Where windows were and how large, from one start to the next."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings, QSize
from PySide6.QtWidgets import QMainWindow, QWidget

_VERSION = 1  # counts up when docks get other names, so that old places are not used
_FRAME = QSize(8, 40)  # what the system draws around a window


def resize_to_screen(window: QWidget, wanted: QSize) -> None:
    """Give a window its good size, or what the screen has room for."""
    window.resize(wanted.boundedTo(window.screen().availableGeometry().size() - _FRAME))


def restore_window(window: QMainWindow, file: Path) -> None:
    """Put a window where it was last; what cannot be used is passed over."""
    store = QSettings(str(file), QSettings.Format.IniFormat)
    geometry, state = store.value("geometry"), store.value("state")
    if isinstance(geometry, QByteArray):
        window.restoreGeometry(geometry)
    if isinstance(state, QByteArray):
        window.restoreState(state, _VERSION)


def remember_window(window: QMainWindow, file: Path) -> None:
    """Write down where a window is."""
    store = QSettings(str(file), QSettings.Format.IniFormat)
    store.setValue("geometry", window.saveGeometry())
    store.setValue("state", window.saveState(_VERSION))
