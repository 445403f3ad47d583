"""Where windows were and how large, from one start to the next."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings
from PySide6.QtWidgets import QMainWindow

_VERSION = 1  # counts up when docks get other names, so that old places are not used


def restore_window(window: QMainWindow, file: Path) -> tuple[str, ...]:
    """Put a window where it was last; what cannot be used is passed over.

    Returns:
        Names of the docks that the user had folded.
    """
    store = QSettings(str(file), QSettings.Format.IniFormat)
    geometry, state = store.value("geometry"), store.value("state")
    if isinstance(geometry, QByteArray):
        window.restoreGeometry(geometry)
    if isinstance(state, QByteArray):
        window.restoreState(state, _VERSION)
    return tuple(str(store.value("folded") or "").split())


def remember_window(window: QMainWindow, file: Path, folded: Iterable[str] = ()) -> None:
    """Write down where a window is, and which docks are folded."""
    store = QSettings(str(file), QSettings.Format.IniFormat)
    store.setValue("geometry", window.saveGeometry())
    store.setValue("state", window.saveState(_VERSION))
    store.setValue("folded", " ".join(folded))
