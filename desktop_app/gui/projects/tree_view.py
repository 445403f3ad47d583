"""The tree itself: rows, selection, drops."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QPalette,
    QStandardItem,
    QStandardItemModel,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from desktop_app.gui.projects.tree_nodes import Node, NodeKind
from desktop_app.gui.theme import current_colors, icon
from desktop_app.gui.widgets.dropped import local_paths

_NODE = int(Qt.ItemDataRole.UserRole)


class _StateDelegate(QStyledItemDelegate):
    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        super().initStyleOption(option, index)
        option.displayAlignment = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        color = QColor(current_colors().muted)
        for role in (QPalette.ColorRole.Text, QPalette.ColorRole.HighlightedText):
            option.palette.setColor(role, color)


class ProjectTreeView(QTreeView):
    """Shows nodes in two columns and tells what the user wants with them.

    Signals:
        chosen: The ``Node`` that became current, unless the user selects several.
        picked: The ``Node`` that was clicked, unless the user selects several.
        opened: The ``Node`` that Enter was pressed on.
        double_clicked: The ``Node``; it was picked before.
        menu_requested: A ``Node`` or None, and the global ``QPoint``.
        remove_requested: The ``Node`` on which Delete was pressed.
        paths_dropped: A list of ``Path``.
    """

    chosen = Signal(object)
    picked = Signal(object)
    opened = Signal(object)
    double_clicked = Signal(object)
    menu_requested = Signal(object, QPoint)
    remove_requested = Signal(object)
    paths_dropped = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = QStandardItemModel(0, 2, self)
        self._filling = False
        self._shown: list[Node] = []
        self.setModel(self._model)
        self.setHeaderHidden(True)
        self.setProperty("role", "plain")
        self.setIndentation(16)  # px, by eye
        self.setUniformRowHeights(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAcceptDrops(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DropOnly)
        self.setItemDelegateForColumn(1, _StateDelegate(self))
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.clicked.connect(self._on_clicked)
        self.doubleClicked.connect(self._on_double_clicked)
        self.customContextMenuRequested.connect(self._on_menu)
        self.selectionModel().currentChanged.connect(self._on_current)

    def show_nodes(self, nodes: Sequence[Node]) -> None:
        """Show these rows; open sections stay open, and the current row stays current.

        Where the same rows only look different, just these are drawn anew, so that a project of thousands of images
        does not hold up the first stroke on one of them.
        """
        if [_keys(node) for node in nodes] == [_keys(node) for node in self._shown]:
            self._renew(nodes)
            return
        closed = {node.key for node in self._sections() if not self.isExpanded(self._section_index(node.key))}
        filled = {node.key for node in self._sections() if node.children}
        current = self.current_node()
        self._filling = True
        self._model.removeRows(0, self._model.rowCount())
        for node in nodes:
            self._add(self._model.invisibleRootItem(), node)
        for node in nodes:
            self.setExpanded(self._section_index(node.key), node.key not in closed or node.key not in filled)
        if current is not None:
            self.select(current.kind, current.key)
        self._filling = False
        self._shown = list(nodes)

    def current_node(self) -> Node | None:
        """The row the user is on."""
        return self._node(self.currentIndex())

    def select(self, kind: NodeKind, key: str) -> None:
        """Make a row current without opening it."""
        for section in range(self._model.rowCount()):
            parent = self._model.item(section)
            for row in range(parent.rowCount()):
                node = parent.child(row).data(_NODE)
                if (node.kind, node.key) == (kind, key):
                    before, self._filling = self._filling, True
                    self.setCurrentIndex(parent.child(row).index())
                    self._filling = before
                    return

    def nodes(self, kind: NodeKind) -> list[Node]:
        """All rows of a kind, in order."""
        return [n for s in self._sections() for n in s.children if n.kind == kind]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        node = self.current_node()
        if node is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(node)
        elif node is not None and event.key() == Qt.Key.Key_Delete:
            self.remove_requested.emit(node)
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if local_paths(event.mimeData()):  # a web address is for the window
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if local_paths(event.mimeData()):  # a web address is for the window
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = local_paths(event.mimeData())
        if paths:
            event.acceptProposedAction()
            self.paths_dropped.emit(paths)

    def _renew(self, nodes: Sequence[Node]) -> None:
        for row, (old, new) in enumerate(zip(self._shown, nodes, strict=True)):
            parent = self._model.item(row)
            if old != new:
                self._dress(parent, self._model.item(row, 1), new)
                for place, (before, after) in enumerate(zip(old.children, new.children, strict=True)):
                    if before != after:
                        self._dress(parent.child(place), parent.child(place, 1), after)
                        self._make_room(parent.child(place), after)
        self._shown = list(nodes)

    def _add(self, parent: QStandardItem, node: Node) -> None:
        first, second = QStandardItem(), QStandardItem()
        if node.kind == "section":
            font = first.font()
            font.setBold(True)
            first.setFont(font)
        self._dress(first, second, node)
        parent.appendRow([first, second])
        self._make_room(first, node)
        for child in node.children:
            self._add(first, child)

    def _make_room(self, first: QStandardItem, node: Node) -> None:
        """Where there is nothing to say beside a name, the name may be longer."""
        parent = first.parent() or self._model.invisibleRootItem()
        self.setFirstColumnSpanned(first.row(), parent.index(), node.kind == "model" or not node.state)

    @staticmethod
    def _dress(first: QStandardItem, second: QStandardItem, node: Node) -> None:
        first.setIcon(icon(node.icon, node.color))
        first.setText(node.title)
        second.setText(node.state)
        for cell in (first, second):
            cell.setData(node, _NODE)
            cell.setToolTip(node.tip)
            cell.setEditable(False)

    def _sections(self) -> list[Node]:
        return [self._model.item(row).data(_NODE) for row in range(self._model.rowCount())]

    def _section_index(self, key: str) -> QModelIndex:
        for row in range(self._model.rowCount()):
            if self._model.item(row).data(_NODE).key == key:
                return self._model.item(row).index()
        return QModelIndex()

    def _node(self, index: QModelIndex) -> Node | None:
        node = index.data(_NODE) if index.isValid() else None
        return node if isinstance(node, Node) else None

    def selected(self, kind: NodeKind) -> list[Node]:
        """The selected rows of a kind, from top to bottom."""
        keys = {node.key for node in map(self._node, self.selectionModel().selectedRows()) if node is not None}
        return [node for node in self.nodes(kind) if node.key in keys]

    def _on_current(self, index: QModelIndex) -> None:
        node = self._node(index)
        if node is not None and not self._filling and not _selecting():
            self.chosen.emit(node)

    def _on_clicked(self, index: QModelIndex) -> None:
        node = self._node(index)
        if node is not None and not _selecting():
            self.picked.emit(node)

    def _on_double_clicked(self, index: QModelIndex) -> None:
        node = self._node(index)
        if node is not None:
            self.double_clicked.emit(node)

    def _on_menu(self, place: QPoint) -> None:
        self.menu_requested.emit(self._node(self.indexAt(place)), self.viewport().mapToGlobal(place))


def _selecting() -> bool:
    """Whether the user holds a key to select several rows."""
    several = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    return bool(QGuiApplication.keyboardModifiers() & several)


def _keys(node: Node) -> tuple[str, tuple[str, ...]]:
    return node.key, tuple(child.key for child in node.children)
