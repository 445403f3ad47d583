"""What a model finds while it learns, laid over the image that is open in the viewer."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from desktop_app.core.imaging import Region, Volume
from desktop_app.core.job import FoundLabels
from desktop_app.core.labelling import LabelScheme
from desktop_app.core.labelling.layers import LIVE, RESULT_LOOK, BoxLabels, LabelLayer, LayerKind
from desktop_app.gui.session.session import Session

_MOST_BYTES = 2**28
"""Kept of all images together, 256 MB: eight images as a check hands them over; it usually looks at four."""


class LiveLabels(QObject):
    """Keeps a layer in step with the last check of a training, over whichever checked image is open.

    Attributes:
        shown: Whether the layer is wanted.

    Signals:
        changed: There is something new to show, or the layer is wanted or not.
    """

    changed = Signal()

    def __init__(self, session: Session, run: str, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._run, self._key = session, run, LIVE + run
        self._found: dict[tuple[str, int], FoundLabels] = {}
        self._laid_on: Volume | None = None
        self.shown = True
        session.volume_changed.connect(self._lay)

    @property
    def first(self) -> FoundLabels | None:
        """What was found in the first image of the last check that has a file; None before there is one."""
        return next((found for found in self._found.values() if found.file), None)

    @property
    def over_open_image(self) -> FoundLabels | None:
        """What was found in the image that is open; None where that was not checked."""
        opened, item, volume = self._session.open_project, self._session.item, self._session.volume
        if opened is None or item is None or volume is None:
            return None
        found = self._found.get((str(opened.image_path(item).absolute()), volume.time))
        return found if found is not None and _lies_within(found.box, volume) else None

    def add(self, found: FoundLabels) -> None:
        """Take in what a check has found, in place of what the one before found in that image."""
        self._found[found.file, found.time] = found
        while len(self._found) > 1 and sum(each.labels.nbytes for each in self._found.values()) > _MOST_BYTES:
            del self._found[next(iter(self._found))]
        self._lay()
        self.changed.emit()

    def show(self, wanted: bool) -> None:
        """Lay it over the image from now on, or no longer."""
        if wanted == self.shown:
            return
        self.shown, self._laid_on = wanted, None
        if wanted:
            self._lay()
        else:
            self._session.layers.remove(self._key)
        self.changed.emit()

    def end(self) -> None:
        """Let go of everything; a layer that is seen stays until another image is opened."""
        self._session.volume_changed.disconnect(self._lay)
        self._found.clear()
        self.changed.emit()

    def _lay(self) -> None:
        volume, found, layers = self._session.volume, self.over_open_image, self._session.layers
        if not self.shown or volume is None or found is None:
            return
        old = layers.get(self._key)
        if old is None and self._laid_on is volume:
            self.show(False)  # the user has taken the layer away
            return
        self._laid_on = volume
        title = f"{self._run}, after step {found.step:,}"
        store = BoxLabels(volume.shape, found.box, found.labels, found.time, volume.time)
        look = RESULT_LOOK if old is None else old.look
        layers.put(LabelLayer(self._key, title, store, LayerKind.LIVE, self._scheme(found), look))

    def _scheme(self, found: FoundLabels) -> LabelScheme:
        """What the labels mean: as in the project, where that tells the same kind of labels apart."""
        project = self._session.project
        if project is not None and (project.scheme.kind == "classes") == found.classes:
            return project.scheme
        return LabelScheme()


def _lies_within(box: Region, volume: Volume) -> bool:
    return all(stop <= size for stop, size in zip(box.stop, volume.shape, strict=True))
