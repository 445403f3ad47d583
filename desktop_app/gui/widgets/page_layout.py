"""Room between headings, paragraphs and table cells of a page."""

from __future__ import annotations

from PySide6.QtGui import QBrush, QColor, QTextBlockFormat, QTextCursor, QTextDocument, QTextFrameFormat, QTextTable

from desktop_app.gui.theme import current_colors

_LINE_PERCENT = 130.0  # of the font's height, by eye
_PICTURE = "\ufffc"  # stands for a picture in the text of a block
_HEADING_ABOVE = {1: 4.0, 2: 22.0, 3: 16.0}  # px above headings of each level, by eye
_PADDING = 7.0  # px in cells of tables, by eye


def loosen(document: QTextDocument) -> None:
    """Give a page made from Markdown the air that it lacks by default."""
    block = document.begin()
    while block.isValid():
        cursor = QTextCursor(block)
        kind = block.blockFormat()
        level = kind.headingLevel()
        percent = 100.0 if _PICTURE in block.text() else _LINE_PERCENT  # no more room around a picture
        kind.setLineHeight(percent, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        if level:
            kind.setTopMargin(_HEADING_ABOVE.get(level, 12.0))  # px, by eye
            kind.setBottomMargin(6.0)  # px, by eye
        else:
            kind.setTopMargin(3.0 if cursor.currentTable() is None else 0.0)  # px; cells of tables have their own
            kind.setBottomMargin(5.0 if cursor.currentTable() is None else 0.0)  # px
        cursor.setBlockFormat(kind)
        block = block.next()
    for frame in document.rootFrame().childFrames():
        if isinstance(frame, QTextTable):
            _loosen_table(frame)


def _loosen_table(table: QTextTable) -> None:
    look = table.format()
    look.setCellPadding(_PADDING)
    look.setTopMargin(8)  # px, by eye
    look.setBottomMargin(10)  # px, by eye
    look.setBorderBrush(QBrush(QColor(current_colors().border)))
    look.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    table.setFormat(look)
