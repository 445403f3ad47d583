"""Images written in another format: which, how and where is asked, then a job does it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QDialog, QFileDialog

from desktop_app.core.project import Item
from desktop_app.gui.notifications.outside import open_outside
from desktop_app.gui.projects.convert_dialog import ConvertDialog
from desktop_app.gui.session.places import image_place
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.images.registry import image_filter, writable_kinds
from desktop_app.jobs.data.convert_many import (
    Conversion,
    Converted,
    ImageToConvert,
    Prospect,
    convert_many,
    look_at_images,
)

_NAMED = 3  # failed images that are told; more would not be read
_FILES = "Files…"
_TITLE = "Convert images"


class ConvertCommands(QObject):
    """Converts files, or images of the project.

    Args:
        context: Session, runner and notifier.
    """

    def __init__(self, context: WindowContext) -> None:
        super().__init__(context.window)
        self._session, self._runner = context.session, context.runner
        self._notifier, self._window = context.notifier, context.window
        self._kind = ""

    def ask(self) -> None:
        """Ask which images, then how."""
        project, item = self._session.project, self._session.item
        items = list(project.items) if project is not None else []
        choices = {f"The open image, “{item.name}”": [item]} if item is not None else {}
        if len(items) > 1:
            choices[f"All {len(items)} images of the project"] = items
        if not choices:
            self.ask_files()
            return
        names = [*choices, _FILES]
        chosen = self._notifier.ask_choice(_TITLE, "Which ones?", names, names[0])
        if chosen == _FILES:
            self.ask_files()
        elif chosen in choices:
            self.convert_items(choices[chosen])

    def ask_files(self) -> None:
        """Ask for files, then how they are to be converted."""
        start = str(image_place(self._session))
        chosen, _ = QFileDialog.getOpenFileNames(self._window, "Images to convert", start, image_filter())
        if chosen:
            self.look_at([ImageToConvert(Path(place)) for place in chosen])

    def convert_items(self, items: Sequence[Item]) -> None:
        """Ask how images of the project are to be converted; they are read as the project says."""
        opened = self._session.open_project
        if opened is not None and items:
            self.look_at([ImageToConvert(opened.image_path(i), i.name, opened.reading_of(i)) for i in items])

    def look_at(self, images: Sequence[ImageToConvert]) -> None:
        """Find out what each format would lose, then ask."""
        endings = sorted({kind.ending for kind in writable_kinds()})
        job = self._runner.start("Look at images", partial(look_at_images, list(images), endings))
        job.succeeded.connect(self._on_looked)

    def convert(self, conversion: Conversion) -> None:
        """Convert in the background."""
        count = len(conversion.images)
        title = f"Convert {'one image' if count == 1 else f'{count} images'}"
        self._runner.start(title, partial(convert_many, conversion)).succeeded.connect(self._on_converted)

    def _on_looked(self, prospects: tuple[Prospect, ...]) -> None:
        QTimer.singleShot(0, partial(self._ask_how, prospects))  # when the job that looked has ended

    def _ask_how(self, prospects: tuple[Prospect, ...]) -> None:
        opened, first = self._session.open_project, prospects[0].image.path.parent
        inside = opened is not None and first.is_relative_to(opened.folder)
        folder = (opened.folder.parent if inside and opened is not None else first) / "converted"
        dialog = ConvertDialog(prospects, folder, self._kind, self._window)
        conversion = dialog.conversion() if dialog.exec() == QDialog.DialogCode.Accepted else None
        self._kind = dialog.kind().title
        dialog.deleteLater()
        if conversion is not None:
            self.convert(conversion)

    def _on_converted(self, result: Converted) -> None:
        done = len(result.written) + len(result.kept)
        words = "One image is converted." if done == 1 else f"{done} images are converted."
        if result.kept:
            words += f" {len(result.kept)} of them were there already."
        if result.failed:
            listed = " ".join(why for _, why in result.failed[:_NAMED])
            more = f" And {len(result.failed) - _NAMED} more." if len(result.failed) > _NAMED else ""
            self._notifier.warning(f"{words} {len(result.failed)} are not: {listed}{more}")
            return
        folder = (*result.written, *result.kept)[0].parent
        self._notifier.info(words, action=("Show folder", partial(open_outside, folder, self._notifier)))
