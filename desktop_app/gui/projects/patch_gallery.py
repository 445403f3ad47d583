"""The window with all patches of a set: what is around them, which are done, and what comes next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
)

from desktop_app.core.imaging import Plane
from desktop_app.core.imaging.shown_size import shown_place
from desktop_app.core.project import Item
from desktop_app.core.shown_name import dated
from desktop_app.gui.jobs.latest import LatestJob
from desktop_app.gui.projects.leaf_bar import LeafBar
from desktop_app.gui.theme import current_colors, icon, set_role
from desktop_app.gui.theme.spacing import MEDIUM, SMALL, pad
from desktop_app.gui.widgets.window_place import resize_to_screen
from desktop_app.gui.window_context import WindowContext
from desktop_app.jobs.patches.gallery import PatchState, ShownPatch, pictures_of, shown_in_project
from desktop_app.jobs.patches.project import patch_sets
from desktop_app.jobs.patches.table import PickedPatch

_PICTURE = QSize(216, 216)  # px: objects can be told apart, and four fit beside each other, by eye
_MOST_ENLARGED = 4  # times; of smaller patches no more is seen
_AT_ONCE = 4  # pictures drawn in one job: the first are seen before the last are read
_SHOWN = int(Qt.ItemDataRole.UserRole)
_STATES: dict[PatchState, str] = {"to do": "to do", "labelled": "in progress", "done": "done"}


class PatchGallery(QDialog):
    """Shows the patches of a set; a double click opens one in the main window, where it is labelled.

    Args:
        context: Of the main window.

    Signals:
        improve_requested: A set (``Path``) whose labels shall improve a model.
        more_requested: A set (``Path``) to add patches to, and the ``Item`` that they come from.
        mark_requested: Ids of images, and whether they are done.
        store_requested: A set (``Path``) to store as a data set.
    """

    improve_requested = Signal(object)
    more_requested = Signal(object, object)
    mark_requested = Signal(object, bool)
    store_requested = Signal(object)

    def __init__(self, context: WindowContext) -> None:
        super().__init__(context.window)
        self._session, self._notifier = context.session, context.notifier
        self._job = LatestJob(context.runner, "glance", self)
        self._waiting: list[str] = []
        self._was = ""
        self.setWindowTitle("Patches")
        resize_to_screen(self, QSize(980, 720))  # px, by eye
        self.sets, self.words, self.bar = QComboBox(), QLabel(), QProgressBar()
        self.leaf = LeafBar()
        self.list = QListWidget()
        self.label_button, self.next_button = QPushButton("Label it"), QPushButton("Next to label")
        self.done_button, self.more_button = QPushButton("Mark as done"), QPushButton("Pick more…")
        self.store_button = QPushButton("Store as a data set…")
        self.improve_button = QPushButton("Improve a model with these…")
        self._build()
        self._connect_signals()

    def show_set(self, folder: Path | None = None) -> None:
        """Show a set of the open project; the one that was shown before, or the first, without a folder."""
        opened = self._session.open_project
        sets = patch_sets(opened) if opened is not None else []
        wanted = folder or self.folder
        self.sets.clear()
        for each in sets:
            self.sets.addItem(dated(each.name), str(each))
        self.sets.setCurrentIndex(max(0, self.sets.findData(str(wanted))))
        self.sets.setEnabled(len(sets) > 1)
        self._fill()

    @property
    def folder(self) -> Path | None:
        """The set that is shown."""
        chosen = self.sets.currentData()
        return Path(chosen) if chosen else None

    def patches(self) -> list[ShownPatch]:
        """The patches that are shown, in order."""
        return [self.list.item(row).data(_SHOWN) for row in range(self.list.count())]

    def _build(self) -> None:
        self.sets.setAccessibleName("Set of patches")
        self.sets.setMinimumWidth(220)  # px, by eye
        self.bar.setTextVisible(False)
        self.bar.setMaximumWidth(160)  # px, by eye
        self.list.setAccessibleName("Patches")
        self.list.setViewMode(QListView.ViewMode.IconMode)
        self.list.setMovement(QListView.Movement.Static)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setIconSize(_PICTURE)
        self.list.setUniformItemSizes(True)
        self.list.setSpacing(SMALL)
        self.improve_button.setDefault(False)
        set_role(self.improve_button, "primary")
        for button, name in (
            (self.label_button, "edit"), (self.next_button, "open"), (self.done_button, "done"),
            (self.more_button, "rectangle"), (self.store_button, "export"), (self.improve_button, "finetune"),
        ):  # fmt: skip
            button.setIcon(icon(name))
            button.setAutoDefault(False)
        head, foot = QHBoxLayout(), QHBoxLayout()
        for widget in (self.sets, self.leaf, self.words, self.bar):
            head.addWidget(widget)
        head.insertStretch(1, 1)
        head.insertStretch(3, 1)
        for button in (self.label_button, self.next_button, self.done_button, self.more_button):
            foot.addWidget(button)
        foot.addStretch(1)
        foot.addWidget(self.store_button)
        foot.addWidget(self.improve_button)
        column = QVBoxLayout(self)
        pad(column, MEDIUM, SMALL)
        column.addLayout(head)
        column.addWidget(self.list, 1)
        column.addLayout(foot)

    def _connect_signals(self) -> None:
        self.sets.activated.connect(lambda _row: self._fill())
        self.leaf.leafed.connect(lambda: self._draw(self.patches()))
        self.list.itemSelectionChanged.connect(self._show_possible)
        self.list.itemActivated.connect(self._open)
        self.label_button.clicked.connect(self._on_label)
        self.next_button.clicked.connect(self.open_next)
        self.done_button.clicked.connect(self._on_done)
        self.more_button.clicked.connect(self._on_more)
        self.improve_button.clicked.connect(lambda: self.improve_requested.emit(self.folder))
        self.store_button.clicked.connect(lambda: self.store_requested.emit(self.folder))
        self._session.project_changed.connect(self._on_project)
        self._session.item_changed.connect(self._on_item)

    def open_next(self) -> None:
        """Open the next patch that nobody has begun to label, after the one that is open."""
        shown = self.patches()
        ids = [patch.item.id for patch in shown if patch.item is not None]
        here = self._session.item.id if self._session.item is not None else ""
        first = ids.index(here) + 1 if here in ids else 0
        for patch in (*shown[first:], *shown[:first]):
            if patch.state == "to do" and patch.item is not None:
                self._session.select_item(patch.item.id)
                self._select(patch.item)
                return
        self._notifier.info("There are labels in all patches. Mark as done what is labelled wholly.")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self._renew(saved=False)

    def _on_project(self, project: object) -> None:
        if project is None:
            self._job.drop()
            self.close()
        else:
            self._renew(saved=True)

    def _on_item(self, _item: object) -> None:
        self._renew(saved=True)

    def _fill(self) -> None:
        """Show all patches of the set anew."""
        self.list.clear()
        found = self._read()
        flat = _flat_sources(found)
        for shown in found:
            entry = QListWidgetItem(QIcon(_blank()), "", self.list)
            entry.setTextAlignment(Qt.AlignmentFlag.AlignHCenter)
            self._dress(entry, shown, flat)
        self.leaf.show_patches(self.patches())
        self._draw(self.patches())
        self._show_possible()

    def _read(self) -> list[ShownPatch]:
        opened, folder = self._session.open_project, self.folder
        if opened is not None and folder is not None:
            with self._notifier.errors_told():
                return shown_in_project(opened, folder)
        return []

    def _renew(self, *, saved: bool) -> None:
        """Show how far the labels are now; pictures are drawn anew where labels may have changed.

        Args:
            saved: Whether the labels on the disk are those on the screen.
        """
        if not self.isVisible():
            return
        if not saved:
            with self._notifier.errors_told():
                self._session.save()
        found, before = self._read(), self.patches()
        if [_key(shown) for shown in found] != [_key(shown) for shown in before]:
            self._fill()
            return
        here = self._session.item.id if self._session.item is not None else ""
        changed = [
            shown for shown, old in zip(found, before, strict=True) if shown != old or _key(shown) in (here, self._was)
        ]
        self._was = here
        flat = _flat_sources(found)
        for row, shown in enumerate(found):
            self._dress(self.list.item(row), shown, flat)
        self._draw(changed)
        self._show_possible()

    def _draw(self, patches: Sequence[ShownPatch]) -> None:
        """Draw pictures, some at a time, after those that wait."""
        wanted = {_key(shown) for shown in patches}
        self._waiting = [key for key in self._waiting if key not in wanted] + [_key(shown) for shown in patches]
        if not self._job.busy:
            self._draw_some()

    def _draw_some(self) -> None:
        known = {_key(shown): shown for shown in self.patches()}
        self._waiting = [key for key in self._waiting if key in known]
        some, self._waiting = self._waiting[:_AT_ONCE], self._waiting[_AT_ONCE:]
        if some:
            work = partial(pictures_of, [known[key] for key in some], self.leaf.away)
            self._job.start("Draw patches", work, partial(self._on_drawn, some))

    def _on_drawn(self, keys: list[str], pictures: list[NDArray[np.uint8] | None]) -> None:
        drawn = dict(zip(keys, pictures, strict=True))
        for entry in self._entries():
            picture = drawn.get(_key(entry.data(_SHOWN)))
            if picture is not None:
                entry.setIcon(QIcon(_framed(picture, entry.data(_SHOWN).state)))
        self._draw_some()

    def _dress(self, entry: QListWidgetItem, shown: ShownPatch, flat: set[Path]) -> None:
        item = shown.item
        entry.setText(f"{_where(shown.patch, flat=shown.patch.source in flat)} · {_STATES[shown.state]}")
        entry.setToolTip(item.name if item is not None else shown.patch.image.name)
        entry.setData(_SHOWN, shown)

    def _entries(self) -> Iterator[QListWidgetItem]:
        return (self.list.item(row) for row in range(self.list.count()))

    def _select(self, item: Item) -> None:
        for entry in self._entries():
            if entry.data(_SHOWN).item == item:
                self.list.setCurrentItem(entry)

    def _selected(self) -> list[ShownPatch]:
        return [entry.data(_SHOWN) for entry in self.list.selectedItems()]

    def _open(self, entry: QListWidgetItem) -> None:
        item = entry.data(_SHOWN).item
        if item is not None:
            self._session.select_item(item.id)

    def _on_label(self) -> None:
        if self.list.currentItem() is not None:
            self._open(self.list.currentItem())

    def _on_done(self) -> None:
        chosen = self._selected()
        ids = [shown.item.id for shown in chosen if shown.item is not None]
        self.mark_requested.emit(ids, any(shown.state != "done" for shown in chosen))

    def _on_more(self) -> None:
        source = self._source()
        if source is not None:
            self.more_requested.emit(self.folder, source)

    def _source(self) -> Item | None:
        """The image of the project that the chosen patch, or else the last one, was cut from."""
        opened, shown = self._session.open_project, self._selected() or self.patches()[-1:]
        if opened is None or not shown:
            return None
        wanted = shown[0].patch.source.resolve()
        return next((i for i in opened.project.items if opened.image_path(i).resolve() == wanted), None)

    def _show_possible(self) -> None:
        shown, chosen = self.patches(), self._selected()
        begun, done = sum(s.state != "to do" for s in shown), sum(s.state == "done" for s in shown)
        self.words.setText(f"{done} of {len(shown)} done" if shown else "No patches in this project yet")
        self.bar.setRange(0, max(1, len(shown)))
        self.bar.setValue(done)
        self.label_button.setEnabled(len(chosen) == 1)
        self.next_button.setEnabled(begun < len(shown))
        self.done_button.setEnabled(bool(chosen))
        unfinished = any(s.state != "done" for s in chosen)
        self.done_button.setText("Mark as done" if unfinished or not chosen else "Mark as not done")
        self.more_button.setEnabled(self._source() is not None)
        for button in (self.store_button, self.improve_button):
            button.setEnabled(begun > 0)
        self.store_button.setToolTip("Pictures and labels for other programs, or to learn from elsewhere.")
        words = "Learn from the patches that are done; where none is, from all labels." if begun else "Label one first."
        self.improve_button.setToolTip(words)


def _key(shown: ShownPatch) -> str:
    return shown.item.id if shown.item is not None else str(shown.patch.image)


def _flat_sources(patches: Iterable[ShownPatch]) -> set[Path]:
    """Images without depth, as far as their patches tell: they all show the same, first slice."""
    flat: dict[Path, bool] = {}
    for shown in patches:
        patch = shown.patch
        first = patch.place.plane is Plane.XY and patch.place.region.stop[0] == 1
        flat[patch.source] = first and flat.get(patch.source, True)
    return {source for source, is_flat in flat.items() if is_flat}


def _where(patch: PickedPatch, *, flat: bool) -> str:
    """The plane and the slice of a patch, counted from 0 as in the viewer, or its first and last one; without depth
    where it begins in the picture.
    """
    if flat:
        return shown_place(patch.place.region.start, flat=True)
    first, plane = patch.place.first_slice, patch.place.plane.value
    if patch.labelled is not None:
        return f"{plane} {first + patch.labelled}, flipbook"
    return f"{plane} {first}" if patch.place.slices == 1 else f"{plane} {first} to {first + patch.place.slices - 1}"


def _blank() -> QPixmap:
    blank = QPixmap(_PICTURE)
    blank.fill(QColor(current_colors().canvas))
    return blank


def _framed(picture: NDArray[np.uint8], state: PatchState) -> QPixmap:
    """A picture (Y, X, 3) in the middle of a square, with a mark where it is done."""
    height, width, _ = picture.shape
    pixels = np.ascontiguousarray(picture)
    image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    square = _blank()
    painter = QPainter(square)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    larger = min(_PICTURE.width() / max(width, height), _MOST_ENLARGED)
    place = QRect(0, 0, round(width * larger), round(height * larger))
    place.moveCenter(square.rect().center())
    painter.drawImage(place, image)
    if state == "done":
        mark = icon("done", "success").pixmap(QSize(28, 28))  # px, by eye
        corner = _PICTURE.width() - 34
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor(current_colors().surface))
        painter.drawEllipse(corner, 6, 28, 28)
        painter.drawPixmap(corner, 6, mark)
    painter.end()
    return square
