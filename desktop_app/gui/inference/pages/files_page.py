"""First step: the images."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TypeAlias

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
)

from desktop_app.core.errors import UserError
from desktop_app.core.imaging.shown_size import ORDER, shown_size
from desktop_app.core.shown_name import shown_name
from desktop_app.gui.inference.batch_draft import BatchDraft, BatchStep
from desktop_app.gui.inference.found_images import FoundImage, Ignored, find_images, found_words
from desktop_app.gui.inference.services import InferenceServices
from desktop_app.gui.jobs.latest import LatestJob
from desktop_app.gui.jobs.runner import JobRunner
from desktop_app.gui.session.places import image_place, images_to_label, project_images
from desktop_app.gui.session.session import Session
from desktop_app.gui.theme import icon, set_role
from desktop_app.gui.theme.spacing import SMALL
from desktop_app.gui.widgets.dropped import local_paths
from desktop_app.gui.widgets.step_page import StepPage, column
from desktop_app.gui.widgets.time_choice import TimeChoice
from desktop_app.io.images.registry import image_filter

_Found: TypeAlias = tuple[tuple[FoundImage, ...], tuple[Ignored, ...]]
_PROPOSED = "Taken from this project; what you add is taken instead."
_PATH = Qt.ItemDataRole.UserRole


class FilesPage(StepPage):
    """A list of images, filled by buttons or by dropping files and folders.

    It begins with images of the project; what the user adds takes their place.
    """

    step = "Images"
    title = "Which images?"
    subtitle = "Add files or whole folders, or drop them here. Nothing is changed in them."

    def __init__(self, draft: BatchDraft, session: Session, runner: JobRunner, services: InferenceServices) -> None:
        super().__init__()
        self._draft, self._session, self._services = draft, session, services
        self._proposed = False
        self._job = LatestJob(runner, "io", self)
        self.add_files, self.add_folder = QPushButton("Add images…"), QPushButton("Add folder…")
        self.add_project = QPushButton("Add the project's images")
        self.remove, self.status, self.list = QPushButton("Remove"), QLabel(), QTreeWidget()
        shown = session.volume
        self.times = TimeChoice(shown.time if shown is not None else 0)
        self._build()
        self.setAcceptDrops(True)
        self.add_files.clicked.connect(self._on_add_files)
        self.add_folder.clicked.connect(self._on_add_folder)
        self.add_project.clicked.connect(self._on_add_project)
        self.remove.clicked.connect(self._on_remove)
        self.list.itemSelectionChanged.connect(self._on_selection)
        self.times.changed.connect(self._on_time)
        self._job.failed.connect(self._on_failed)

    def enter(self) -> None:
        if not self._draft.inputs and (images := images_to_label(self._session)):
            self._draft.inputs, self._proposed = tuple(images), True
        if self._draft.inputs and not self._draft.images and not self._job.busy:
            self._scan()
        self._show()

    def add(self, paths: list[Path]) -> None:
        """Add files and folders."""
        if self._proposed and paths:
            self._draft.inputs, self._proposed = (), False
        new = tuple(p for p in paths if p not in self._draft.inputs)
        if new:
            self._draft.inputs = (*self._draft.inputs, *new)
            self._scan()

    def problems(self) -> list[str]:
        return self._draft.problems(BatchStep.FILES)

    def stop(self) -> None:
        self._job.drop()

    def _build(self) -> None:
        layout = column(self, SMALL)
        row = QHBoxLayout()
        self.add_files.setIcon(icon("add-image"))
        self.add_folder.setIcon(icon("add-folder"))
        self.remove.setIcon(icon("remove"))
        self.remove.setEnabled(False)
        self.add_project.setIcon(icon("images"))
        self.add_project.setToolTip("All images of the open project, without the patches picked from them.")
        self.add_project.setVisible(bool(project_images(self._session)))
        for button in (self.add_files, self.add_folder, self.add_project):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.remove)
        layout.addLayout(row)
        self.list.setHeaderLabels(["File", f"Size {ORDER}", "Voxel size", ""])
        self.list.setRootIsDecorated(False)
        self.list.setAlternatingRowColors(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.list.header().setStretchLastSection(True)
        self.list.setAccessibleName("Images of the batch")
        layout.addWidget(self.list, 1)
        layout.addWidget(self.times)
        set_role(self.status, "muted")
        layout.addWidget(self.status)

    def _scan(self) -> None:
        self._draft.scanning = True
        opened = partial(self._draft.opened, open_volume=self._services.open_volume)
        self._job.start("Look for images", partial(find_images, self._draft.inputs, opened), self._on_found)
        self.status.setText("Looking for images…")
        self.changed.emit()

    def _on_found(self, found: _Found) -> None:
        self._draft.scanning = False
        self._draft.images, self._draft.ignored = found
        self._show()
        self.changed.emit()

    def _on_failed(self, error: Exception) -> None:
        self._draft.scanning = False
        self.status.setText(str(error) if isinstance(error, UserError) else "The search stopped unexpectedly.")
        self.changed.emit()

    def _show(self) -> None:
        self.list.clear()
        for image in self._draft.images:
            size = shown_size(image.shape)
            of_file = 1 + len(self._draft.further.get(str(image.path), ()))
            counts = ((of_file, "images of this file"), (image.times, "time points"), (image.channels, "channels"))
            several = ", ".join(f"{count} {what}" for count, what in counts if count > 1)
            voxel = image.voxel_size.describe().removesuffix(f" {ORDER}")
            self._add_row(image.path, (shown_name(image.path), size, voxel, several), used=True)
        for other in self._draft.ignored:
            what = "cannot be opened" if other.image else "left out"
            self._add_row(other.path, (shown_name(other.path), "", "", f"{what}: {other.reason}"), used=False)
        self.times.offer(self._draft.times)
        self._draft.time = self.times.time()
        if self._draft.inputs and not self._draft.scanning:
            words = found_words(self._draft.images, self._draft.ignored)
            self.status.setText(f"{words} {_PROPOSED}" if self._proposed else words)
        elif not self._draft.inputs:
            self.status.setText("Drop images or folders here.")

    def _add_row(self, path: Path, texts: tuple[str, ...], *, used: bool) -> None:
        item = QTreeWidgetItem(list(texts))
        item.setData(0, _PATH, path)
        item.setToolTip(0, str(path))
        item.setToolTip(3, texts[3])
        item.setIcon(0, icon("image") if used else icon("warning", "warning"))
        if not used:
            item.setDisabled(False)
            item.setForeground(0, self.palette().placeholderText())
            item.setForeground(3, self.palette().placeholderText())  # the column of what is said
        self.list.addTopLevelItem(item)

    def _on_time(self) -> None:
        self._draft.time = self.times.time()
        self.changed.emit()

    def _on_selection(self) -> None:
        self.remove.setEnabled(bool(self.list.selectedItems()))

    def _on_remove(self) -> None:
        self._proposed = False
        gone = {item.data(0, _PATH) for item in self.list.selectedItems()}
        draft = self._draft
        draft.images = tuple(i for i in draft.images if i.path not in gone)
        draft.ignored = tuple(i for i in draft.ignored if i.path not in gone)
        draft.inputs = tuple(i.path for i in draft.images)
        self._show()
        self.changed.emit()

    def _on_add_files(self) -> None:
        chosen, _ = QFileDialog.getOpenFileNames(self, "Images", str(self._place()), image_filter())
        self.add([Path(name) for name in chosen])

    def _on_add_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Folder with images", str(self._place()))
        if chosen:
            self.add([Path(chosen)])

    def _on_add_project(self) -> None:
        self.add(project_images(self._session))

    def _place(self) -> Path:
        """Where images were found last."""
        return self._draft.inputs[-1].parent if self._draft.inputs else image_place(self._session)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self.add(local_paths(event.mimeData()))
        event.acceptProposedAction()
