"""Writing labels piece by piece in such a way that all of it can be undone exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.region import Region
from desktop_app.core.labelling.store import Edit, LabelStore
from desktop_app.core.labelling.tools.base import ToolSettings, one_of


def writable(current: NDArray[np.uint32], how: ToolSettings[Any]) -> NDArray[np.bool_]:
    """Where ``how.label`` may replace the labels ``current`` (any shape): not where locked, or not empty."""
    if how.label in how.locked:
        return np.zeros(current.shape, bool)
    allowed = current != how.label
    if how.options.spares_labels and how.label != 0:
        allowed &= current == 0
    if how.options.spares_others and how.label == 0 and how.value != 0:
        allowed &= current == how.value
    if how.within is not None:
        allowed &= how.within.where(current)
    return allowed & ~one_of(current, how.locked)


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
        self._told = 0
        self._told_box = _NOTHING

    def paint(
        self, store: LabelStore, region: Region, mask: NDArray[np.bool_], how: ToolSettings[Any]
    ) -> Region | None:
        """Write ``how.label`` where ``mask`` (Z, Y, X of ``region``) and the settings allow it."""
        if region.empty:
            return None
        before = store.read(region)
        change = mask & writable(before, how)
        if not change.any():
            return None
        after = before.copy()
        after[change] = how.label
        store.write(region, after)
        self._pieces.append(_Piece(region, np.packbits(change), before[change]))
        return region

    @property
    def extent(self) -> int:
        """Voxels of the box around everything written."""
        return _box(self._pieces).size if self._pieces else 0

    def finish(self, store: LabelStore, title: str) -> Edit | None:
        """The whole stroke as one edit; None if nothing changed. The stroke is empty afterwards.

        Its box holds all that ``newest`` told, too: what was put back since must come back where that is done again.
        """
        edit = _edit_of(self._pieces, store, title, self._told_box)
        self._forget()
        return edit

    def newest(self, store: LabelStore, title: str) -> Edit | None:
        """What was written since this was last asked, as one edit; the stroke goes on."""
        pieces, self._told = self._pieces[self._told :], len(self._pieces)
        edit = _edit_of(pieces, store, title)
        if edit is not None:
            self._told_box = self._told_box.union(edit.region)
        return edit

    def cancel(self, store: LabelStore) -> Region | None:
        """Put everything back; returns the touched box."""
        if not self._pieces:
            return None
        region = _box(self._pieces)
        store.write(region, _restored(self._pieces, store.read(region), region))
        self._forget()
        return region

    def restart(self, store: LabelStore) -> Region | None:
        """Put everything back and go on; what was told of it already is taken back when it is next told.

        Returns:
            The touched box.
        """
        told, untold = self._pieces[: self._told], self._pieces[self._told :]
        if not told:
            return self.cancel(store)
        region = _box(self._pieces)
        when_told = _restored(untold, store.read(region), region)
        at_first = _restored(told, when_told.copy(), region)
        store.write(region, at_first)
        change = when_told != at_first
        self._pieces = [*told, _Piece(region, np.packbits(change), when_told[change])]
        return region

    def _forget(self) -> None:
        self._pieces.clear()
        self._told, self._told_box = 0, _NOTHING


_NOTHING = Region((0, 0, 0), (0, 0, 0))


def _edit_of(pieces: list[_Piece], store: LabelStore, title: str, besides: Region = _NOTHING) -> Edit | None:
    """The change from before ``pieces`` to now, in a box that holds ``besides``, which lies within the pieces, too."""
    if not pieces:
        return None
    region = _box(pieces)
    after = store.read(region)
    before = _restored(pieces, after.copy(), region)
    small = changed_box(before != after, region)
    if small.empty:
        return None
    small = small.union(besides)
    inside = small.shift((-region.start[0], -region.start[1], -region.start[2])).slices
    return Edit.between(small, before[inside], after[inside], title)


def _box(pieces: list[_Piece]) -> Region:
    box = pieces[0].region
    for piece in pieces[1:]:
        box = box.union(piece.region)
    return box


def _restored(pieces: list[_Piece], voxels: NDArray[np.uint32], box: Region) -> NDArray[np.uint32]:
    """``voxels`` of ``box`` with the pieces laid back, newest first."""
    z, y, x = box.start
    for piece in reversed(pieces):
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
