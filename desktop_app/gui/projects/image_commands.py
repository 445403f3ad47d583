"""What the user can do with one image of a project."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QFileDialog

from desktop_app.core.imaging import AS_STATED, ImageReading
from desktop_app.core.project import Item
from desktop_app.core.project.named_labels import FIRST_LAYER
from desktop_app.gui.actions import ActionRegistry
from desktop_app.gui.jobs import JobHandle
from desktop_app.gui.notifications.outside import open_outside
from desktop_app.gui.projects.adding_questions import series_question
from desktop_app.gui.projects.copy_commands import CopyCommands
from desktop_app.gui.projects.image_rooms import ImageRooms
from desktop_app.gui.projects.tree_nodes import Node
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.file_names import file_name
from desktop_app.io.images.formats import label_ending
from desktop_app.io.images.label_reader import labels_in
from desktop_app.io.images.registry import image_stem, label_filter, label_saving_filter, list_series, open_volume


class ImageCommands(QObject):
    """Acts on images, as the tree and the menus ask for; ``improve`` opens the training with a set of patches.

    Signals:
        takeover_requested: A layer over the open image (``LabelLayer``), all of which shall become labels.
    """

    takeover_requested = Signal(object)

    def __init__(self, context: WindowContext, improve: Callable[[Path], object] | None = None) -> None:
        super().__init__(context.window)
        self._session, self._runner = context.session, context.runner
        self._notifier, self._window = context.notifier, context.window
        self._importing: dict[JobHandle, tuple[str, Path]] = {}
        self.copies = CopyCommands(context)
        self.rooms = ImageRooms(context, self.import_label_path, self.takeover_requested.emit, improve)

    def do(self, request: str, node: Node) -> None:
        """Do what was requested for a row of the tree."""
        if node.kind == "dataset" and request == "open" and self.rooms.patches.show(Path(node.key)):
            return
        if request == "reveal" or node.kind == "dataset":
            self.reveal(self._path_of(node))
        item = self._item(node.key)
        actions: dict[str, Callable[[Item], None]] = {
            "open": self.open,
            "rename": self.rename,
            "notes": self.edit_notes,
            "properties": self.properties,
            "reading": lambda item: self.rooms.readings.ask(item),
            "copy": self.copies.ask,
            "import_labels": self.import_labels,
            "labels_inside": lambda item: self.rooms.foreign.open_inside(item),
            "write_back": lambda item: self.rooms.foreign.write_back(item),
            "convert": lambda item: self.rooms.conversions.convert_items([item]),
            "export_labels": self.export_labels,
            "pick_patches": lambda item: self.rooms.patches.ask(item),
            "remove": self.remove,
        }
        if item is not None and request in actions:
            actions[request](item)

    def do_many(self, request: str, keys: Sequence[str]) -> None:
        """Do what was requested for several rows of the tree."""
        self.rooms.many.do(request, keys)

    def ask_for_sizes(self, items: Sequence[Item]) -> None:
        """Offer to set the voxel size of images whose files do not state it."""
        self.rooms.readings.ask_for_sizes(items)

    def connect_actions(self, registry: ActionRegistry) -> None:
        """Do what the menus say with the image that is open."""
        actions: dict[str, Callable[[Item], None]] = {
            "project.import_labels": self.import_labels,
            "project.labels_inside": lambda item: self.rooms.foreign.open_inside(item),
            "project.write_back": lambda item: self.rooms.foreign.write_back(item),
            "project.look_at_labels": lambda item: self.rooms.overlays.ask(item),
            "project.export_labels": self.export_labels,
            "project.pick_patches": lambda item: self.rooms.patches.ask(item),
            "project.properties": self.properties,
            "project.reading": lambda item: self.rooms.readings.ask(item),
            "project.copy": self.copies.ask,
        }
        for action_id, action in actions.items():
            registry.connect(action_id, partial(self.for_open_item, action))
        registry.connect("project.import_many", lambda: self.rooms.many.ask_labels_of_all())
        registry.connect("project.patches", lambda: self.rooms.patches.show())
        registry.connect("project.convert", lambda: self.rooms.conversions.ask())

    def for_open_item(self, action: Callable[[Item], None]) -> None:
        """Do something with the image that is open now."""
        if self._session.item is None:
            self._notifier.warning("Open an image first.")
        else:
            action(self._session.item)

    def open(self, item: Item) -> None:
        """Show an image; asks where it is if the file has gone."""
        opened = self._session.open_project
        if opened is None:
            return
        if not opened.image_path(item).exists():
            self.repair(item)
            return
        self.rooms.web.when_reached(opened.image_path(item), partial(self._select, item))

    def repair(self, item: Item) -> None:
        """Ask where a missing file is now; others that moved along are found, too."""
        opened = self._session.open_project
        if opened is None:
            return
        from desktop_app.gui.projects.missing_dialog import MissingDialog

        before = len(opened.missing_items())
        dialog = MissingDialog(opened, item, self._window)
        path = dialog.path() if dialog.exec() == QDialog.DialogCode.Accepted else None
        dialog.deleteLater()
        if path is None:
            return
        with self._notifier.errors_told():
            project = opened.relink(item.id, path)
            self._session.update_project(project)
            found = before - len(opened.missing_items())
            self._notifier.info("Found." if found == 1 else f"Found this image and {found - 1} more.")
            self._session.select_item(item.id)

    def rename(self, item: Item) -> None:
        """Ask for another name."""
        name = self._notifier.ask_text("Rename image", "Name in this project", item.name)
        if name and name != item.name:
            self._change(item, name=name)

    def edit_notes(self, item: Item) -> None:
        """Ask for notes."""
        notes = self._notifier.ask_text("Notes", f"Notes about “{item.name}”", item.notes, many_lines=True)
        if notes is not None:
            self._change(item, notes=notes)

    def remove(self, item: Item) -> None:
        """Take an image out of the project after a question; nothing is deleted on disk."""
        project = self._session.project
        agreed = self._notifier.ask(
            "Remove image",
            f"Take “{item.name}” out of the project?\n\nThe image file stays where it is. Its labels stay in the "
            "project folder, but are not shown any more.",
            "Remove",
        )
        if agreed and project is not None:
            if self._session.item is not None and self._session.item.id == item.id:
                self._session.close_item()
            opened = self._session.open_project
            self._session.update_project(project.without(item.id))
            if opened is not None:
                self.copies.delete([opened.image_path(item)])

    def properties(self, item: Item) -> None:
        """Show the file's facts and let the user set voxel size and notes."""
        opened = self._session.open_project
        if opened is None:
            return
        from desktop_app.gui.projects.properties_dialog import PropertiesDialog

        with self._notifier.errors_told():
            in_file = opened.reading_of(item).model_copy(update={"voxel_size": None})
            volume = open_volume(opened.image_path(item), reading=in_file)
            dialog = PropertiesDialog(item, volume, opened.project.unit, self._window)
            if dialog.exec() == QDialog.DialogCode.Accepted:
                reading = item.reading.model_copy(update={"voxel_size": dialog.voxel_size()})
                self._change(item, reading=reading, notes=dialog.notes())
            dialog.deleteLater()

    def import_labels(self, item: Item) -> None:
        """Ask for a label file and copy it onto an image."""
        opened = self._session.open_project
        if opened is None:
            return
        start = str(opened.image_path(item).parent)
        chosen, _ = QFileDialog.getOpenFileName(self._window, f"Labels for {item.name}", start, label_filter())
        if not chosen:
            return
        with self._notifier.errors_told():
            reading = self._labels_in(Path(chosen))
            if reading is not None and self._may_replace(item):
                self.import_label_path(item, Path(chosen), reading)

    def _labels_in(self, path: Path) -> ImageReading | None:
        """Which image of a file holds the labels; asked where several could; None if the user thought better of it."""
        inside = () if labels_in(path) else list_series(path)
        if not inside:
            return AS_STATED
        title, text, names, usual = series_question(path, inside)
        chosen = self._notifier.ask_choice(title, text, names, usual)
        return ImageReading(series=inside[names.index(chosen)].name) if chosen in names else None

    def import_label_path(self, item: Item, source: Path, reading: ImageReading = AS_STATED) -> None:
        """Copy a label file onto an image in the background."""
        from desktop_app.jobs.data.import_data import add_labels_to_item

        opened = self._session.open_project
        if opened is None:
            return
        time = 0
        if self._session.item is not None and self._session.item.id == item.id:
            time = self._session.volume.time if self._session.volume is not None else 0
            self._session.release_labels()
        work = partial(add_labels_to_item, opened, item, source, time=time, reading=reading)
        job = self._runner.start(f"Import labels of {item.name}", work)
        self._importing[job] = (item.id, source)
        job.finished.connect(self._on_imported)

    def export_labels(self, item: Item) -> None:
        """Ask for a place and write the labels of an image there."""
        opened = self._session.open_project
        layer = self._layer_to_export(item)
        if layer is None:
            return
        if opened is None or not opened.labelled_times(item.id, layer):
            self._notifier.warning(f"“{item.name}” has no labels yet.")
            return
        image = opened.image_path(item)
        named = file_name(item.label_layers[layer]).lower() if layer else "labels"
        start = str(image.parent / f"{item.name}_{named}{label_ending(image)}")
        title = f"Export labels of {item.name}"
        chosen, _ = QFileDialog.getSaveFileName(self._window, title, start, label_saving_filter())
        if chosen:
            self.export_label_path(item, Path(chosen), layer)

    def _layer_to_export(self, item: Item) -> str | None:
        """Key of the label layer that the user wants; not asked where there is one. None for none."""
        names = item.label_layers
        if len(names) == 1:
            return FIRST_LAYER
        chosen = self._notifier.ask_choice("Export labels", "Which labels?", tuple(names.values()), names[item.edited])
        return None if chosen is None else item.layer_named(chosen)

    def export_label_path(self, item: Item, target: Path, layer: str = FIRST_LAYER) -> None:
        """Write the labels of an image in the background."""
        from desktop_app.jobs.data.import_data import export_item_labels

        opened = self._session.open_project
        if opened is None:
            return
        with self._notifier.errors_told():
            self._session.save()
            work = partial(export_item_labels, opened, item, target, layer=layer)
            self._runner.start(f"Export labels of {item.name}", work).succeeded.connect(self._on_exported)

    def open_result(self, image: Path, labels: Path) -> None:
        """Show an image with labels that a model made, as a layer over it; nothing is replaced."""
        opened, project = self._session.open_project, self._session.project
        if opened is None or project is None:
            self._notifier.warning("Open or make a project first, to look at results.")
            return
        items = [i for i in project.items if opened.image_path(i) == image.absolute()]
        ends = {i.id: f"_{file_name(i.reading.series)}" for i in items if i.reading.series}
        item = next(
            (i for i in items if image_stem(labels).endswith(ends.get(i.id, "\0"))), items[0] if items else None
        )
        if item is None:
            project, item = project.with_item(opened.relative(image), image_stem(image))
            self._session.update_project(project)
        self.open(item)
        if self._session.item is not None and self._session.item.id == item.id:
            self.rooms.overlays.add(labels)

    def open_file(self, image: Path, name: str, time: int) -> bool:
        """Show a time point of an image file, which joins the project under that name if it is none of its images;
        whether it is shown.
        """
        opened, project = self._session.open_project, self._session.project
        if opened is None or project is None:
            self._notifier.warning("Open or make a project first, to look at images.")
            return False
        item = next((i for i in project.items if opened.image_path(i) == image.absolute()), None)
        if item is None:
            project, item = project.with_item(opened.relative(image), name)
            self._session.update_project(project)
        self.open(item)
        if self._session.item is None or self._session.item.id != item.id:
            return False
        with self._notifier.errors_told():
            self._session.set_time(time)
        return True

    def open_one(self) -> bool:
        """Let the user choose an image of the project where none is open; whether one is open now."""
        from desktop_app.gui.projects.image_to_try import image_to_try

        opened = self._session.open_project
        if self._session.volume is None and opened is not None:
            item = image_to_try(opened, self._notifier)
            if item is not None:
                self.open(item)
        return self._session.volume is not None

    def reveal(self, path: Path | None) -> None:
        """Show a file or folder in the system's file manager."""
        if path is not None:
            open_outside(path if path.is_dir() else path.parent, self._notifier)

    def _select(self, item: Item) -> None:
        from desktop_app.gui.projects.missing_labels import select_item

        if self._item(item.id) is not None:
            with self._notifier.errors_told():
                select_item(self._session, self._notifier, item)

    def _may_replace(self, item: Item) -> bool:
        return item.status == "new" or self._notifier.ask(
            "Import labels", f"“{item.name}” has labels already. Replace them? This cannot be undone.", "Replace"
        )

    def _on_imported(self) -> None:
        job = self.sender()
        if not isinstance(job, JobHandle) or job not in self._importing:
            return
        item_id, source = self._importing.pop(job)
        opened, item = self._session.open_project, self._item(item_id)
        if opened is None or item is None:
            return
        if job.state == "succeeded":
            origin = opened.relative(source)
            unmarked = {"all_done": False, "done_slices": (), "done_later": {}}
            self._change(item, imported_labels=origin, status="in progress", **unmarked)
            self._name_new_classes(job.result.values)
            self.rooms.foreign.take_names(source)
        if self._session.item is not None and self._session.item.id == item_id:
            self._session.reload_labels()
        if job.state == "succeeded":
            self._ask_whether_done(item)

    def _ask_whether_done(self, item: Item) -> None:
        if self._notifier.ask(
            "Import labels",
            f"Is every slice of “{item.name}” completely labelled now?\n\nA model learns from what is marked done.",
            "Yes, mark it done",
            "Not yet",
        ):
            self._change(item, status="done", all_done=True)

    def _name_new_classes(self, values: tuple[int, ...]) -> None:
        """Put numbers that no class has into the list of classes, so that they are seen and learned."""
        project = self._session.project
        if project is None:
            return
        scheme = project.scheme.with_values(values)
        if scheme is None:
            self._notifier.warning(
                f"The labels hold {len(values)} different numbers, more than a project can have classes. If each "
                "number is one object, make a project for single objects and import them there."
            )
        elif scheme != project.scheme:
            self._session.update_project(project.model_copy(update={"scheme": scheme}))
            self._notifier.info("The labels hold new numbers. They are in the list of classes; give them names there.")

    def _on_exported(self, target: Path) -> None:
        self._notifier.info(f"Saved {target.name}.", action=("Show folder", partial(self.reveal, target)))

    def _change(self, item: Item, **changes: object) -> None:
        current = self._item(item.id) or item
        with self._notifier.errors_told():
            self._session.update_item(current.model_copy(update=changes))

    def _item(self, item_id: str) -> Item | None:
        project = self._session.project
        return next((i for i in project.items if i.id == item_id), None) if project is not None else None

    def _path_of(self, node: Node) -> Path | None:
        item, opened = self._item(node.key), self._session.open_project
        if item is not None and opened is not None:
            return opened.label_path(item.id) if node.kind == "labels" else opened.image_path(item)
        return Path(node.key) if node.kind != "section" else None
