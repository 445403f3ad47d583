"""What can be wrong with the place and size of a visible widget."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QSlider,
    QToolButton,
    QWidget,
)

_KINDS = (QAbstractButton, QLabel, QLineEdit, QComboBox, QAbstractSpinBox, QSlider)
_ROUNDING = 1  # px by which fractional scales move an edge
_MEAN_TEXT = 3  # px of the space around a text that may be missing before a letter is cut


def problems(window: QWidget) -> list[str]:
    """Why a user could not see or reach something of a window that is shown.

    Args:
        window: A visible top-level window.

    Returns:
        One sentence a fault; empty where all is well.
    """
    found = []
    screen = window.screen().availableGeometry()
    place = window.geometry()
    if not screen.adjusted(-_ROUNDING, -_ROUNDING, _ROUNDING, _ROUNDING).contains(place):
        found.append(f"the window {_words(place)} leaves the screen {_words(screen)}")
    for widget in window.findChildren(QWidget):
        if widget.isVisible() and widget.window() is window and isinstance(widget, _KINDS) and not _inner(widget):
            found += [f"{_name(widget)} {fault}" for fault in _faults(widget, window)]
    return found


def _faults(widget: QWidget, window: QWidget) -> Iterator[str]:
    outside = _outside(widget, window)
    if isinstance(widget, QLabel) and not widget.text() and widget.pixmap().isNull():
        return
    if outside:
        yield outside
    if widget.width() <= 0 or widget.height() <= 0:
        yield "has no size"
    yield from _cut_text(widget)


def _outside(widget: QWidget, window: QWidget) -> str:
    """Whether an ancestor cuts the widget off; what can be scrolled into view is not cut off."""
    rect, part = widget.rect(), widget
    while part is not window:
        above = part.parentWidget()
        rect = QRect(part.mapTo(above, rect.topLeft()), rect.size())
        room = above.rect()
        area = above.parentWidget()
        if isinstance(area, QAbstractScrollArea) and area.viewport() is above:
            rect = _scrolled_into_view(rect, room, area)
        if not room.adjusted(-_ROUNDING, -_ROUNDING, _ROUNDING, _ROUNDING).contains(rect):
            return f"at {_words(rect)} is cut off by {_name(above)} {_words(room)}"
        part = above
    return ""


def _scrolled_into_view(rect: QRect, room: QRect, area: QAbstractScrollArea) -> QRect:
    """Where the rectangle would be after scrolling as far as the bars allow."""
    moved, off = QRect(rect), Qt.ScrollBarPolicy.ScrollBarAlwaysOff
    fixed = {
        area.horizontalScrollBar(): area.horizontalScrollBarPolicy() == off,
        area.verticalScrollBar(): area.verticalScrollBarPolicy() == off,
    }
    for bar, low, high, first, last, move in (
        (area.horizontalScrollBar(), moved.left(), moved.right(), room.left(), room.right(), QPoint(1, 0)),
        (area.verticalScrollBar(), moved.top(), moved.bottom(), room.top(), room.bottom(), QPoint(0, 1)),
    ):
        if fixed[bar]:
            continue
        if high - low > last - first and bar.maximum() > 0:
            # Longer than the view: it can be scrolled through.
            start = first - low
            moved.translate(move * start)
            if move.x():
                moved.setRight(min(moved.right(), room.right()))
            else:
                moved.setBottom(min(moved.bottom(), room.bottom()))
        elif high > last:
            moved.translate(-move * min(high - last, bar.maximum() - bar.value()))
        elif low < first:
            moved.translate(move * min(first - low, bar.value() - bar.minimum()))
    return moved


def _cut_text(widget: QWidget) -> Iterator[str]:
    if isinstance(widget, QLabel):
        if not widget.text() or widget.property("elided") is not None:
            return
        if widget.wordWrap():
            need = widget.heightForWidth(widget.width())
            if need > widget.height() + _MEAN_TEXT:
                yield f"is {widget.height()} high and its text needs {need}"
        elif widget.sizeHint().width() > widget.width() + _MEAN_TEXT:
            yield f"is {widget.width()} wide and its text needs {widget.sizeHint().width()}"
    elif isinstance(widget, (QPushButton, QCheckBox, QRadioButton, QToolButton)) and widget.text():
        if isinstance(widget, QToolButton) and widget.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonIconOnly:
            return
        need = widget.sizeHint()
        if need.width() > widget.width() + _MEAN_TEXT:
            yield f"is {widget.width()} wide and its text needs {need.width()}"
        if need.height() > widget.height() + 2 * _MEAN_TEXT:
            yield f"is {widget.height()} high and its text needs {need.height()}"


def _inner(widget: QWidget) -> bool:
    """Parts that Qt makes for itself, such as the field of a spin box and the arrows of a tab bar."""
    return (
        (widget.objectName().startswith("qt_") and not widget.objectName().startswith("qt_msgbox"))
        or isinstance(widget.parentWidget(), (QAbstractSpinBox, QComboBox, QLineEdit))
        or type(widget.parentWidget()).__name__ in ("QTabBar", "QMenuBar")
    )


def _name(widget: QWidget) -> str:
    text = getattr(widget, "text", lambda: "")()
    said = str(text)[:40] or widget.accessibleName() or widget.toolTip()[:40] or widget.objectName()
    return f"{type(widget).__name__} “{said}”"


def _words(rect: QRect) -> str:
    return f"({rect.left()}, {rect.top()}, {rect.width()} × {rect.height()})"


__all__ = ["QScrollArea", "problems"]
