"""Labels inside an OME-Zarr image: opened as the labels of the image, and written back into it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from desktop_app.core.errors import UserError
from desktop_app.core.labelling.scheme import LONGEST_CLASS_NAME, LabelScheme
from desktop_app.core.project import Item
from desktop_app.gui.notifications.outside import open_outside
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.atomic import restore_set_aside
from desktop_app.jobs.data.write_back import WrittenBack, origin_of, write_back_item


class ForeignLabels(QObject):
    """Opens and writes back labels that lie inside of images.

    Args:
        context: Session, runner and notifier.
        bring: Copies the labels of a folder onto an image in the background.
    """

    def __init__(self, context: WindowContext, bring: Callable[[Item, Path], None]) -> None:
        super().__init__(context.window)
        self._session, self._runner, self._notifier = context.session, context.runner, context.notifier
        self._bring = bring

    def open_inside(self, item: Item) -> None:
        """Make labels inside of an image file its labels in the project; asks which where there are several."""
        from desktop_app.io.labels.foreign_labels import label_groups

        opened = self._session.open_project
        if opened is None:
            return
        image = opened.image_path(item)
        with suppress(UserError):  # what a killed program set aside comes back where the disk lets it
            restore_set_aside(image / "labels")
        groups = {group.name: group for group in label_groups(image)}
        if not groups:
            self._notifier.warning(f"There are no labels inside of “{item.name}”. OME-Zarr images may hold some.")
            return
        names = list(groups)
        chosen = names[0]
        if len(names) > 1:
            chosen = self._notifier.ask_choice("Labels inside the image", "Which ones?", names, names[0]) or ""
        if chosen in groups and self._may_replace(item):
            self._bring(item, groups[chosen])

    def write_back(self, item: Item) -> None:
        """Write the labels of an image into the OME-Zarr image that they came from, after a question."""
        opened = self._session.open_project
        group = None if opened is None else origin_of(opened, item)
        if opened is None or group is None:
            self._notifier.warning(
                f"The labels of “{item.name}” did not come from an OME-Zarr image, so there is no place to write to. "
                "Open the labels inside the image first, or export yours."
            )
            return
        agreed = self._notifier.ask(
            "Write labels back",
            f"Write the labels of “{item.name}” into {group.parent.parent.name}, as its labels “{group.name}”?\n\n"
            "A copy of those that are there now is kept beside them, and their names and colours stay.",
            "Write back",
        )
        if agreed:
            with self._notifier.errors_told():
                self._session.save()
                job = self._runner.start(f"Write back labels of {item.name}", partial(write_back_item, opened, item))
                job.succeeded.connect(self._on_written)

    def take_names(self, source: Path) -> None:
        """Give classes the names and colours that the image has for them, where they have none of their own yet."""
        project = self._session.project
        if project is None or project.scheme.kind != "classes" or not source.is_dir():
            return
        from desktop_app.io.labels.foreign_labels import named_classes

        scheme = named(project.scheme, named_classes(source))
        if scheme != project.scheme:
            self._session.update_project(project.model_copy(update={"scheme": scheme}))

    def _may_replace(self, item: Item) -> bool:
        return item.status == "new" or self._notifier.ask(
            "Labels inside the image",
            f"“{item.name}” has labels already. Replace them by those in the image? This cannot be undone.",
            "Replace",
        )

    def _on_written(self, written: WrittenBack) -> None:
        self._notifier.info(
            f"Written into “{written.group.name}”. The labels from before are in {written.copy.name}.",
            action=("Show folder", partial(open_outside, written.group.parent, self._notifier)),
        )


def named(scheme: LabelScheme, told: dict[int, tuple[str, tuple[int, int, int] | None]]) -> LabelScheme:
    """A scheme whose classes of a made-up name have those that an image gives them; no name is there twice."""
    for value, (name, color) in told.items():
        found = scheme.by_value(value)
        if found is None or found.name.rstrip("+") not in (f"Class {value}", "Object"):
            continue
        taken = {c.name.casefold() for c in scheme.classes if c.value != value}
        wanted = name[:LONGEST_CLASS_NAME] if name and name[:LONGEST_CLASS_NAME].casefold() not in taken else found.name
        scheme = scheme.replaced(found.model_copy(update={"name": wanted, "color": color or found.color}))
    return scheme
