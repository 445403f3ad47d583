"""Shows the chosen objects in the image, and goes there."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject

from desktop_app.core.imaging import Region
from desktop_app.core.labelling.marks import BY_CLASS, CHOSEN, chosen_layer, class_layer
from desktop_app.gui.session import Session
from desktop_app.gui.viewer.viewer import ViewerWidget
from desktop_app.objects.proofreading.rows import Rows


class Highlight(QObject):
    """A white outline around the chosen objects, in all planes, and white surfaces in 3D.

    Args:
        session: What is open.
        viewer: Shows it.
    """

    def __init__(self, session: Session, viewer: ViewerWidget, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._viewer = session, viewer

    def show(self, numbers: list[int]) -> None:
        """Outline these objects and no others."""
        labels, layers = self._session.labels, self._session.layers
        if labels is None or not numbers:
            if layers.get(CHOSEN) is not None:
                layers.remove(CHOSEN)
            return
        layers.put(chosen_layer(labels.labels, numbers))

    def show_classes(self, on: bool) -> None:
        """Show objects in the colours of their classes, or each in its own."""
        labels, layers, project = self._session.labels, self._session.layers, self._session.project
        if labels is None or project is None or not on:
            if layers.get(BY_CLASS) is not None:
                layers.remove(BY_CLASS)
            return
        layers.put(class_layer(labels.labels, self._session.reviewing.review.classes, project.scheme))

    def go_to(self, rows: Rows, number: int) -> None:
        """Show the slices through an object; it comes into the middle unless it is seen whole as it is.

        Nothing happens where it is gone.
        """
        labels = self._session.labels
        places = rows.places(np.array([number], np.uint32))
        if labels is None or not places.size:
            return
        place = int(places[0])
        middle = rows.sums[place] / rows.voxels[place]
        z, y, x = (int(m + 0.5) for m in middle)
        box = rows.box(place)
        if box.contains((z, y, x)) and int(labels.labels.read(Region.single((z, y, x)))[0, 0, 0]) == number:
            self._viewer.reveal((z, y, x), box)
            return
        self._viewer.reveal(_voxel_near(labels.labels.read(_slice_of(box, z)), number, box, z, (y, x)), box)


def _slice_of(box: Region, z: int) -> Region:
    """One slice of a box, that nearest to ``z``."""
    z = min(max(z, box.start[0]), box.stop[0] - 1)
    return Region((z, *box.start[1:]), (z + 1, *box.stop[1:]))


def _voxel_near(labels: np.ndarray, number: int, box: Region, z: int, middle: tuple[int, int]) -> tuple[int, int, int]:
    """The voxel of an object in a slice (1, Y, X of its box) nearest to a place; the place where it is not there."""
    z = min(max(z, box.start[0]), box.stop[0] - 1)
    found = np.argwhere(labels[0] == number)
    if not found.size:
        return z, *middle
    found = found + np.asarray(box.start[1:])
    y, x = found[((found - np.asarray(middle)) ** 2).sum(axis=1).argmin()].tolist()
    return z, int(y), int(x)
