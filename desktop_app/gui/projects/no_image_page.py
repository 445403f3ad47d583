"""What stands in the middle while a project is open but no image is."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_app.core.project import Project
from desktop_app.gui.widgets.dropped import local_paths
from desktop_app.gui.widgets.empty_state import EmptyState


class NoImagePage(QWidget):
    """Says what to do next; takes drops.

    Signals:
        add_images_requested: The button.
        add_folder_requested: The button.
        add_web_requested: The button.
        find_requested: Nuclei at once, in any image.
        paths_dropped: A list of ``Path``.
    """

    add_images_requested = Signal()
    add_folder_requested = Signal()
    add_web_requested = Signal()
    find_requested = Signal()
    paths_dropped = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self.empty = EmptyState("drop", "", "")
        images = self.empty.add_button("Add images…", "add-image", primary=True)
        images.clicked.connect(self.add_images_requested)
        folder = self.empty.add_button("Add a folder…", "add-folder")
        folder.clicked.connect(self.add_folder_requested)
        web = self.empty.add_button("Add a web address…", "add-web")
        web.clicked.connect(self.add_web_requested)
        find = self.empty.add_button("Find nuclei now…", "predict")
        find.clicked.connect(self.find_requested)
        column = QVBoxLayout(self)
        column.addWidget(self.empty)
        self.show_project(None)

    def show_project(self, project: Project | None) -> None:
        """Fit the words to the project."""
        if project is not None and project.items:
            self.empty.set_words("No image is open", "Choose an image in the project panel, or add more.")
        else:
            self.empty.set_words(
                "Add your first images", "Drop files or folders here. Images stay where they are; nothing is copied."
            )

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if local_paths(event.mimeData()):  # a web address is for the window
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.paths_dropped.emit(local_paths(event.mimeData()))
