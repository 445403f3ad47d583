"""The pictures of image and labels that the views show, from memory or from the reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import ArraySource, Plane, Region, Volume
from desktop_app.core.imaging.volume import squeeze_slab
from desktop_app.core.labelling import ArrayLabelStore, LabelStore
from desktop_app.core.recently_used import bytes_of, recently_used
from desktop_app.gui.viewer.geometry import Box2, picture_box
from desktop_app.gui.viewer.slice_loader import Loaded, ReadRequest, SliceLoader, SliceResult

_LABEL_BYTES = 112 * 2**20  # seven slices of 2048 × 2048 as uint32, so that going back and forth reads nothing
_AHEAD = 4  # slices read before they are asked for: a quick turn of the wheel
_SAMPLE_SLICES = 5  # spread over the depth: enough for black and white, and read in a moment
_SAMPLES_PER_SLICE = 60_000  # pixels; percentiles of 300,000 in all are right to a tenth of a percent

Key: TypeAlias = tuple[int, int, Plane, int]
"""Generation of the volume, channel, plane, depth."""


@dataclass(frozen=True, slots=True)
class Slice:
    """What a view shows.

    Attributes:
        picture: (rows, columns) or (rows, columns, 3).
        labels: (rows, columns); changes in place with ``patch_labels``. None without labels.
    """

    picture: NDArray[Any]
    labels: NDArray[np.uint32] | None


class SliceSource(QObject):
    """Answers at once where it can; otherwise ``arrived`` tells when to ask again.

    Signals:
        arrived: A slice (``Plane``, depth) can be had now.
        sampled: Grey values from all over the volume, flat, for contrast.
        problem_found: ``UserError`` of the first slice of a volume that cannot be read.
    """

    arrived = Signal(object, int)
    sampled = Signal(object)
    problem_found = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = SliceLoader(parent=self)
        self._reader.ready.connect(self._on_ready)
        self._volume: Volume | None = None
        self._channel = 0
        self._generation = 0
        self._edits = 0
        self._damaged: set[Key] = set()
        self._store: LabelStore | None = None
        self._labels: LRUCache[tuple[Plane, int], NDArray[np.uint32]] = recently_used(
            _LABEL_BYTES, bytes_of, at_least=len(Plane)
        )

    def set_volume(self, volume: Volume | None) -> None:
        """Show another volume."""
        self._generation += 1
        self._volume, self._channel = volume, 0
        self._damaged.clear()
        self._reader.forget()
        self.set_store(None)

    def set_channel(self, channel: int) -> None:
        """Show another channel."""
        self._channel = channel

    def set_store(self, store: LabelStore | None) -> None:
        """Take labels from another store."""
        self._store = store
        self._edits += 1
        self._labels.clear()

    def stop(self) -> None:
        """End reading."""
        self._reader.stop()

    def slice(self, plane: Plane, depth: int) -> Slice | None:
        """Image and labels of a slice; None while they are being read; black if damaged."""
        if self._volume is None:
            return None
        found = self._at_once(plane, depth)
        if found is not None:
            return found
        result = self._reader.fetch(plane.value, self._request(plane, depth))
        if result is not None:
            self._take(result)
        return self._at_once(plane, depth)

    def prefetch(self, plane: Plane, depth: int, direction: int) -> None:
        """Read the slices that come next when scrolling on."""
        in_memory = self._store is None or isinstance(self._store, ArrayLabelStore)
        if self._volume is None or (in_memory and isinstance(self._volume.source, ArraySource)):
            return
        last = self._volume.shape[plane.depth_axis] - 1
        near = dict.fromkeys(depth + direction * ahead for ahead in range(1, _AHEAD + 1))
        self._reader.prefetch(
            [self._request(plane, d) for d in near if 0 <= d <= last and self._at_once(plane, d, quick=False) is None]
        )

    def patch_labels(self, region: Region, shown: dict[Plane, int]) -> dict[Plane, Box2]:
        """Take a change of labels over; returns the changed rectangle of each shown slice (plane and depth)."""
        self._edits += 1
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
                fresh = squeeze_slab(self._store.read(part), plane)
                self._labels[key][box.top : box.bottom, box.left : box.right] = fresh
                changed[plane] = box
        return changed

    def ask_for_sample(self) -> None:
        """Draw grey values from slices all over the volume; ``sampled`` follows, at once for arrays."""
        volume, channel = self._volume, self._channel
        if volume is None:
            return
        if isinstance(volume.source, ArraySource):
            self.sampled.emit(sample_grey(volume, channel))
        else:
            key = (self._generation, channel, "sample")
            self._reader.fetch("sample", ReadRequest(key, 0, lambda: Loaded(sample_grey(volume, channel))), wait=0.0)

    def _at_once(self, plane: Plane, depth: int, quick: bool = True) -> Slice | None:
        """The slice if it is in memory; ``quick`` reads arrays, too."""
        picture, labels = self._picture(plane, depth, quick), self._labels.get((plane, depth))
        if picture is None:
            return None
        if labels is None and self._store is not None:
            if not (quick and isinstance(self._store, ArrayLabelStore)):
                return None
            labels = _load_labels(self._store, plane, depth)
            self._keep_labels(plane, depth, labels)
        return Slice(picture, labels)

    def _picture(self, plane: Plane, depth: int, quick: bool) -> NDArray[Any] | None:
        volume, key = self._volume, (self._generation, self._channel, plane, depth)
        if volume is None:
            return None
        if key in self._damaged:
            return np.zeros(plane.shape_of(volume.shape), np.uint8)
        if isinstance(volume.source, ArraySource):
            return _load(volume, plane, depth, self._channel) if quick else np.zeros((0, 0), np.uint8)
        return self._reader.kept(key)

    def _request(self, plane: Plane, depth: int) -> ReadRequest:
        volume, channel, store = self._volume, self._channel, self._store
        key: Key = (self._generation, channel, plane, depth)
        picture = self._reader.kept(key)
        blank = key in self._damaged
        needs_labels = store is not None and (plane, depth) not in self._labels

        def load() -> Loaded:
            labels = _load_labels(store, plane, depth) if store is not None and needs_labels else None
            if volume is None or blank or isinstance(volume.source, ArraySource):
                return Loaded(None, labels)
            return Loaded(picture if picture is not None else _load(volume, plane, depth, channel), labels)

        return ReadRequest(key, self._edits, load)

    def _take(self, result: SliceResult) -> None:
        key = result.key
        if not isinstance(key, tuple) or key[:2] != (self._generation, self._channel):
            return
        if result.error is not None:
            self._note_damage(key, result.error)
        if result.loaded.labels is not None and result.version == self._edits:
            self._keep_labels(key[2], key[3], result.loaded.labels)

    def _on_ready(self, result: SliceResult) -> None:
        key = result.key
        if not isinstance(key, tuple) or key[:2] != (self._generation, self._channel):
            return
        if key[2] == "sample":
            if result.loaded.picture is not None:
                self.sampled.emit(result.loaded.picture)
            return
        self._take(result)
        self.arrived.emit(key[2], key[3])

    def _note_damage(self, key: Key, error: UserError) -> None:
        """The picture of a damaged slice is black; if its labels alone cannot be read either, they are empty."""
        plane, depth = key[2], key[3]
        if key in self._damaged and self._store is not None:
            self._keep_labels(plane, depth, np.zeros(plane.shape_of(self._store.shape), np.uint32))
        first = not self._damaged
        self._damaged.add(key)
        if first:
            self.problem_found.emit(error)

    def _keep_labels(self, plane: Plane, depth: int, labels: NDArray[np.uint32]) -> None:
        if self._labels.get((plane, depth)) is None:
            self._labels[plane, depth] = labels


def _load(volume: Volume, plane: Plane, depth: int, channel: int) -> NDArray[Any]:
    if isinstance(volume.source, ArraySource) and not volume.rgb:
        return squeeze_slab(volume.source.array[channel][plane.slab(volume.shape, depth).slices], plane)
    if volume.rgb:
        return np.stack([volume.plane(plane, depth, c) for c in range(3)], axis=-1)
    return volume.plane(plane, depth, channel)


def _load_labels(store: LabelStore, plane: Plane, depth: int) -> NDArray[np.uint32]:
    return squeeze_slab(store.read(plane.slab(store.shape, depth)), plane)


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
