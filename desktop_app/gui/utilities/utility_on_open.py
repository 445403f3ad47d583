"""A utility on the open image or its labels: a layer, or one step of undo."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from desktop_app.core.imaging import Region, Volume
from desktop_app.core.labelling.layers import RESULT_LOOK, BoxLabels, LabelLayer, free_name
from desktop_app.core.labelling.store import Edit
from desktop_app.core.project import Item
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.labels.session import LabelSession
from desktop_app.io.projects import OpenProject
from desktop_app.jobs.utilities.base import Utility
from desktop_app.jobs.utilities.new_image import image_by_utility
from desktop_app.jobs.utilities.open_labels import labels_by_utility, layer_by_utility


class UtilityOnOpen(QObject):
    """Runs utilities with what is open.

    Args:
        context: Of the main window.
        parent: Owner.
    """

    def __init__(self, context: WindowContext, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._runner, self._notifier = context.session, context.runner, context.notifier

    def start(
        self, utility: Utility, settings: dict[str, Any], *, into_labels: bool, more: Sequence[Path] = (),
        out: Path | None = None,
    ) -> None:  # fmt: skip
        """Make a layer of the result, change the labels into it, or make a new image where it has another shape.

        Args:
            utility: Which.
            settings: Of it.
            into_labels: Change the labels.
            more: Further label files.
            out: The new image.
        """
        session = self._session
        labels, image, item = session.labels, session.volume, session.item
        if labels is None or image is None or item is None or session.stroke_running or session.carrying_out:
            return
        if utility.both is not None:
            self._make_image(utility, settings, item, out)
            return
        if not into_labels:
            look = partial(layer_by_utility, utility, settings, image, labels, more=more)
            job = self._runner.start(utility.title, look)
            job.succeeded.connect(partial(self._show, utility.title, image))
            return
        if item.all_done and not self._notifier.ask(
            "Labels are done", f"“{item.name}” is marked as done. Change its labels all the same?", yes="Change them"
        ):
            return
        session.carrying_out = utility.title
        locked = session.reviewing.guarded
        change = partial(labels_by_utility, utility, settings, image, labels, locked, more=more)
        job = self._runner.start(utility.title, change)
        job.succeeded.connect(partial(self._on_written, utility.title))
        for ended in (job.failed, job.cancelled):
            ended.connect(partial(self._on_given_up, labels))

    def _make_image(self, utility: Utility, settings: dict[str, Any], item: Item, out: Path | None) -> None:
        opened = self._session.open_project
        if opened is None or out is None:
            return
        with self._notifier.errors_told():
            self._session.save()
            job = self._runner.start(utility.title, partial(image_by_utility, utility, settings, opened, item, out))
            job.succeeded.connect(partial(self._add, opened))

    def _add(self, opened: OpenProject, item: Item) -> None:
        """Take the new image into the project and open it."""
        project = self._session.project
        if project is None or self._session.open_project is not opened:
            self._notifier.warning(f"{item.name} is written, but its project is not open any more.")
            return
        with self._notifier.errors_told():
            named = item.model_copy(update={"name": project.free_name(item.name)})
            self._session.update_project(project.model_copy(update={"items": (*project.items, named)}))
            self._session.select_item(named.id)
            self._notifier.info(f"“{named.name}” is a new image of the project; the old one is as it was.")

    def _show(self, title: str, image: Volume, values: NDArray[np.uint32]) -> None:
        if self._session.volume is not image:
            self._notifier.info(f"“{title}” is not shown: another image is open.")
            return
        layers = self._session.layers
        name = free_name((one.title for one in layers.stack), title)
        key = free_name((one.key for one in layers.stack), f"utility {title}")
        store = BoxLabels(image.shape, Region.whole(image.shape), values, image.time, image.time)
        layers.put(LabelLayer(key, name, store, look=RESULT_LOOK))
        self._notifier.info(f"“{name}” lies over the image; the tab Layers takes it over, or takes it away.")

    def _on_written(self, title: str, edit: Edit | None) -> None:
        self._session.carrying_out = ""
        if edit is None:
            self._notifier.info(f"“{title}” changes nothing here.")
        else:
            self._session.finish_edit(edit)

    def _on_given_up(self, labels: LabelSession, *_: object) -> None:
        """All was put back; what was seen of it meanwhile is drawn anew."""
        self._session.carrying_out = ""
        if self._session.labels is labels:
            self._session.labels_edited.emit(Region.whole(labels.labels.shape))
