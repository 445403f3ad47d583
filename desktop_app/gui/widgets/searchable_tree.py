"""A tree of two columns with a field above it that narrows the rows by what is typed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHeaderView, QLineEdit, QTreeWidget, QTreeWidgetItem

from desktop_app.gui.theme import current_colors, icon

_INDENT = 14  # px of rows below their heading, by eye


class SearchableTree(QTreeWidget):
    """Rows may stand below headings, which are found by their words, too, and hide when all their rows do.

    Args:
        headers: Of the two columns; the first takes the room there is.
        hint: What can be searched for, shown in the empty field.

    Attributes:
        search: The field; put it above the tree.
    """

    def __init__(self, headers: tuple[str, str], hint: str) -> None:
        super().__init__()
        self.search = QLineEdit()
        self.search.setPlaceholderText(hint)
        self.search.setClearButtonEnabled(True)
        self.search.addAction(icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.setHeaderLabels(list(headers))
        self.setRootIsDecorated(False)
        self.setIndentation(_INDENT)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self._heads: dict[str, QTreeWidgetItem] = {}
        self._rows: list[tuple[str, QTreeWidgetItem]] = []
        self.search.textChanged.connect(self.narrow)

    def add_row(self, texts: tuple[str, str], tip: str, heading: str = "") -> QTreeWidgetItem:
        """A new last row, below a heading if one is named; the heading is made with its first row."""
        row = QTreeWidgetItem(self._head(heading) if heading else self, list(texts))
        row.setToolTip(0, tip)
        self._rows.append((heading, row))
        return row

    def remove_rows(self) -> None:
        """Take away all rows and headings."""
        self.clear()
        self._heads, self._rows = {}, []

    def shown(self) -> list[QTreeWidgetItem]:
        """The rows that are not hidden, without headings, in order."""
        return [row for heading in (*self._heads, "") for row in self._below(heading) if not row.isHidden()]

    def narrow(self) -> None:
        """Hide the rows that lack one of the words in the field."""
        wanted = self.search.text().casefold().split()
        for heading, row in self._rows:
            words = f"{heading} {row.text(0)} {row.text(1)} {row.toolTip(0)}".casefold()
            row.setHidden(not all(word in words for word in wanted))
        self.viewport().update()
        for heading, head in self._heads.items():
            head.setHidden(all(row.isHidden() for row in self._below(heading)))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._rows and not self.shown():
            painter = QPainter(self.viewport())
            painter.setPen(QColor(current_colors().muted))
            words = f"Nothing here has “{self.search.text().strip()}”. Try a shorter or another word."
            room = self.viewport().rect().adjusted(_INDENT, _INDENT, -_INDENT, -_INDENT)
            painter.drawText(room, int(Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap), words)
            painter.end()

    def _below(self, heading: str) -> list[QTreeWidgetItem]:
        return [row for its_heading, row in self._rows if its_heading == heading]

    def _head(self, heading: str) -> QTreeWidgetItem:
        if heading not in self._heads:
            head = QTreeWidgetItem(self, [heading])
            font = head.font(0)
            font.setBold(True)
            head.setFont(0, font)
            head.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self._heads[heading] = head
        return self._heads[heading]
