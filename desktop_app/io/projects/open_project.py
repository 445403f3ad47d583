"""A project on disk that this window has open."""

from __future__ import annotations

import errno
import os
import re
import shutil
from pathlib import Path

from desktop_app.core.errors import MissingLabelsError, UnreadableFileError, UserError
from desktop_app.core.imaging import AS_STATED, ImageReading, Volume
from desktop_app.core.imaging.shown_size import ORDER, shown_size
from desktop_app.core.project import Item, Project
from desktop_app.core.project.named_labels import FIRST_LAYER, LAYER_KEY
from desktop_app.io.atomic import remove_abandoned, remove_leftovers, restore_set_aside, unwritable, writing
from desktop_app.io.file_names import file_name
from desktop_app.io.images.page_cache import CACHE_BYTES
from desktop_app.io.images.registry import open_volume
from desktop_app.io.labels.chunks import ChunkFolder
from desktop_app.io.labels.journal_files import knows_steps, note_stored
from desktop_app.io.labels.label_file import LabelFile
from desktop_app.io.labels.naming import naming
from desktop_app.io.labels.session import LabelSession, UndoBudget
from desktop_app.io.projects.lock import ProjectLock
from desktop_app.io.projects.paths import actual_path, moved_items, stored_path
from desktop_app.io.projects.project_file import BACKUP_FILE, PROJECT_FILE, read_project, write_project
from desktop_app.io.projects.shelves import ProjectShelves

PROJECT_SUFFIX = ".vwproj"
DOOR_FILE = f"Open this project{PROJECT_SUFFIX}"
"""A project is a folder, and file managers open folders themselves; this file in it is there to be double-clicked."""
_DOOR_TEXT = "Double-click this file to open the project in this folder with Voxelwright.\n"
_CRASHED = "The program ended unexpectedly last time; labels not yet saved come back when you open their image."
_REPLACED_WHOLE = ("labels", "models", "datasets")
_LABELS_AT = re.compile(rf"(\.(?P<layer>{LAYER_KEY}))?(\.t(?P<time>[1-9]\d*))?\.ome\.zarr")
_FOLDERS = ("labels", "journal", "review", "views", "datasets", "models", "runs", "results")
"""Made on opening and by nobody else: where they are gone the project is, and is not begun anew in its place."""


