"""Words of less weight."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel

from desktop_app.gui.theme import set_role


def muted_label(text: str, *, wraps: bool = True) -> QLabel:
    """A line, or where it ``wraps`` a paragraph, in a fainter colour."""
    label = QLabel(text)
    label.setWordWrap(wraps)
    set_role(label, "muted")
    return label
