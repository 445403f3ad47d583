"""Distances in logical pixels, so that every panel breathes alike."""

from __future__ import annotations

from PySide6.QtWidgets import QLayout

TIGHT = 4
SMALL = 8
MEDIUM = 12
LARGE = 16
HUGE = 28
ICON = 18
RADIUS = 6


def pad(layout: QLayout, margin: int = MEDIUM, spacing: int = SMALL) -> None:
    """Give a layout the same margin on all four sides, and a spacing."""
    layout.setContentsMargins(margin, margin, margin, margin)
    layout.setSpacing(spacing)