class OpenProject(ProjectShelves):
    """A project folder, locked for this window until ``close``.

    Args:
        folder: ``NAME.vwproj``.

    Attributes:
        folder: ``NAME.vwproj``, absolute.
        project: What ``project.json`` says.
        notes: Sentences for the user about what was repaired on opening.
    """

    def __init__(self, folder: Path) -> None:
        from desktop_app.io.projects.labelled import LabelledNames  # the start of the window has no project yet

        self.folder = folder.absolute()
        self._lock, self._labelled = ProjectLock(self.folder), LabelledNames(self.folder)
        try:
            self.project, note = read_project(self.folder)
            with writing(self.folder):
                for name in _FOLDERS:
                    (self.folder / name).mkdir(exist_ok=True)
                if not (self.folder / DOOR_FILE).exists():
                    (self.folder / DOOR_FILE).write_text(_DOOR_TEXT, encoding="utf-8")
            own = (self.folder / PROJECT_FILE, self.folder / BACKUP_FILE)
            remove_leftovers([*own, *self._label_paths()])
            for name in ("models", "datasets"):
                remove_abandoned(self.folder / name)
            restored = [path for name in _REPLACED_WHOLE for path in restore_set_aside(self.folder / name)]
        except BaseException:
            self._lock.release()
            raise
        crashed = _CRASHED if self._lock.recovered else ""
        back = f"Brought back what was being replaced when the program ended: {_names(restored)}." if restored else ""
        self.notes = tuple(text for text in (note, crashed, back) if text)

    def save(self, project: Project) -> None:
        """Make ``project`` the current one and write it.

        Raises:
            UnwritableFileError: If the disk refuses, or the project is gone; the old file stays.
        """
        if not any((self.folder / name).exists() for name in (PROJECT_FILE, *_FOLDERS)):
            raise unwritable(self.folder, FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)))
        with naming(f"the project {self.project.name}", kept=""):
            write_project(self.folder, project)
        self.project = project

    def close(self) -> None:
        """Give the project free for other windows; may be called twice."""
        self._lock.release()

    def __enter__(self) -> OpenProject:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def label_path(self, item_id: str, time: int = 0, layer: str = FIRST_LAYER) -> Path:
        """Where the labels of an image at a time point are, or will be; ``layer`` is the key of a label layer."""
        return self.folder / "labels" / f"{_at(item_id, time, layer)}.ome.zarr"

    def journal_path(self, item_id: str, time: int = 0, layer: str = FIRST_LAYER) -> Path:
        """Where what was done to these labels is."""
        return self.folder / "journal" / f"{_at(item_id, time, layer)}.journal"

    def labelled_times(self, item_id: str, layer: str = FIRST_LAYER) -> list[int]:
        """The time points of an image, counted from 0, for which there are files of a label layer."""
        names = (path.name for path in (self.folder / "labels").glob(f"{item_id}*.ome.zarr"))
        found = (_LABELS_AT.fullmatch(name.removeprefix(item_id)) for name in names)
        return sorted(int(match["time"] or 0) for match in found if match and (match["layer"] or FIRST_LAYER) == layer)

    def remove_labels(self, item_id: str, time: int, layer: str = FIRST_LAYER) -> None:
        """Take away the labels of a time point with their journal: nothing was ever painted there.

        Raises:
            UnwritableFileError: If the disk refuses.
        """
        shutil.rmtree(self.label_path(item_id, time, layer), ignore_errors=True)
        journal = self.journal_path(item_id, time, layer)
        for file in journal.parent.glob(f"{journal.name}*"):
            if file.is_dir():
                shutil.rmtree(file, ignore_errors=True)
            else:
                file.unlink(missing_ok=True)
        self._labelled.discard(_at(item_id, time, layer))

    def _label_paths(self) -> list[Path]:
        return [
            self.label_path(item.id, time, layer)
            for item in self.project.items
            for layer in item.label_layers
            for time in {0, *self.labelled_times(item.id, layer)}
        ]

    def image_path(self, item: Item) -> Path:
        """The image file; it may be missing."""
        return actual_path(self.folder, item.image)

    def readings(self) -> tuple[dict[str, ImageReading], dict[str, tuple[ImageReading, ...]]]:
        """What the user said of image files, by path; those that are read as they state are not listed.

        Second is the same of further images of these files, where a file is in the project more than once.
        """
        said: dict[str, tuple[ImageReading, ...]] = {}
        for item in self.project.items:
            path = str(self.image_path(item))
            said[path] = (*said.get(path, ()), self.reading_of(item))
        first = {path: readings[0] for path, readings in said.items() if readings[0] != AS_STATED}
        return first, {path: readings[1:] for path, readings in said.items() if len(readings) > 1}

    def reading_of(self, item: Item) -> ImageReading:
        """What the user said of an image file.

        Until labels had time points, those of a movie without slices had one slice for each: they go on to be slices.
        """
        labels = self.label_path(item.id)
        if item.reading != AS_STATED or not labels.exists() or not (path := self.image_path(item)).exists():
            return item.reading
        volume = open_volume(path)
        if volume.times == 1 or ChunkFolder.open(labels).shape != (volume.times, *volume.shape[1:]):
            return item.reading
        return ImageReading(time_as_z=True)

    def open_image(self, item: Item, cache_bytes: int = CACHE_BYTES) -> Volume:
        """An image of the project, lazily, read as the user said.

        Args:
            item: The image.
            cache_bytes: Memory for decoded pieces of compressed files.

        Raises:
            UnreadableFileError: If the file is missing, damaged, or does not have what was said of it.
        """
        return open_volume(self.image_path(item), cache_bytes, reading=self.reading_of(item))

    def relative(self, path: Path) -> str:
        """A path as an item stores it: relative to the project where possible, with forward slashes."""
        return stored_path(self.folder, path)

    def label_session(self, item: Item, volume: Volume, undo: UndoBudget | None = None) -> LabelSession:
        """The labels of an image that are edited, at the time point that ``volume`` is, made on first use.

        Args:
            item: The image.
            volume: Its voxels.
            undo: What undo may take.

        Raises:
            UserError: If the image has another shape than its labels.
            MissingLabelsError: If the labels are gone although the image had some; ``begin_labels`` makes empty ones.
            UnreadableFileError: If the labels are damaged.
            UnwritableFileError: If the disk refuses.
        """
        layer = item.edited
        path = self.label_path(item.id, volume.time, layer)
        if not path.exists():
            self._require_new(item, volume, path)
            self._create(item, volume)
        journal = self.journal_path(item.id, volume.time, layer)
        session = LabelSession(path, journal, f"the labels of {item.name}", undo)
        if session.labels.shape != volume.shape:
            shape = session.labels.shape
            session.close()
            raise UserError(
                f"The image {item.name} is now {shown_size(volume.shape)} voxels, but its labels are "
                f"{shown_size(shape)} {ORDER}.",
                hint="Put the old image back, or add the new one as another image.",
            )
        session.labels.set_scheme(self.project.scheme)
        return session

    def begin_labels(self, item: Item, volume: Volume) -> None:
        """Make empty labels in place of those that are gone, with all that was done to them.

        Raises:
            UnwritableFileError: If the disk refuses.
        """
        self.remove_labels(item.id, volume.time, item.edited)
        self._create(item, volume)

    def _create(self, item: Item, volume: Volume) -> None:
        path = self.label_path(item.id, volume.time, item.edited)
        with naming(f"the labels of {item.name}"):
            LabelFile.create(path, volume.shape, volume.voxel_size, self.project.scheme)

    def note_painted(self, item_id: str, time: int, layer: str) -> None:
        """Write down that something was painted into labels; quick where that is known.

        Raises:
            UnwritableFileError: If the disk refuses.
        """
        self._labelled.add(_at(item_id, time, layer))

    def note_labels(self, item_id: str, time: int, layer: str) -> None:
        """Write down that there are labels of a time point which no step has made, such as those of a copied layer.

        Raises:
            UnwritableFileError: If the disk refuses.
        """
        note_stored(self.journal_path(item_id, time, layer))
        self.note_painted(item_id, time, layer)

    def _require_new(self, item: Item, volume: Volume, path: Path) -> None:
        """Refuse to put empty labels where there were labels: these must be somewhere.

        There were some where their journal knows of a step, or ``labelled.json`` does, whatever the image says of
        itself: it is new again once all steps are taken back, and says nothing of time points and of further layers.
        """
        first = item.edited == FIRST_LAYER and (volume.times == 1 or not self.labelled_times(item.id))
        said = first and (item.status != "new" or item.imported_labels is not None)
        place = item.id, volume.time, item.edited
        if not said and _at(*place) not in self._labelled and not knows_steps(self.journal_path(*place)):
            return
        raise MissingLabelsError(
            path,
            "they are not there any more.",
            hint=f"Was the drive disconnected, or the project moved while it was open? Put {path.name} back into "
            "“labels” in the project's folder; or open the image from the project panel, to begin with empty labels.",
            what=f"the labels of {item.name}",
        )

    def missing_items(self) -> list[Item]:
        """Images whose file is not where it was."""
        return [item for item in self.project.items if not self.image_path(item).exists()]

    def relink(self, item_id: str, new_path: Path) -> Project:
        """Say where a missing image is now; other missing images that moved along are found, too, and all is saved.

        Raises:
            UserError: If ``new_path`` is not there.
        """
        if not new_path.exists():
            raise UserError(f"There is no file {new_path.name} at that place.", hint="Choose the file again.")
        item = self.project.item(item_id)
        others = [i for i in self.missing_items() if i.id != item_id]
        found = {item_id: new_path, **moved_items(self.folder, others, self.image_path(item), new_path.absolute())}
        project = self.project
        for some_id, place in found.items():
            changed = project.item(some_id).model_copy(update={"image": self.relative(place)})
            project = project.replaced(changed)
        self.save(project)
        return project


