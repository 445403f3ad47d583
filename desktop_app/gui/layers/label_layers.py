"""Several label layers of one image: make, rename, copy, remove, and choose the one that is edited."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject

from desktop_app.core.labelling.layers import free_name
from desktop_app.core.project import Item
from desktop_app.core.project.named_labels import FIRST_LAYER, LONGEST_LAYER_NAME, free_layer_key
from desktop_app.gui.jobs import JobHandle
from desktop_app.gui.window_context import WindowContext

_MOST = 20  # label layers of an image: more would be a list to search in


class LabelLayerCommands(QObject):
    """What the user wants of the label layers of the open image; nothing is lost without a question.

    Args:
        context: What is open, where files are copied, who asks and speaks, and above what.
    """

    def __init__(self, context: WindowContext) -> None:
        super().__init__(context.window)
        self._session, self._runner, self._notifier = context.session, context.runner, context.notifier
        self._copying: dict[JobHandle, tuple[Item, str, str]] = {}

    def slots(self) -> dict[str, Callable[[], object]]:
        """What to call for each action of ``LAYER_ACTIONS``, by its id; they are about the layer that is edited."""
        return {
            "layers.new": self.new,
            "layers.edit_next": self.edit_next,
            "layers.rename": self.rename,
            "layers.duplicate": self.duplicate,
            "layers.remove": self.remove,
        }

    def new(self) -> None:
        """Ask for a name and begin an empty layer, which is edited from now on."""
        item = self._session.item
        if item is None or not self._may_have_more(item):
            return
        name = self._ask_name("New label layer", item, "Labels")
        if name:
            key = free_layer_key(item.label_layers)
            self._use(lambda: item.with_layer(key, name).model_copy(update={"edited": key}))

    def edit(self, key: str) -> None:
        """Paint on a layer from now on."""
        item = self._session.item
        if item is not None and key in item.label_layers:
            self._use(lambda: item.model_copy(update={"edited": key}))

    def edit_next(self) -> None:
        """Paint on the next layer, after the last one on the first."""
        item = self._session.item
        if item is None:
            return
        keys = list(item.label_layers)
        if len(keys) == 1:
            self._notifier.info("This image has one label layer. “New label layer…” makes another.")
            return
        key = keys[(keys.index(item.edited) + 1) % len(keys)]
        if self._use(lambda: item.model_copy(update={"edited": key})):
            self._notifier.info(f"You edit “{item.label_layers[key]}” now.")

    def rename(self, key: str | None = None) -> None:
        """Ask for another name of a layer; None: of the one that is edited."""
        item = self._session.item
        if item is None:
            return
        wanted = item.edited if key is None else key
        name = self._notifier.ask_text("Rename the label layer", "Name:", item.label_layers[wanted])
        if name:
            self._use(lambda: item.with_layer(wanted, name[:LONGEST_LAYER_NAME]))

    def duplicate(self, key: str | None = None) -> None:
        """Copy a layer in the background; the copy is edited then."""
        from desktop_app.jobs.objects.label_layers import duplicate_labels

        item, opened = self._session.item, self._session.open_project
        if item is None or opened is None or not self._may_have_more(item):
            return
        source = item.edited if key is None else key
        name = self._ask_name("Duplicate the label layer", item, f"{item.label_layers[source]}, copy")
        if not name:
            return
        with self._notifier.errors_told():
            self._session.save()
            target = free_layer_key((*item.label_layers, *(new for _, new, _ in self._copying.values())))
            work = partial(duplicate_labels, opened, item, source, target)
            job = self._runner.start(f"Copy the labels of {item.name}", work)
            self._copying[job] = (item, target, name)
            job.finished.connect(self._on_copied)

    def remove(self, key: str | None = None) -> None:
        """Take a layer and its files away, after a question."""
        item, opened = self._session.item, self._session.open_project
        if item is None or opened is None:
            return
        gone = item.edited if key is None else key
        name = item.label_layers[gone]
        if gone == FIRST_LAYER:
            self._notifier.info(f"“{name}” is the first label layer of the image and stays. Others can be removed.")
            return
        text = f"Remove “{name}” with all that is labelled in it? This cannot be undone."
        if not self._notifier.ask("Remove the label layer", text, "Remove", careful=True):
            return
        if self._use(lambda: item.without_layer(gone)):
            for time in opened.labelled_times(item.id, gone):
                opened.remove_labels(item.id, time, gone)

    def _use(self, changed: Callable[[], Item]) -> bool:
        with self._notifier.errors_told():
            self._session.use_labels_of(changed())
            return True
        return False

    def _may_have_more(self, item: Item) -> bool:
        if len(item.label_layers) >= _MOST:
            self._notifier.warning(f"This image has {_MOST} label layers already. Remove one first.")
            return False
        return True

    def _ask_name(self, title: str, item: Item, wanted: str) -> str | None:
        name = self._notifier.ask_text(title, "Name:", free_name(item.label_layers.values(), wanted))
        return name[:LONGEST_LAYER_NAME] if name else None

    def _on_copied(self) -> None:
        job = self.sender()
        if not isinstance(job, JobHandle) or job not in self._copying:
            return
        item, key, name = self._copying.pop(job)
        project, opened = self._session.project, self._session.open_project
        if job.state != "succeeded" or project is None or opened is None:
            return
        now = next((other for other in project.items if other.id == item.id), None)
        if now is None:
            return
        with self._notifier.errors_told():
            copy = now.with_layer(key, free_name(now.label_layers.values(), name))
            shown = self._session.item
            if shown is not None and shown.id == item.id:
                self._session.use_labels_of(copy.model_copy(update={"edited": key}))
            else:
                self._session.update_item(copy)
