"""Titles of a form level with their fields."""

from __future__ import annotations

from PySide6.QtWidgets import QFormLayout

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
            field = item.widget() or item  # of an item whose widget has no window yet Qt says that it takes no room
            label.setMinimumHeight(field.sizeHint().height())