def create_project(folder: Path, name: str) -> OpenProject:
    """A new project.

    Args:
        folder: ``NAME.vwproj`` itself, or the folder in which it is to be made.
        name: Shown to the user.

    Raises:
        UserError: If there already is something at that place.
        UnwritableFileError: If the folder cannot be written.
    """
    folder = folder if folder.suffix == PROJECT_SUFFIX else folder / f"{file_name(name)}{PROJECT_SUFFIX}"
    if (folder / PROJECT_FILE).exists():
        raise UserError(f"There already is a project {folder.stem} at that place.", hint="Choose another name.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"There already are files at {folder.name}.", hint="Choose another name or an empty folder.")
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    write_project(folder, Project(name=name))
    return OpenProject(folder)


def project_of(path: Path) -> Path | None:
    """The project that a path means: the folder itself, or the file in it that a file manager opens; None for none."""
    if path.name in (PROJECT_FILE, DOOR_FILE) and path.parent.suffix == PROJECT_SUFFIX:
        return path.parent
    return path if path.suffix == PROJECT_SUFFIX else None


def open_project(folder: Path) -> OpenProject:
    """A project that exists; the files in it that stand for it may be given, too.

    Raises:
        ProjectLockedError: If another window has it open.
        UnreadableFileError: If there is no project, or it and its backup are damaged.
        UserError: If it was made by a newer version.
        UnwritableFileError: If the folder cannot be written.
    """
    folder = project_of(folder) or folder
    if not folder.is_dir():
        raise UserError(f"There is no project at {folder.name}.", hint="Was it moved or renamed?")
    if not (folder / PROJECT_FILE).exists() and not (folder / BACKUP_FILE).exists():
        raise UnreadableFileError(
            folder, "there is no Voxelwright project in this folder.", hint="Choose a .vwproj folder."
        )
    return OpenProject(folder)


def _at(item_id: str, time: int, layer: str) -> str:
    named = f"{item_id}.{layer}" if layer else item_id
    return f"{named}.t{time}" if time else named


def _names(paths: list[Path]) -> str:
    return ", ".join(path.name for path in paths)
