"""What is completely labelled, and so can be learned from."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QVBoxLayout, QWidget

from desktop_app.core.imaging import Plane
from desktop_app.core.labelling import LabelScheme
from desktop_app.core.project import Item
from desktop_app.gui.notifications.notifier import Notifier
from desktop_app.gui.session import Session
from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import TIGHT
from desktop_app.gui.viewer.viewer import ViewerWidget

_MEANINGS = (
    (True, "means background", "Label whole slices, then mark them as done. Only these are learned from."),
    (
        False,
        "means unknown",
        "Label some strokes only, also of a class for the background. All strokes are learned from.",
    ),
)

_OF_FLIPBOOKS = (
    "A flipbook: label slice z {} wholly; the others show where its objects come from. Then mark it as done."
)


class DoneBox(QWidget):
    """Marks for slice and image, and what empty voxels mean.

    Signals:
        next_wanted: The image is done: open the next.
    """

    next_wanted = Signal()

    def __init__(
        self, session: Session, viewer: ViewerWidget, notifier: Notifier, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._viewer, self._notifier = session, viewer, notifier
        self._flipbook: int | None = None
        self.slice_done = _check("This slice is done", "Everything in this slice is labelled (D)")
        self.image_done = _check("The whole image is done", "Everything in all slices is labelled (Ctrl+Enter)")
        self.count = QLabel()
        self.count.setWordWrap(True)
        set_role(self.count, "muted")
        self.meaning = QComboBox()
        self.meaning.setAccessibleName("What empty voxels mean")
        self.meaning.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        for _, words, tip in _MEANINGS:
            self.meaning.addItem(f"Not labelled {words}")
            self.meaning.setItemData(self.meaning.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.advice = QLabel()
        self.advice.setWordWrap(True)
        set_role(self.advice, "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(TIGHT)
        for widget in (self.meaning, self.advice, self.slice_done, self.count, self.image_done):
            column.addWidget(widget)
        self.slice_done.clicked.connect(self.toggle_slice)
        self.image_done.clicked.connect(self.toggle_image)
        self.meaning.activated.connect(self._on_meaning)
        session.item_changed.connect(self._on_item)
        session.volume_changed.connect(lambda _volume: self._show())
        session.scheme_changed.connect(self._on_scheme)
        viewer.position_changed.connect(lambda _position: self._show())
        self._on_scheme(session.scheme)
        self._show()

    def toggle_slice(self) -> None:
        """Mark the shown xy slice as done, or not."""
        item = self._session.item
        if item is None or item.all_done:
            return
        z = self._viewer.current_depth(Plane.XY)
        time = self._time
        slices = set(item.done_at(time)) ^ {z}
        self._save(item.with_done(time, tuple(sorted(slices))))

    def toggle_image(self) -> None:
        """Mark the whole image as done, or not."""
        item = self._session.item
        if item is not None:
            done = not item.all_done
            self._save(item.model_copy(update={"all_done": done, "status": "done" if done else "in progress"}))

    def finish_image(self) -> None:
        """Mark the whole image as done and ask for the next one."""
        item = self._session.item
        if item is None:
            return
        if not item.all_done:
            self.toggle_image()
        self.next_wanted.emit()

    def _save(self, item: Item) -> None:
        with self._notifier.errors_told():
            self._session.update_item(item)
        self._show()

    @property
    def _time(self) -> int:
        return self._session.volume.time if self._session.volume is not None else 0

    def _show(self) -> None:
        item, volume = self._session.item, self._session.volume
        self.setEnabled(item is not None)
        flat = volume is None or volume.is_2d
        movie = volume is not None and volume.times > 1
        self.slice_done.setVisible(not flat or movie)
        self.count.setVisible(not flat or movie)
        self._show_advice()
        if item is None or volume is None:
            return
        z, slices = self._viewer.current_depth(Plane.XY), volume.shape[0]
        place = f"Slice z {z}" if not flat else f"Time point {volume.time + 1}"
        self.slice_done.setText(f"{place} is done")
        self.slice_done.setChecked(item.all_done or z in item.done_at(volume.time))
        self.slice_done.setEnabled(not item.all_done)
        self.image_done.setText("The whole image is done" if self._flipbook is None else "This flipbook is done")
        self.image_done.setChecked(item.all_done)
        number = slices * volume.times
        if self._flipbook is None:
            self.count.setText(f"{number if item.all_done else item.done_count} of {number} slices done")
        elif z == self._flipbook:
            self.count.setText("This is the slice of the flipbook to label.")
        else:
            self.count.setText(f"Only slice z {self._flipbook} of this flipbook is learned from.")

    def _on_item(self, item: Item | None) -> None:
        self._flipbook = None
        if item is not None:
            from desktop_app.io.projects.flipbooks import flipbook_slice

            self._flipbook = flipbook_slice(self._session.open_project, item)
        self._show()

    def _on_scheme(self, scheme: LabelScheme) -> None:
        index = 0 if scheme.zero_is_background else 1
        self.meaning.setCurrentIndex(index)
        self._show_advice()

    def _show_advice(self) -> None:
        volume, advice = self._session.volume, _MEANINGS[self.meaning.currentIndex()][2]
        if self._flipbook is not None:
            self.advice.setText(_OF_FLIPBOOKS.format(self._flipbook))
            return
        flat = volume is not None and volume.is_2d
        self.advice.setText(advice.replace("slices", "images") if flat else advice)

    def _on_meaning(self, index: int) -> None:
        project = self._session.project
        if project is None:
            return
        scheme = project.scheme.model_copy(update={"zero_is_background": _MEANINGS[index][0]})
        with self._notifier.errors_told():
            self._session.update_project(project.model_copy(update={"scheme": scheme}))
            return
        self._on_scheme(project.scheme)


def _check(text: str, tip: str) -> QCheckBox:
    box = QCheckBox(text)
    box.setToolTip(tip)
    box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return box
