"""Opening, making and closing projects, and adding images."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject, QStandardPaths, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QFileDialog

from desktop_app.core.job import JobContext
from desktop_app.core.project import Item
from desktop_app.gui.actions import ActionRegistry
from desktop_app.gui.projects.no_image_page import NoImagePage
from desktop_app.gui.projects.start_page import StartPage
from desktop_app.gui.projects.tree_panel import ProjectPanel
from desktop_app.gui.session.places import image_place
from desktop_app.gui.widgets.dropped import local_paths, web_address
from desktop_app.gui.widgets.later import later
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.images.registry import image_filter, is_image_file
from desktop_app.io.projects import PROJECT_SUFFIX, create_project, open_project, project_of

if TYPE_CHECKING:
    from desktop_app.gui.projects.image_adding import ImageAdding
    from desktop_app.gui.projects.image_look import LooseImage
    from desktop_app.gui.projects.new_project_dialog import NewProjectDialog
    from desktop_app.gui.projects.web_images import WebImages

_MOST_RECENT = 12  # projects; what a menu shows without scrolling


class ProjectCommands(QObject):
    """What the user can do with whole projects.

    Signals:
        bar_made: A ``QWidget`` that belongs over the viewer.
        find_wanted: Nuclei shall be found at once in the image at a ``Path``.
        labels_found: A list of ``(Item, Path)``, images just added with their label files, and whether all of each is
            labelled.
        sizes_missing: A list of the ``Item``s just added whose files do not state their voxel size.
    """

    labels_found = Signal(object, bool)
    sizes_missing = Signal(object)
    bar_made = Signal(object)
    find_wanted = Signal(object)

    def __init__(self, context: WindowContext) -> None:
        super().__init__(context.window)
        self._context, self._session, self._runner = context, context.session, context.runner
        self._notifier, self._window = context.notifier, context.window
        self._start: StartPage | None = None

    @cached_property
    def adding(self) -> ImageAdding:
        """Bringing files and folders into the project."""
        from desktop_app.gui.projects.image_adding import ImageAdding

        adding = ImageAdding(self._context, self._show)
        adding.labels_found.connect(self.labels_found)
        adding.sizes_missing.connect(self.sizes_missing)
        return adding

    @cached_property
    def web(self) -> WebImages:
        """Images at web addresses."""
        from desktop_app.gui.projects.web_images import WebImages

        return WebImages(self._context, self.add_paths)

    @cached_property
    def look(self) -> LooseImage:
        """Images that are looked at without a project."""
        from desktop_app.gui.projects.image_look import LooseImage

        look = LooseImage(self._context)
        look.project_wanted.connect(self._new_with)
        look.find_wanted.connect(self.find_wanted)
        self.bar_made.emit(look.bar)
        return look

    def attach(self, start: StartPage, no_image: NoImagePage, panel: ProjectPanel) -> None:
        """Do what the user wishes on these pages."""
        self._start = start
        start.new_requested.connect(self.new)
        start.open_requested.connect(self.open)
        start.sample_requested.connect(self.sample)
        start.project_chosen.connect(self.open_folder)
        start.forget_requested.connect(self.forget)
        for page in (no_image, panel):
            page.add_images_requested.connect(self.add_images)
            page.add_folder_requested.connect(self.add_folder)
            page.add_web_requested.connect(self.add_web)
            page.paths_dropped.connect(self.add_paths)

    def connect_actions(self, registry: ActionRegistry) -> None:
        """Do what menus and toolbar say."""
        for action_id, slot in {
            "project.new": self.new,
            "project.open": self.open,
            "project.sample": self.sample,
            "project.close": self.close,
            "project.save": self._session.save,
            "project.add_images": self.add_images,
            "project.add_folder": self.add_folder,
            "project.add_web": self.add_web,
            "project.paste": self.paste,
            "project.notes": self.edit_notes,
        }.items():
            registry.connect(action_id, slot)

    def edit_notes(self) -> None:
        """Ask for notes about the project."""
        project = self._session.project
        if project is None:
            return
        notes = self._notifier.ask_text(
            "Project notes", f"Notes about “{project.name}”", project.notes, many_lines=True
        )
        if notes is not None:
            self._session.update_project(project.model_copy(update={"notes": notes}))

    def new(self) -> None:
        """Ask for name and place, then make and open a project."""
        from desktop_app.gui.projects.new_project_dialog import NewProjectDialog

        dialog = NewProjectDialog(documents_folder(), self._window)
        try:
            if dialog.exec() == QDialog.DialogCode.Accepted:
                self._create(dialog)
        finally:
            dialog.deleteLater()

    def _offer_project(self, paths: Sequence[Path]) -> None:
        what = f"“{paths[0].name}” is no project" if len(paths) == 1 else "Several images together need a project"
        words = f"{what}. The images are added to one that you make now."
        if self._notifier.ask("Make a project?", words, "Make a project…"):
            self._new_with(*paths)

    def _new_with(self, *paths: Path) -> None:
        self.new()
        if self._session.open_project is not None:
            self.add_paths(paths)

    def _create(self, dialog: NewProjectDialog) -> None:
        with self._notifier.errors_told():
            opened = create_project(dialog.folder(), dialog.name())
            opened.save(opened.project.model_copy(update={"scheme": dialog.scheme(), "unit": dialog.unit()}))
            self._session.adopt(opened)
            self._remember(opened.folder)

    def open(self) -> None:
        """Ask for a project folder, then open it."""
        start = str(documents_folder())
        chosen = QFileDialog.getExistingDirectory(self._window, "Open project (a folder ending in .vwproj)", start)
        if chosen:
            self.open_folder(Path(chosen))

    def open_folder(self, folder: Path) -> None:
        """Open a project; what cannot be opened is said, and the one before stays open."""
        current = self._session.open_project
        folder = project_of(folder) or folder
        if current is not None and current.folder == folder.absolute():
            return
        with self._notifier.errors_told():
            opened = open_project(folder)
            self._session.adopt(opened)
            for note in opened.notes:
                self._notifier.info(note)
            self._remember(opened.folder)
            self._tell_missing()
            self._open_first()

    def sample(self) -> None:
        """Make the sample project if it is not there yet, then open it."""
        job = self._runner.start("Sample project", partial(_make_sample, documents_folder() / "Voxelwright sample"))
        job.succeeded.connect(self._on_sample)
        job.finished.connect(self._on_sample_end)
        self._show_sample_busy(True)

    def close(self) -> None:
        """Save everything and go back to the start page."""
        with self._notifier.errors_told():
            self._session.close_project()

    def forget(self, folder: Path) -> None:
        """Take a project off the recent list."""
        settings = self._session.settings
        kept = tuple(place for place in settings.recent_projects if place != str(folder))
        self._session.update_settings(settings.model_copy(update={"recent_projects": kept}))

    def recent(self) -> list[Path]:
        """Projects used last, newest first."""
        return [Path(place) for place in self._session.settings.recent_projects]

    def add_images(self) -> None:
        """Ask for image files and add them."""
        chosen, _ = QFileDialog.getOpenFileNames(
            self._window, "Add images", str(image_place(self._session)), image_filter()
        )
        self.add_paths([Path(place) for place in chosen])

    def add_folder(self) -> None:
        """Ask for a folder and add its images."""
        chosen = QFileDialog.getExistingDirectory(
            self._window, "Add every image of a folder", str(image_place(self._session))
        )
        if chosen:
            self.add_paths([Path(chosen)])

    def add_web(self) -> None:
        """Ask for a web address and add the image there."""
        self.web.ask()

    def add_paths(self, paths: Sequence[Path]) -> None:
        """Check files and folders in the background, then add the good ones; a dropped project is opened instead.

        Without a project a single image is only looked at.
        """
        projects = [path for path in paths if path.name.endswith(PROJECT_SUFFIX)]
        if projects:
            self.open_folder(projects[0])
            return
        opened = self._session.open_project
        if not paths:
            return
        if opened is not None:
            self.adding.add(paths)
        elif len(paths) == 1 and (is_image_file(paths[0]) or not paths[0].is_dir()):
            self.look.open(paths[0])
        else:
            later(self, partial(self._offer_project, paths))  # whoever gave them need not wait for the answer

    def open_images(self, paths: Sequence[Path]) -> None:
        """Show what was opened from outside, such as a file manager; what the project lacks is added to it first."""
        opened = self._session.open_project
        if opened is None:
            self.add_paths(paths)
            return
        here = [item for item in opened.project.items if opened.image_path(item) in [path.absolute() for path in paths]]
        if here and len(paths) == 1:
            self._show(here[0])
        else:
            self.adding.add(paths, shown=True)

    def take(self, mime: QMimeData) -> None:
        """Add what was dropped onto the window or pasted: files and folders, or the image at a web address."""
        if paths := local_paths(mime):
            self.add_paths(paths)
        elif address := web_address(mime):
            self.web.add_address(address)
        else:
            self._notifier.warning("There is no image file and no web address among what was copied.")

    def paste(self) -> None:
        """Add what was copied elsewhere."""
        self.take(QGuiApplication.clipboard().mimeData())

    def _on_sample(self, project: Path) -> None:
        self.open_folder(project)

    def _on_sample_end(self) -> None:
        self._show_sample_busy(False)

    def _show_sample_busy(self, busy: bool) -> None:
        if self._start is not None:
            self._start.show_sample_busy(busy)

    def _open_first(self) -> None:
        """Show the first image that can be shown."""
        opened = self._session.open_project
        if opened is None:
            return
        missing = {item.id for item in opened.missing_items()}
        first = next((item for item in opened.project.items if item.id not in missing), None)
        if first is not None:
            self._show(first)

    def _show(self, item: Item) -> None:
        opened = self._session.open_project
        if opened is not None:
            self.web.when_reached(opened.image_path(item), partial(self._select, item.id))

    def _select(self, item_id: str) -> None:
        if self._session.project is not None and any(i.id == item_id for i in self._session.project.items):
            with self._notifier.errors_told():
                self._session.select_item(item_id)

    def _tell_missing(self) -> None:
        opened = self._session.open_project
        missing = opened.missing_items() if opened is not None else []
        if missing:
            count = "One image is" if len(missing) == 1 else f"{len(missing)} images are"
            self._notifier.warning(
                f"{count} not where the project expects it. Double-click in the project panel to say where it is now."
            )

    def _remember(self, folder: Path) -> None:
        settings = self._session.settings
        others = [place for place in settings.recent_projects if place != str(folder)]
        recent = (str(folder), *others)[:_MOST_RECENT]
        self._session.update_settings(settings.model_copy(update={"recent_projects": recent}))


def _make_sample(folder: Path, ctx: JobContext) -> Path:
    # Loads SciPy, which the start of the window need not wait for.
    from desktop_app.jobs.data.sample_project import sample_project

    return sample_project(folder, ctx).project


def documents_folder() -> Path:
    """Where users keep their things."""
    place = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation) or Path.home())
    return place if place.is_dir() else Path.home()
