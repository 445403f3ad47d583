"""Distances in logical pixels, so that every panel breathes alike."""

from __future__ import annotations

from PySide6.QtWidgets import QLayout

TIGHT = 4  # px between things that belong together; this scale is by eye
SMALL = 8  # px within a row
MEDIUM = 12  # px between rows
LARGE = 16  # px around a page
HUGE = 28  # px between sections
ICON = 18  # px: as high as a line of text
SMALL_ICON = 16  # px: of buttons in a row of a list


def pad(layout: QLayout, margin: int = MEDIUM, spacing: int = SMALL) -> None:
    """Give a layout the same margin on all four sides, and a spacing."""
    layout.setContentsMargins(margin, margin, margin, margin)
    layout.setSpacing(spacing)
