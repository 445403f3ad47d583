"""Opening files and folders in other programs, and saying so where the system has none for them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication

from desktop_app.core.errors import UserError
from desktop_app.gui.notifications.notifier import Notifier


def open_outside(path: Path, notifier: Notifier) -> None:
    """Open a file or folder in the program that the system has for it; if that fails, offer its path."""
    if not path.exists():
        notifier.error(UserError(f"{path} is not there any more.", hint="Was it moved, renamed or deleted?"))
    elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
        copy = partial(QGuiApplication.clipboard().setText, str(path))
        notifier.warning(f"This system has no program that opens {path}.", action=("Copy its path", copy))


def open_link(address: str, notifier: Notifier) -> None:
    """Open a web or mail address in the browser; if that fails, offer the address."""
    if not QDesktopServices.openUrl(QUrl(address)):
        copy = partial(QGuiApplication.clipboard().setText, address)
        notifier.warning(f"This system has no browser that opens {address}.", action=("Copy the address", copy))
