"""Bringing image files and folders into the open project."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from desktop_app.core.imaging import AS_STATED, ImageReading
from desktop_app.core.project import Item
from desktop_app.gui.projects.adding_questions import (
    BOTH_DONE,
    IMAGES_ALONE,
    all_of_them,
    deeper_question,
    labels_question,
    series_question,
    stack_question,
)
from desktop_app.gui.projects.image_check import CheckedImages, check_images, summary
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.images.registry import image_stem, list_series


class ImageAdding(QObject):
    """Checks files in the background, asks what only the user can know, and adds the good ones.

    Args:
        context: Of the main window.
        show: Shows an image of the project.

    Signals:
        labels_found: A list of ``(Item, Path)``, images just added with their label files, and whether all of each is
            labelled.
        sizes_missing: A list of the ``Item``s just added whose files do not state their voxel size.
    """

    labels_found = Signal(object, bool)
    sizes_missing = Signal(object)

    def __init__(self, context: WindowContext, show: Callable[[Item], None]) -> None:
        super().__init__(context.window)
        self._session, self._runner, self._notifier = context.session, context.runner, context.notifier
        self._show = show

    def add(self, paths: Sequence[Path], *, apart: bool = False, shown: bool = False) -> None:
        """Check files and folders in the background, then add the good ones.

        Args:
            paths: Image files, and folders of which every image is taken.
            apart: Pictures of a folder are images each, whether they could be slices or not.
            shown: The first of them is shown then, whatever is open.
        """
        opened = self._session.open_project
        if opened is None:
            return
        known: dict[Path, set[str]] = {}
        for item in opened.project.items:
            known.setdefault(opened.image_path(item), set()).add(item.reading.series)
        job = self._runner.start("Add images", partial(check_images, list(paths), known, apart=apart))
        job.succeeded.connect(partial(self._on_checked, shown))

    def _on_checked(self, shown: bool, checked: CheckedImages) -> None:
        opened, project = self._session.open_project, self._session.project
        if opened is None or project is None:
            return
        wanted = (
            self._notifier.ask_choice(*labels_question(len(checked.labelled))) if checked.labelled else IMAGES_ALONE
        )
        if wanted is None:
            return
        first: Item | None = None
        unsized: list[str] = []
        labelled: dict[str, Path] = {}
        for path, reading in self._readings_of(checked):
            name = f"{image_stem(path)} {reading.series}" if reading.series else image_stem(path)
            project, item = project.with_item(opened.relative(path), name)
            item = item.model_copy(update={"reading": reading, "remarks": checked.remarks.get(path, ())})
            if wanted != IMAGES_ALONE and reading == AS_STATED and (pair := checked.labelled.get(path)) is not None:
                item = item.model_copy(update={"role": pair.role})
                labelled[item.id] = pair.label_path
            project = project.replaced(item)
            first = first or item
            unsized += [item.id] if path in checked.unsized else []
        apart = [folder for folder in checked.stacks if not self._notifier.ask(*stack_question(folder))]
        for folder in (each for each in checked.stacks if each not in apart):
            project, item = project.with_item(opened.relative(folder), folder.name)
            item = item.model_copy(update={"reading": ImageReading(stack=True)})
            project, first = project.replaced(item), first or item
        self._session.update_project(project)
        if apart:
            self.add(apart, apart=True)
        self._tell(checked)
        if first is not None and (shown or self._session.item is None):
            self._show(first)
        if labelled:
            pairs = [(project.item(item_id), labels) for item_id, labels in labelled.items()]
            self.labels_found.emit(pairs, wanted == BOTH_DONE)
        if unsized:
            self.sizes_missing.emit([project.item(item_id) for item_id in unsized])

    def _tell(self, checked: CheckedImages) -> None:
        """Say what stayed out, and offer what lies in folders inside."""
        words = summary(checked)
        if words:
            self._notifier.warning(words)
        for folder, files in checked.deeper.items():
            if self._notifier.ask(*deeper_question(folder, files)):
                self.add(files)
        if not words and not (checked.good or checked.stacks or checked.deeper):
            self._notifier.warning("There is no image in this folder, nor in the folders inside it.")

    def _readings_of(self, checked: CheckedImages) -> list[tuple[Path, ImageReading]]:
        """The images to add; which one of a file that holds several is asked where there is one file."""
        if len(checked.good) != 1 or not (inside := checked.several.get(checked.good[0], ())):
            return [(path, AS_STATED) for path in checked.good]
        path, whole = checked.good[0], list_series(checked.good[0])
        title, text, names, usual = series_question(path, inside)
        everything = [all_of_them(inside)] if len(inside) > 1 else []
        chosen = self._notifier.ask_choice(title, text, [*names, *everything], usual)
        named = dict(zip(names, inside, strict=True))
        usual_one = [one for one in inside if one == whole[0]]  # of a file that is added again there is none
        wanted = inside if chosen in everything else [named[chosen]] if chosen in named else usual_one
        return [(path, AS_STATED if one == whole[0] else ImageReading(series=one.name)) for one in wanted]
