"""The pictures of image and labels that the views show, from memory or from the reader."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import ArraySource, Plane, Region, Volume
from desktop_app.core.imaging.volume import squeeze_slab
from desktop_app.core.labelling import LabelStore
from desktop_app.gui.viewer.geometry import Box2, picture_box
from desktop_app.gui.viewer.slice_reader import SliceReader, SliceResult

_KEPT_LABEL_SLICES = 6
_SAMPLE_SLICES = 5
_SAMPLES_PER_SLICE = 60_000


class SliceSource(QObject):
    """Answers at once where it can; otherwise ``arrived`` tells when to ask again.

    Signals:
        arrived: A slice (``Plane``, depth) that was asked for can be had now.
        sampled: Grey values from all over the volume, flat, for contrast.
        problem_found: ``UserError`` of the first slice of a volume that cannot be read.
    """

    arrived = Signal(object, int)
    sampled = Signal(object)
    problem_found = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = SliceReader(parent=self)
        self._reader.ready.connect(self._on_ready)
        self._volume: Volume | None = None
        self._channel = 0
        self._generation = 0
        self._damaged: set[Hashable] = set()
        self._store: LabelStore | None = None
        self._labels: OrderedDict[tuple[Plane, int], NDArray[np.uint32]] = OrderedDict()

    def set_volume(self, volume: Volume | None) -> None:
        """Show another volume."""
        self._generation += 1
        self._volume, self._channel = volume, 0
        self._damaged.clear()
        self._labels.clear()
        self._reader.forget()

    def set_channel(self, channel: int) -> None:
        """Show another channel."""
        self._channel = channel

    def set_store(self, store: LabelStore | None) -> None:
        """Take labels from another store."""
        self._store = store
        self._labels.clear()

    def stop(self) -> None:
        """End reading."""
        self._reader.stop()

    def picture(self, plane: Plane, depth: int) -> NDArray[Any] | None:
        """The image slice, (rows, columns) or (rows, columns, 3); None while it is being read; black if damaged."""
        volume = self._volume
        if volume is None:
            return None
        key = (self._generation, self._channel, plane, depth)
        if key in self._damaged:
            return np.zeros(plane.shape_of(volume.shape), np.uint8)
        if isinstance(volume.source, ArraySource):
            return _load(volume, plane, depth, self._channel)
        channel = self._channel
        result = self._reader.fetch(plane.value, key, lambda: _load(volume, plane, depth, channel))
        if result is not None and result.error is not None:
            self._on_damaged(key, result.error)
            return np.zeros(plane.shape_of(volume.shape), np.uint8)
        return None if result is None else result.picture

    def prefetch(self, plane: Plane, depth: int, direction: int) -> None:
        """Read the slices that come next when scrolling on."""
        volume, channel = self._volume, self._channel
        if volume is None or isinstance(volume.source, ArraySource):
            return
        last = volume.shape[plane.depth_axis] - 1
        wanted = [d for d in (depth + direction, depth + 2 * direction, depth - direction) if 0 <= d <= last]
        self._reader.prefetch(
            [
                ((self._generation, channel, plane, d), lambda d=d: _load(volume, plane, d, channel))  # type: ignore[misc]
                for d in dict.fromkeys(wanted)
            ]
        )

    def labels(self, plane: Plane, depth: int) -> NDArray[np.uint32] | None:
        """The label slice (rows, columns); the array changes in place with ``patch_labels``."""
        store, key = self._store, (plane, depth)
        if store is None:
            return None
        kept = self._labels.get(key)
        if kept is None:
            kept = squeeze_slab(store.read(plane.slab(store.shape, depth)), plane)
            self._labels[key] = kept
            while len(self._labels) > _KEPT_LABEL_SLICES:
                self._labels.popitem(last=False)
        self._labels.move_to_end(key)
        return kept

    def patch_labels(self, region: Region, shown: dict[Plane, int]) -> dict[Plane, Box2]:
        """Take a change of labels over; returns the changed rectangle of each shown slice (plane and depth)."""
        changed: dict[Plane, Box2] = {}
        for key in list(self._labels):
            plane, depth = key
            if not region.start[plane.depth_axis] <= depth < region.stop[plane.depth_axis]:
                continue
            if shown.get(plane) != depth or self._store is None:
                del self._labels[key]
                continue
            part = region.intersect(plane.slab(self._store.shape, depth))
            box = picture_box(plane, part)
            if not box.empty:
                self._labels[key][box.top : box.bottom, box.left : box.right] = squeeze_slab(
                    self._store.read(part), plane
                )
                changed[plane] = box
        return changed

    def ask_for_sample(self) -> None:
        """Draw grey values from slices all over the volume; ``sampled`` follows, at once for arrays."""
        volume, channel = self._volume, self._channel
        if volume is None:
            return
        if isinstance(volume.source, ArraySource):
            self.sampled.emit(sample_grey(volume, channel))
            return
        key = (self._generation, channel, "sample")
        result = self._reader.fetch("sample", key, lambda: sample_grey(volume, channel), wait=0.0)
        if result is not None and result.picture is not None:
            self.sampled.emit(result.picture)

    def _on_ready(self, result: SliceResult) -> None:
        key = result.key
        if not isinstance(key, tuple) or key[:2] != (self._generation, self._channel):
            return
        if key[2] == "sample":
            if result.picture is not None:
                self.sampled.emit(result.picture)
            return
        if result.error is not None:
            self._on_damaged(result.key, result.error)
        self.arrived.emit(key[2], key[3])

    def _on_damaged(self, key: Hashable, error: UserError) -> None:
        first = not self._damaged
        self._damaged.add(key)
        if first:
            self.problem_found.emit(error)


def _load(volume: Volume, plane: Plane, depth: int, channel: int) -> NDArray[Any]:
    if volume.rgb:
        return np.stack([volume.plane(plane, depth, c) for c in range(3)], axis=-1)
    return volume.plane(plane, depth, channel)


def sample_grey(volume: Volume, channel: int) -> NDArray[Any]:
    """Some grey values (flat) of slices spread over the volume; damaged slices are passed over."""
    depth = volume.shape[0]
    parts = []
    for z in sorted({round(i) for i in np.linspace(0, depth - 1, min(depth, _SAMPLE_SLICES))}):
        try:
            flat = _load(volume, Plane.XY, z, channel).reshape(-1)
        except UserError:
            continue
        parts.append(flat[:: max(1, flat.size // _SAMPLES_PER_SLICE)].copy())
    return np.concatenate(parts) if parts else np.zeros(1, volume.dtype)
