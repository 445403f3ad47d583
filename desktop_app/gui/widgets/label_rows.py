"""Titles of a form level with their fields."""

from __future__ import annotations

from PySide6.QtWidgets import QFormLayout, QLayoutItem

_TITLE, _FIELD = QFormLayout.ItemRole.LabelRole, QFormLayout.ItemRole.FieldRole


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
