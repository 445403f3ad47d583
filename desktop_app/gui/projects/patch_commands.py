"""Picking small patches of an image and adding them to the project."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog

from desktop_app.core.config.patches import PatchSettings
from desktop_app.core.imaging import Times
from desktop_app.core.project import Item
from desktop_app.gui.jobs import JobHandle
from desktop_app.gui.notifications.outside import open_outside
from desktop_app.gui.projects.patches_dialog import PatchesDialog
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.projects import OpenProject
from desktop_app.jobs.patches.project import ProjectPatches, patch_sets, pick_for_project

if TYPE_CHECKING:
    from desktop_app.gui.projects.patch_gallery import PatchGallery
    from desktop_app.jobs.patches.store import StoreConfig, StoredPatches

NEXT = "Label every object in each patch, mark it done, then train. Project ▸ Patches… shows all of them."


class PatchCommands(QObject):
    """Asks, runs the job, and opens the first patch; shows the patches that there are.

    Args:
        context: Of the main window.
        mark: Marks the images with these ids as done, or as not done.

    Signals:
        improve_requested: A set of patches (``Path``) whose labels shall improve a model.
    """

    improve_requested = Signal(object)

    def __init__(self, context: WindowContext, mark: Callable[[Sequence[str], bool], None]) -> None:
        super().__init__(context.window)
        self._context, self._mark = context, mark
        self.gallery: PatchGallery | None = None
        self._session, self._runner = context.session, context.runner
        self._notifier, self._window = context.notifier, context.window
        self._picking: dict[JobHandle, OpenProject] = {}

    def ask(self, item: Item, into: Path | None = None) -> None:
        """Ask how many patches of an image are wanted, then pick them; for a set that is there where one is given."""
        opened = self._session.open_project
        if opened is None:
            return
        with self._notifier.errors_told():
            volume = opened.open_image(item)
            labelled = item.status != "new" and bool(opened.labelled_times(item.id))
            shown = self._session.volume if item == self._session.item else None
            start = PatchSettings(seed=1 + len(opened.datasets()))
            dialog = PatchesDialog(
                item.name, volume, labelled, start, self._window, shown.time if shown else 0, patch_sets(opened), into
            )
            if dialog.exec() == QDialog.DialogCode.Accepted:
                chosen = dialog.settings()
                self.pick(item, chosen, with_labels=dialog.with_labels(), time=dialog.time(), into=dialog.into())
            dialog.deleteLater()

    def show(self, folder: Path | None = None) -> bool:
        """Show the patches of a set of the open project; False where the folder is none."""
        from desktop_app.gui.projects.patch_gallery import PatchGallery

        opened = self._session.open_project
        sets = patch_sets(opened) if opened is not None else []
        if folder is not None and folder not in sets:
            return False
        if not sets:
            self._notifier.info("This project has no patches yet. Project ▸ Pick patches to label… makes some.")
            return False
        if self.gallery is None:
            self.gallery = gallery = PatchGallery(self._context)
            gallery.improve_requested.connect(self.improve_requested)
            gallery.more_requested.connect(lambda into, item: self.ask(item, into))
            gallery.mark_requested.connect(self._mark)
            gallery.store_requested.connect(self.ask_store)
        self.gallery.show_set(folder)
        self.gallery.show()
        self.gallery.raise_()
        self.gallery.activateWindow()
        return True

    def ask_store(self, folder: Path) -> None:
        """Ask where the labelled patches of a set are stored as a data set, then write them."""
        from desktop_app.gui.projects.store_patches_dialog import StorePatchesDialog

        dialog = StorePatchesDialog(folder, self.gallery)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            self.store(dialog.config())
        dialog.deleteLater()

    def store(self, config: StoreConfig) -> None:
        """Write the labelled patches of a set in the background."""
        from desktop_app.jobs.patches.store import store_patches

        opened = self._session.open_project
        with self._notifier.errors_told():
            self._session.save()
            job = self._runner.start(
                f"Store patches in {config.out.name}", partial(store_patches, config, opened=opened)
            )
            job.succeeded.connect(self._on_stored)

    def _on_stored(self, stored: StoredPatches) -> None:
        count = len(stored.patches)
        words = "1 patch is" if count == 1 else f"{count} patches are"
        left = f" {stored.waiting} are not done yet and left out." if stored.waiting else ""
        show = ("Show folder", partial(open_outside, stored.out, self._notifier))
        self._notifier.info(f"{words} in {stored.out.name}.{left}", action=show)

    def pick(
        self, item: Item, settings: PatchSettings, *, with_labels: bool = False, time: Times = None,
        into: Path | None = None,
    ) -> None:  # fmt: skip
        """Pick patches of an image in the background and add them to the project."""
        opened = self._session.open_project
        if opened is None:
            return
        with self._notifier.errors_told():
            self._session.save()
            work = partial(pick_for_project, opened, item, settings, with_labels, time=time, into=into)
            job = self._runner.start(f"Pick patches of {item.name}", work)
            self._picking[job] = opened
            job.finished.connect(self._on_finished)

    def _on_finished(self) -> None:
        job = self.sender()
        if not isinstance(job, JobHandle) or job not in self._picking:
            return
        opened = self._picking.pop(job)
        if job.state != "succeeded":
            return
        if self._session.open_project is not opened:
            self._notifier.warning(f"The patches are in {opened.folder.name}, which is not open any more.")
            return
        with self._notifier.errors_told():
            self._add(job.result)

    def _add(self, patches: ProjectPatches) -> None:
        """Put all patches into the project at once and show the first."""
        project = self._session.project
        if project is None:
            return
        for item in patches.items:
            named = item.model_copy(update={"name": project.free_name(item.name)})
            project = project.model_copy(update={"items": (*project.items, named)})
        self._session.update_project(project)
        self._session.select_item(patches.items[0].id)
        count, asked = len(patches.items), patches.picked.asked
        if count < asked:
            self._notifier.warning(
                f"{count} of {asked} patches are in the project; more would overlap or show nothing. {NEXT}"
            )
        else:
            self._notifier.info(f"{'The patch is' if count == 1 else f'{count} patches are'} in the project. {NEXT}")
