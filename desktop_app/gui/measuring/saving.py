"""Asking where a table goes, and writing it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from PySide6.QtWidgets import QFileDialog, QWidget

from desktop_app.gui.notifications.notifier import Notifier
from desktop_app.io.tables import TABLE_ENDINGS, TABLE_FILTER


class Writable(Protocol):
    """A table."""

    def write(self, out: Path) -> object:
        """Write it as the ending says."""


def save_table(parent: QWidget, table: Writable, start: Path, notifier: Notifier) -> None:
    """Ask for a name, write the table, and say that it is there."""
    chosen, kind = QFileDialog.getSaveFileName(parent, "Save table", str(start), TABLE_FILTER)
    if not chosen:
        return
    path = Path(chosen)
    if path.suffix.lower() not in TABLE_ENDINGS:
        path = path.with_name(path.name + TABLE_ENDINGS["xlsx" in kind])
    with notifier.errors_told():
        table.write(path)
        notifier.info(f"Written: {path}")
