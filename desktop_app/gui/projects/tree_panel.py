"""The project panel at the left: name, buttons, tree."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QVBoxLayout, QWidget

from desktop_app.core.project import Item, Project
from desktop_app.gui.projects.tree_nodes import Node, NodeKind, Shelves, project_nodes
from desktop_app.gui.projects.tree_view import ProjectTreeView
from desktop_app.gui.session import Session
from desktop_app.gui.theme import icon, set_role
from desktop_app.gui.theme.spacing import MEDIUM, SMALL
from desktop_app.gui.widgets.elided_label import ElidedLabel
from desktop_app.io.projects import OpenProject

MenuEntry = tuple[str, str, str]
_MENUS: dict[NodeKind, tuple[MenuEntry, ...]] = {
    "image": (
        ("open", "Open", "open"),
        ("rename", "Rename…", "rename"),
        ("notes", "Notes…", "notes"),
        ("properties", "Properties…", "properties"),
        ("reading", "Axes and voxel size…", "voxel"),
        ("copy", "Fast browsing…", "fast"),
        ("import_labels", "Import labels…", "import"),
        ("labels_inside", "Open labels inside the image…", "labels-inside"),
        ("export_labels", "Export labels…", "export"),
        ("write_back", "Write labels back…", "write-back"),
        ("convert", "Convert to another format…", "convert"),
        ("pick_patches", "Pick patches to label…", "rectangle"),
        ("reveal", "Show in file manager", "reveal"),
        ("remove", "Remove from project…", "remove"),
    ),
    "labels": (("open", "Open", "open"), ("export_labels", "Export labels…", "export")),
    "dataset": (
        ("open", "Open", "open"),
        ("reveal", "Show in file manager", "reveal"),
    ),
    "model": (("open", "Open in the model list", "model"), ("reveal", "Show in file manager", "reveal")),
    "run": (
        ("open", "Show its curves", "run"),
        ("model", "Open its model", "model"),
        ("resume", "Resume training", "resume"),
        ("continue", "Go on with more steps…", "run"),
        ("zip", "Save as a zip file…", "export"),
        ("reveal", "Show in file manager", "reveal"),
    ),
    "result": (
        ("open", "Open the results", "open"),
        ("resume", "Go on with this batch", "resume"),
        ("reveal", "Show in file manager", "reveal"),
    ),
}
_MANY: tuple[MenuEntry, ...] = (
    ("import_labels", "Import labels by name…", "import"),
    ("convert", "Convert to another format…", "convert"),
    ("done", "Mark as done", "done"),
    ("not_done", "Mark as not done", "edit"),
    ("remove", "Remove from project…", "remove"),
)


class ProjectPanel(QWidget):
    """Shows the open project and tells what the user wants with a row.

    Signals:
        requested: What (``open``, ``rename``, ``remove`` and so on) and the ``Node``.
        requested_for_many: What, and the ids of the images.
        add_images_requested: The button.
        add_folder_requested: The button.
        add_web_requested: From the menu.
        paths_dropped: A list of ``Path``.
    """

    requested = Signal(str, object)
    requested_for_many = Signal(str, object)
    add_images_requested = Signal()
    add_folder_requested = Signal()
    add_web_requested = Signal()
    paths_dropped = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._missing: set[str] = set()
        self._places: tuple[tuple[str, str], ...] = ()
        self.setMinimumWidth(210)  # px, by eye
        self._name = ElidedLabel()
        set_role(self._name, "heading")
        self._hint = QLabel("Drop images here, or use the buttons above.")
        self._hint.setWordWrap(True)
        set_role(self._hint, "muted")
        self.tree = ProjectTreeView()
        add_images = self._button("add-image", "Add images…")
        add_images.clicked.connect(self.add_images_requested)
        add_folder = self._button("add-folder", "Add a folder of images…")
        add_folder.clicked.connect(self.add_folder_requested)
        self._head = head = QHBoxLayout()
        head.setContentsMargins(MEDIUM, SMALL, SMALL, 0)
        head.setSpacing(2)
        head.addWidget(self._name, 1)
        head.addWidget(add_images)
        head.addWidget(add_folder)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        column.addLayout(head)
        column.addWidget(self.tree, 1)
        column.addWidget(self._hint)
        self._hint.setContentsMargins(MEDIUM, 0, MEDIUM, SMALL)
        self._connect_signals()
        self.refresh()

    def _connect_signals(self) -> None:
        session = self._session
        session.project_changed.connect(self._on_project)
        session.models_changed.connect(self.refresh)
        session.results_changed.connect(self.refresh)
        session.item_changed.connect(self._on_item)
        self.tree.opened.connect(self._on_opened)
        self.tree.picked.connect(self._on_picked)
        self.tree.double_clicked.connect(self._on_double_clicked)
        self.tree.chosen.connect(self._on_chosen)
        self.tree.menu_requested.connect(self._on_menu)
        self.tree.remove_requested.connect(self._on_remove)
        self.tree.paths_dropped.connect(self.paths_dropped)

    def add_button(self, button: QToolButton) -> None:
        """One more button beside the project's name."""
        self._head.addWidget(button)

    def refresh(self) -> None:
        """Read the project folder again, and look which images are where they should be."""
        opened = self._session.open_project
        self._missing = {item.id for item in opened.missing_items()} if opened is not None else set()
        self._show()

    def _on_project(self, project: Project | None) -> None:
        """Images are looked for again only if some were added, moved or taken away."""
        places = tuple((item.id, item.image) for item in project.items) if project is not None else ()
        if places != self._places or not places:
            self._places = places
            self.refresh()
        else:
            self._show()

    def _show(self) -> None:
        project, opened = self._session.project, self._session.open_project
        if project is None or opened is None:
            self._name.clear()
            self.tree.show_nodes([])
            return
        self._name.setText(project.name)
        self._name.set_tip(str(opened.folder))
        self.tree.show_nodes(project_nodes(project, self._missing, _labelled(project, opened), _shelves(opened)))
        if self._session.item is not None:
            self.tree.select("image", self._session.item.id)
        self._hint.setVisible(not project.items)

    def _on_item(self, item: Item | None) -> None:
        if item is not None:
            self.tree.select("image", item.id)

    def _on_chosen(self, node: Node) -> None:
        """The arrow keys go through the images; what opens a window of its own waits for Enter or a click."""
        if node.kind == "image" and node.icon != "missing":
            self.requested.emit("open", node)

    def _on_picked(self, node: Node) -> None:
        """A click opens whatever it is; only the question for a missing file waits for Enter or a double click."""
        if node.kind != "section" and node.icon != "missing":
            self.requested.emit("open", node)

    def _on_opened(self, node: Node) -> None:
        if node.kind != "section":
            self.requested.emit("open", node)

    def _on_double_clicked(self, node: Node) -> None:
        """The first click has opened all but what is missing."""
        if node.icon == "missing":
            self._on_opened(node)

    def _on_remove(self, node: Node) -> None:
        several = self.tree.selected("image")
        if len(several) > 1:
            self.requested_for_many.emit("remove", [one.key for one in several])
        elif node.kind == "image":
            self.requested.emit("remove", node)

    def _on_menu(self, node: Node | None, place: QPoint) -> None:
        several = self.tree.selected("image")
        if node is not None and len(several) > 1 and node.key in {one.key for one in several}:
            self._show_menu_of_many(several, place)
            return
        menu = QMenu(self)
        if node is None or node.kind == "section":
            menu.addAction(icon("add-image"), "Add images…", self.add_images_requested.emit)
            menu.addAction(icon("add-folder"), "Add a folder of images…", self.add_folder_requested.emit)
            menu.addAction(icon("add-web"), "Add image from a web address…", self.add_web_requested.emit)
        else:
            for request, text, name in _MENUS[node.kind]:
                menu.addAction(icon(name), text).setData(request)
        chosen = menu.exec(place)
        menu.deleteLater()
        if chosen is not None and chosen.data() and node is not None:
            self.requested.emit(chosen.data(), node)

    def _show_menu_of_many(self, nodes: list[Node], place: QPoint) -> None:
        menu = QMenu(self)
        menu.addSection(f"{len(nodes)} images")
        for request, text, name in _MANY:
            menu.addAction(icon(name), text).setData(request)
        chosen = menu.exec(place)
        menu.deleteLater()
        if chosen is not None and chosen.data():
            self.requested_for_many.emit(chosen.data(), [node.key for node in nodes])

    @staticmethod
    def _button(name: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon(name))
        button.setToolTip(tip)
        return button


def _labelled(project: Project, opened: OpenProject) -> set[str]:
    return {i.id for i in project.items if i.status != "new" and opened.labelled_times(i.id)}


def _shelves(opened: OpenProject) -> Shelves:
    def sorted_paths(paths: list[Path]) -> tuple[Path, ...]:
        return tuple(sorted(paths, key=lambda p: p.name.casefold()))

    return Shelves(
        datasets=sorted_paths(list(opened.datasets())),
        models=sorted_paths(list(opened.models())),
        runs=sorted_paths(list(opened.runs())),
        results=sorted_paths(list(opened.results())),
    )
