"""Distances in logical pixels, and titles level with their fields, so that every panel breathes alike."""

from __future__ import annotations

from PySide6.QtWidgets import QFormLayout, QLayout, QLayoutItem

TIGHT = 4  # px between things that belong together; this scale is by eye
SMALL = 8  # px within a row
MEDIUM = 12  # px between rows
LARGE = 16  # px around a page
HUGE = 28  # px between sections
ICON = 18  # px: as high as a line of text
SMALL_ICON = 16  # px: of buttons in a row of a list

_TITLE, _FIELD = QFormLayout.ItemRole.LabelRole, QFormLayout.ItemRole.FieldRole


def pad(layout: QLayout, margin: int = MEDIUM, spacing: int = SMALL) -> None:
    """Give a layout the same margin on all four sides, and a spacing."""
    layout.setContentsMargins(margin, margin, margin, margin)
    layout.setSpacing(spacing)


def level_titles(form: QFormLayout) -> None:
    """Stand each title in the middle beside its field: Qt lifts those beside a field that is a little taller.

    Args:
        form: With all its rows.
    """
    for row in range(form.rowCount()):
        title, item = form.itemAt(row, _TITLE), form.itemAt(row, _FIELD)
        label = title.widget() if title is not None else None
        if label is not None and item is not None:
            label.setMinimumHeight(_height(item))


def _height(item: QLayoutItem) -> int:
    """Of a field, or of the highest of several in a row, px; Qt says 0 of an item whose widget has no window yet."""
    widget, row = item.widget(), item.layout()
    if widget is not None:
        return widget.sizeHint().height()
    parts = [row.itemAt(place) for place in range(row.count())] if row is not None else []
    return max((_height(part) for part in parts if part is not None), default=item.sizeHint().height())
