"""Going to places and objects, marking places, measuring, pictures."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from desktop_app.core.imaging import Index3
from desktop_app.core.job import JobContext, Progress
from desktop_app.core.labelling import LabelStore
from desktop_app.core.labelling.tools import ToolPoint
from desktop_app.core.project import Item
from desktop_app.core.project.model import Bookmark
from desktop_app.gui.session.places import image_place
from desktop_app.gui.viewer.picture import PNG, picture_of, save_picture
from desktop_app.gui.viewer.place_pickers import LinePicker
from desktop_app.gui.viewer.viewer import ViewerWidget
from desktop_app.gui.window_context import WindowContext

if TYPE_CHECKING:
    from desktop_app.gui.viewer.go_to_dialog import GoToDialog
    from desktop_app.gui.viewer.movies import MovieSaving
    from desktop_app.gui.viewer.ruler import RulerWindow


class LookingCommands(QObject):
    """What the actions of ``LOOKING_ACTIONS`` do with the open image.

    Args:
        context: What is open, where jobs run, who is told, and what dialogs open above.
        viewer: Where the image is shown.
    """

    def __init__(self, context: WindowContext, viewer: ViewerWidget) -> None:
        super().__init__(context.window)
        self._context, self._viewer = context, viewer
        self._session, self._runner = context.session, context.runner
        self._notifier, self._window = context.notifier, context.window
        self._picker = LinePicker(viewer.grid.views.values(), self)
        self.dialog: GoToDialog | None = None
        self.ruler: RulerWindow | None = None
        self._session.item_changed.connect(self._on_item)

    @cached_property
    def movies(self) -> MovieSaving:
        """Saving movies."""
        from desktop_app.gui.viewer.movies import MovieSaving

        return MovieSaving(self._context, self._viewer)

    def slots(self) -> dict[str, Callable[[], object]]:
        """What to call for each action of ``LOOKING_ACTIONS``, by its id."""
        return {
            "view.go_to": self.ask_place,
            "view.mark_place": self.mark,
            "view.ruler": self.draw_line,
            "view.snapshot": self.save_picture,
            "view.copy_picture": self.copy_picture,
            "view.movie": lambda: self.movies.ask(),
        }

    def ask_place(self) -> None:
        """Open the window that goes to places, objects and marks."""
        volume, item = self._session.volume, self._session.item
        if volume is None or item is None:
            return
        if self.dialog is None:
            from desktop_app.gui.viewer.go_to_dialog import GoToDialog

            self.dialog = GoToDialog(volume.shape, self._viewer.navigator.position, self._window)
            self.dialog.place_wanted.connect(self._viewer.center_on)
            self.dialog.object_wanted.connect(self.find)
            self.dialog.mark_wanted.connect(self.mark)
            self.dialog.unmark_wanted.connect(self.unmark)
        self.dialog.show_place(self._viewer.navigator.position)
        self.dialog.show_marks(item.bookmarks)
        self.dialog.show()
        self.dialog.activateWindow()

    def find(self, number: int) -> None:
        """Look for an object in the background and go there."""
        labels = self._session.labels
        if labels is not None:
            job = self._runner.start(f"Find object {number}", partial(_locate, labels.labels, number), lane="preview")
            job.succeeded.connect(partial(self._on_found, number, self._session.item))

    def mark(self, name: str = "") -> None:
        """Keep the place that is shown now in the project."""
        item = self._session.item
        if item is None:
            return
        z, y, x = self._viewer.navigator.position
        mark = Bookmark(name=name or f"Place {len(item.bookmarks) + 1}", z=z, y=y, x=x)
        self._keep(item, (*item.bookmarks, mark))
        if self.dialog is None or not self.dialog.isVisible():
            self._notifier.info(f"“{mark.name}” is marked.", action=("Show all marks", self.ask_place))

    def unmark(self, row: int) -> None:
        """Take a mark away."""
        item = self._session.item
        if item is not None and 0 <= row < len(item.bookmarks):
            self._keep(item, (*item.bookmarks[:row], *item.bookmarks[row + 1 :]))

    def draw_line(self) -> None:
        """Wait for a line over the image, then measure it."""
        if self._session.volume is not None:
            self._notifier.info("Drag a line over the image. Esc ends it.")
            self._picker.begin(self._on_line)

    def copy_picture(self) -> None:
        """Put a picture of the view on the clipboard."""
        QGuiApplication.clipboard().setImage(picture_of(self._viewer))
        self._notifier.info("A picture of the view is on the clipboard.")

    def save_picture(self) -> None:
        """Ask for a file and write a picture of the view there."""
        image, item = picture_of(self._viewer), self._session.item
        plane = self._viewer.current_plane()
        volume = self._session.volume
        place = "" if volume is None or volume.is_2d else f" {plane.value} {self._viewer.current_depth(plane)}"
        name = f"{item.name if item is not None else 'view'}{place}.png"
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, "Save a picture of the view", str(image_place(self._session) / name), PNG
        )
        if chosen:
            path = Path(chosen) if Path(chosen).suffix else Path(f"{chosen}.png")
            with self._notifier.errors_told():
                save_picture(image, path)
                self._notifier.info(f"Saved {path.name}.")

    def _keep(self, item: Item, marks: tuple[Bookmark, ...]) -> None:
        with self._notifier.errors_told():
            self._session.update_item(item.model_copy(update={"bookmarks": marks}))

    def _on_item(self, item: Item | None) -> None:
        if self.dialog is None:
            return
        volume = self._session.volume
        if item is None or volume is None:
            self.dialog.close()
            self.dialog.deleteLater()
            self.dialog = None
        else:
            self.dialog.show_marks(item.bookmarks)

    def _on_found(self, number: int, item: Item | None, place: Index3 | None) -> None:
        if self._session.item is None or item is None or self._session.item.id != item.id:
            return
        if place is None:
            self._notifier.warning(f"There is no object {number} in this image.")
        else:
            self._viewer.center_on(place)

    def _on_line(self, line: tuple[ToolPoint, ToolPoint] | None) -> None:
        volume = self._session.volume
        if line is None or volume is None:
            return
        from desktop_app.gui.viewer.ruler import RulerWindow, measure

        if self.ruler is None:
            self.ruler = RulerWindow(self._window)
            self.ruler.again_wanted.connect(self.draw_line)
        with self._notifier.errors_told():
            self.ruler.show_measured(measure(volume, *line), line[0].plane)
            self.ruler.show()


def _locate(store: LabelStore, number: int, ctx: JobContext) -> Index3 | None:
    # Loads what the start of the window need not wait for.
    from desktop_app.objects.locate import locate

    def check(done: float) -> None:
        ctx.raise_if_cancelled()
        ctx.report(Progress(done, 1.0, f"Looking for object {number}"))

    return locate(store.read, store.shape, number, check)
