"""Roles that the stylesheet knows: what a button, label or frame is, not how it looks."""

from __future__ import annotations

from typing import Literal, TypeAlias

from PySide6.QtWidgets import QLabel, QWidget

_Role: TypeAlias = Literal[
    "primary", "danger", "flat", "link",  # buttons
    "title", "heading", "muted", "error", "warning", "badge", "mono",  # labels
    "card", "bar", "rail", "toast", "banner-info", "banner-warning", "banner-error", "banner-success",  # frames
]  # fmt: skip


def set_role(widget: QWidget, role: _Role | Literal[""]) -> None:
    """Give a widget the look of ``role``; the empty role takes it away."""
    if widget.property("role") == role:
        return
    widget.setProperty("role", role)
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)


def muted_label(text: str, *, wraps: bool = True) -> QLabel:
    """A line, or where it ``wraps`` a paragraph, in a fainter colour."""
    label = QLabel(text)
    label.setWordWrap(wraps)
    set_role(label, "muted")
    return label
