"""Copies of images for fast browsing: offered where an image is slow, made, deleted."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import psutil
from PySide6.QtCore import QObject

from desktop_app.core.imaging import Volume
from desktop_app.core.project import Item
from desktop_app.core.sizes import megabytes
from desktop_app.gui.jobs import JobHandle
from desktop_app.gui.widgets.offer_bar import OfferBar
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.images.browsing_copies import copy_bytes, delete_copies_of, find_copy, list_copies, worth_a_copy
from desktop_app.io.settings import copies_folder

_WORTH_OFFERING = 64 * 2**20  # bytes: smaller images are in memory soon, however they are packed
_MOST_DECLINED = 500  # images that are remembered in the preferences


class CopyCommands(QObject):
    """Offers a copy once for an image, in a bar over the viewer, and makes or deletes it as the menus ask for.

    Attributes:
        bar: The offer.
    """

    def __init__(self, context: WindowContext) -> None:
        super().__init__(context.window)
        self._session, self._runner, self._notifier = context.session, context.runner, context.notifier
        self._making: dict[JobHandle, str] = {}
        self._offered: set[str] = set()
        self.bar = OfferBar("Prepare it", "No, thanks")
        self.bar.taken.connect(self._on_taken)
        self.bar.declined.connect(self._on_declined)
        self._session.volume_changed.connect(self._on_volume)

    def on_slow(self, seconds: float) -> None:
        """A slice of the open image took long to read: offer a copy, if that was not done yet."""
        item = self._session.item
        if item is not None:
            self._offer(f"“{item.name}” takes {seconds:.1f} s for a slice.")

    def ask(self, item: Item) -> None:
        """Make the copy of an image, or delete the one that it has, after a question with sizes."""
        opened = self._session.open_project
        if opened is None:
            return
        with self._notifier.errors_told():
            path = opened.image_path(item)
            made = [copy for copy in list_copies() if copy.image == path.absolute()]
            if find_copy(path, opened.reading_of(item)) is not None:
                size = megabytes(sum(copy.nbytes for copy in made))
                text = f"“{item.name}” has a copy for fast browsing, which takes {size}. The image stays as it is."
                if self._notifier.ask("Fast browsing", f"{text} Delete the copy?", "Delete the copy"):
                    self.delete([path])
                return
            volume = opened.open_image(item)
            if not worth_a_copy(volume):
                self._notifier.info(f"“{item.name}” is stored in small pieces already: a copy would not be quicker.")
            elif self._notifier.ask("Fast browsing", f"{_words(volume)} Prepare it?", "Prepare it"):
                self.make(item)

    def make(self, item: Item) -> None:
        """Write the copy in the background; what an earlier try has written is gone on with."""
        from desktop_app.jobs.data.browsing_copy import prepare_for_browsing

        opened = self._session.open_project
        if opened is None or item.id in self._making.values():
            return
        work = partial(prepare_for_browsing, opened.image_path(item), reading=opened.reading_of(item))
        job = self._runner.start(f"Prepare {item.name} for fast browsing", work)
        self._making[job] = item.id
        job.finished.connect(self._on_made)

    def delete(self, images: Iterable[Path]) -> None:
        """Delete the copies of images; one that is open is shown from its file again."""
        freed = sum(delete_copies_of(image) for image in images)
        if freed:
            self._session.read_anew()
            self._notifier.info(f"Deleted the copy; {megabytes(freed)} are free again.")

    def _offer(self, reason: str) -> None:
        volume, key = self._session.volume, self._key()
        if volume is None or not key or key in self._offered or key in self._session.settings.copies_declined:
            return
        making = self._session.item is not None and self._session.item.id in self._making.values()
        if making or volume.nbytes * volume.times < _WORTH_OFFERING or not worth_a_copy(volume):
            return
        self._offered.add(key)
        self.bar.offer(f"{reason} {_words(volume)}")

    def _on_volume(self, volume: Volume | None) -> None:
        self.bar.hide()
        if volume is not None and volume.nbytes * volume.times > psutil.virtual_memory().total:
            self._offer("The image is larger than the memory of this computer.")

    def _on_taken(self) -> None:
        if self._session.item is not None:
            self.make(self._session.item)

    def _on_declined(self) -> None:
        """Not to be asked again for this image."""
        settings = self._session.settings
        declined = (*settings.copies_declined, self._key())[-_MOST_DECLINED:]
        with self._notifier.errors_told():
            self._session.update_settings(settings.model_copy(update={"copies_declined": declined}))

    def _key(self) -> str:
        volume = self._session.volume
        return "" if volume is None or volume.path is None else str(volume.path.absolute())

    def _on_made(self) -> None:
        job = self.sender()
        if not isinstance(job, JobHandle) or job not in self._making:
            return
        item_id = self._making.pop(job)
        if job.state == "succeeded" and self._session.item is not None and self._session.item.id == item_id:
            with self._notifier.errors_told():
                self._session.read_anew()
            self._notifier.info(f"“{self._session.item.name}” is shown from its copy now.")


def _words(volume: Volume) -> str:
    """What a copy is and takes."""
    folder = copies_folder()
    there = next(place for place in (folder, *folder.parents) if place.exists())
    free = megabytes(shutil.disk_usage(there).free)
    return (
        f"A copy for fast browsing takes up to {megabytes(copy_bytes(volume))} ({free} are free) and is used wherever "
        "the image is opened; the image itself stays as it is."
    )
