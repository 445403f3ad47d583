"""Writing labels piece by piece in such a way that all of it can be undone exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.region import Region
from desktop_app.core.labelling.store import Edit, LabelStore
from desktop_app.core.labelling.tools.base import ToolSettings


def writable(current: NDArray[np.uint32], settings: ToolSettings) -> NDArray[np.bool_]:
    """Where ``settings.value`` may replace the labels ``current`` (any shape): not where locked, or not empty."""
    if settings.value in settings.locked:
        return np.zeros(current.shape, bool)
    allowed = current != settings.value
    if settings.only_empty and settings.value != 0:
        allowed &= current == 0
    for label in settings.locked:
        allowed &= current != label
    return allowed


@dataclass(frozen=True, slots=True)
class _Piece:
    """One write: which voxels of a box it changed (as bits), and what they were before, in order."""

    region: Region
    changed: NDArray[np.uint8]
    before: NDArray[np.uint32]

    def lay_back(self, voxels: NDArray[np.uint32]) -> None:
        """Restore ``voxels`` (Z, Y, X of the box) in place."""
        mask = np.unpackbits(self.changed, count=self.region.size).view(bool).reshape(self.region.shape)
        voxels[mask] = self.before


class Stroke:
    """The pieces written since the button went down; memory grows with the changed voxels only."""

    def __init__(self) -> None:
        self._pieces: list[_Piece] = []

    def paint(
        self, store: LabelStore, region: Region, mask: NDArray[np.bool_], settings: ToolSettings
    ) -> Region | None:
        """Write ``settings.value`` where ``mask`` (Z, Y, X of ``region``) and the settings allow it."""
        if region.empty:
            return None
        before = store.read(region)
        change = mask & writable(before, settings)
        if not change.any():
            return None
        after = before.copy()
        after[change] = settings.value
        store.write(region, after)
        self._pieces.append(_Piece(region, np.packbits(change), before[change]))
        return region

    def finish(self, store: LabelStore, title: str) -> Edit | None:
        """The whole stroke as one edit; None if nothing changed. The stroke is empty afterwards."""
        edit = self.so_far(store, title)
        self._pieces.clear()
        return edit

    def so_far(self, store: LabelStore, title: str) -> Edit | None:
        """What was written until now as one edit; the stroke goes on."""
        if not self._pieces:
            return None
        region = self._box()
        after = store.read(region)
        before = self._restored(after.copy(), region)
        small = changed_box(before != after, region)
        if small.empty:
            return None
        inside = small.shift((-region.start[0], -region.start[1], -region.start[2])).slices
        return Edit.between(small, before[inside], after[inside], title)

    def cancel(self, store: LabelStore) -> Region | None:
        """Put everything back; returns the touched box."""
        if not self._pieces:
            return None
        region = self._box()
        store.write(region, self._restored(store.read(region), region))
        self._pieces.clear()
        return region

    def _box(self) -> Region:
        box = self._pieces[0].region
        for piece in self._pieces[1:]:
            box = box.union(piece.region)
        return box

    def _restored(self, voxels: NDArray[np.uint32], box: Region) -> NDArray[np.uint32]:
        """``voxels`` of ``box`` with the pieces laid back, newest first."""
        z, y, x = box.start
        for piece in reversed(self._pieces):
            piece.lay_back(voxels[piece.region.shift((-z, -y, -x)).slices])
        return voxels


def changed_box(changed: NDArray[np.bool_], region: Region) -> Region:
    """The smallest box around the true voxels of ``changed`` (Z, Y, X of ``region``), in volume coordinates."""
    spans = []
    for axis in range(3):
        others = tuple(a for a in range(3) if a != axis)
        hit = np.flatnonzero(changed.any(axis=others))
        if hit.size == 0:
            return Region(region.start, region.start)
        spans.append((region.start[axis] + int(hit[0]), region.start[axis] + int(hit[-1]) + 1))
    (z0, z1), (y0, y1), (x0, x1) = spans
    return Region((z0, y0, x0), (z1, y1, x1))
