"""The pictures of image and labels that the views show, from memory or from the reader."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import ArraySource, Plane, Region, Volume
from desktop_app.core.imaging.volume import squeeze_slab
from desktop_app.core.labelling import ArrayLabelStore
from desktop_app.core.labelling.layers import AgreementLabels, BoxLabels, LabelReader
from desktop_app.core.recently_used import bytes_of, recently_used
from desktop_app.gui.viewer.geometry import Box2, picture_box
from desktop_app.gui.viewer.slice_loader import Loaded, ReadRequest, SliceLoader, SliceResult, tried

_LABEL_BYTES = 112 * 2**20  # seven slices of 2048 × 2048 as uint32, so that going back and forth reads nothing
_AHEAD = 4  # slices read before they are asked for: a quick turn of the wheel
_SAMPLE_SLICES = 5  # spread over the depth: enough for black and white, and read in a moment
_SAMPLES_PER_SLICE = 60_000  # pixels; percentiles of 300,000 in all are right to a tenth of a percent

Key: TypeAlias = tuple[int, Plane, int]
"""Generation of the volume, plane, depth."""
PictureKey: TypeAlias = tuple[int, int, Plane, int]
"""Generation of the volume, channel, plane, depth."""


@dataclass(frozen=True, slots=True)
class Slice:
    """What a view shows.

    Attributes:
        pictures: By channel, (rows, columns); a colour picture is channel 0, (rows, columns, 3).
        labels: By layer, (rows, columns); they change in place with ``patch_labels``.
    """

    pictures: dict[int, NDArray[Any]]
    labels: dict[str, NDArray[np.uint32]]


class SliceSource(QObject):
    """Answers at once where it can; otherwise ``arrived`` tells when to ask again.

    Signals:
        arrived: A slice (``Plane``, depth) can be had now.
        sampled: A channel, and grey values of it from all over the volume, flat, for contrast.
        problem_found: ``UserError`` of the first slice of a volume or of a layer that cannot be read.
    """

    arrived = Signal(object, int)
    sampled = Signal(int, object)
    problem_found = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = SliceLoader(parent=self)
        self._reader.ready.connect(self._on_ready)
        self._volume: Volume | None = None
        self._channels: tuple[int, ...] = (0,)
        self._generation = 0
        self._edits = 0
        self._damaged: set[PictureKey] = set()
        self._told: set[str] = set()
        self._asked: set[int] = set()
        self._layers: dict[str, LabelReader] = {}
        self._labels = _label_cache(1)

    def set_volume(self, volume: Volume | None) -> None:
        """Show another volume, its first channel and no labels."""
        self._generation += 1
        self._volume, self._channels = volume, (0,)
        self._damaged.clear()
        self._asked.clear()
        self._reader.forget()
        self.set_layers({})

    def set_time(self, volume: Volume) -> None:
        """Show another time point of the volume; channels and layers stay."""
        self._generation += 1
        self._volume = volume
        self._damaged.clear()
        self._reader.forget()

    def set_channels(self, channels: tuple[int, ...]) -> None:
        """Show other channels."""
        self._channels = channels

    def set_layers(self, layers: Mapping[str, LabelReader]) -> None:
        """Take labels from these, by key; what was read of others is forgotten."""
        gone = {key for key, store in self._layers.items() if layers.get(key) is not store}
        self._layers = dict(layers)
        self._told -= gone
        if gone:
            self._edits += 1
        kept, self._labels = self._labels, _label_cache(len(layers))
        for key, labels in kept.items():
            if key[0] in layers and key[0] not in gone:
                self._labels[key] = labels

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
        result = self._reader.fetch(plane.value, self._request(self._volume, plane, depth))
        if result is not None:
            self._take(result)
        return self._at_once(plane, depth)

    def prefetch(self, plane: Plane, depth: int, direction: int) -> None:
        """Read the slices that come next when scrolling on."""
        in_memory = all(is_in_memory(store) for store in self._layers.values())
        if self._volume is None or (in_memory and isinstance(self._volume.source, ArraySource)):
            return
        last = self._volume.shape[plane.depth_axis] - 1
        near = dict.fromkeys(depth + direction * ahead for ahead in range(1, _AHEAD + 1))
        self._reader.prefetch(
            [
                self._request(self._volume, plane, d)
                for d in near
                if 0 <= d <= last and self._at_once(plane, d, quick=False) is None
            ]
        )

    def patch_labels(
        self, region: Region, shown: dict[Plane, int], layers: Iterable[str]
    ) -> dict[tuple[str, Plane], Box2]:
        """Take a change of some layers over; returns the changed rectangle of each shown slice, by layer and plane."""
        self._edits += 1
        changed: dict[tuple[str, Plane], Box2] = {}
        touched = set(layers)
        for key in [key for key in self._labels if key[0] in touched]:
            layer, plane, depth = key
            if not region.start[plane.depth_axis] <= depth < region.stop[plane.depth_axis]:
                continue
            store = self._layers.get(layer)
            if shown.get(plane) != depth or store is None:
                del self._labels[key]
                continue
            part = region.intersect(plane.slab(store.shape, depth))
            box = picture_box(plane, part)
            if not box.empty:
                fresh = squeeze_slab(store.read(part), plane)
                self._labels[key][box.top : box.bottom, box.left : box.right] = fresh
                changed[layer, plane] = box
        return changed

    def ask_for_samples(self, channels: Iterable[int]) -> None:
        """Draw grey values from slices all over the volume, once; ``sampled`` follows, at once for arrays."""
        volume = self._volume
        if volume is None:
            return
        for channel in [channel for channel in channels if channel not in self._asked]:
            self._asked.add(channel)
            if isinstance(volume.source, ArraySource):
                self.sampled.emit(channel, sample_grey(volume, channel))
            else:
                key = (self._generation, "sample", channel)
                load = partial(_sample, key, volume, channel)
                self._reader.fetch(f"sample {channel}", ReadRequest(key, 0, load), wait=0.0)

    def _at_once(self, plane: Plane, depth: int, quick: bool = True) -> Slice | None:
        """The slice if it is in memory; ``quick`` reads arrays, too."""
        pictures = {channel: self._picture(channel, plane, depth, quick) for channel in self._channels}
        there = {channel: picture for channel, picture in pictures.items() if picture is not None}
        if len(there) < len(pictures):
            return None
        labels: dict[str, NDArray[np.uint32]] = {}
        for layer, store in self._layers.items():
            found = self._labels.get((layer, plane, depth))
            if found is None:
                if not (quick and is_in_memory(store)):
                    return None
                found = _load_labels(store, plane, depth)
                self._keep_labels(layer, plane, depth, found)
            labels[layer] = found
        return Slice(there, labels)

    def _picture(self, channel: int, plane: Plane, depth: int, quick: bool) -> NDArray[Any] | None:
        volume, key = self._volume, (self._generation, channel, plane, depth)
        if volume is None:
            return None
        if key in self._damaged:
            return np.zeros(plane.shape_of(volume.shape), np.uint8)
        if isinstance(volume.source, ArraySource):
            return _load(volume, plane, depth, channel) if quick else np.zeros((0, 0), np.uint8)
        return self._reader.kept(key)

    def _request(self, volume: Volume, plane: Plane, depth: int) -> ReadRequest:
        """What of a slice is missing."""
        keys = [(self._generation, channel, plane, depth) for channel in self._channels]
        missing = [key for key in keys if key not in self._damaged and self._reader.kept(key) is None]
        if isinstance(volume.source, ArraySource):
            missing.clear()
        layers = {key: store for key, store in self._layers.items() if (key, plane, depth) not in self._labels}

        def load() -> Loaded:
            loaded = Loaded()
            for key in missing:
                _put(loaded.pictures, loaded.errors, key, tried(partial(_load, volume, plane, depth, key[1])))
            for layer, store in layers.items():
                _put(loaded.labels, loaded.errors, layer, tried(partial(_load_labels, store, plane, depth)))
            return loaded

        return ReadRequest((self._generation, plane, depth), self._edits, load)

    def _take(self, result: SliceResult) -> None:
        key = result.key
        if not isinstance(key, tuple) or key[0] != self._generation:
            return
        _, plane, depth = key
        if result.version == self._edits:
            for layer, labels in result.loaded.labels.items():
                self._keep_labels(layer, plane, depth, labels)
        for part, error in result.loaded.errors.items():
            self._note_damage(part, plane, depth, error)

    def _on_ready(self, result: SliceResult) -> None:
        key = result.key
        if not isinstance(key, tuple) or key[0] != self._generation:
            return
        if key[1] == "sample":
            if key in result.loaded.pictures:
                self.sampled.emit(key[2], result.loaded.pictures[key])
            return
        self._take(result)
        self.arrived.emit(key[1], key[2])

    def _note_damage(self, part: Any, plane: Plane, depth: int, error: UserError) -> None:
        """A picture that is damaged is black, labels that are damaged are empty; each is told once."""
        if isinstance(part, str):
            store = self._layers.get(part)
            if store is not None:
                self._keep_labels(part, plane, depth, np.zeros(plane.shape_of(store.shape), np.uint32))
            first = part not in self._told
            self._told.add(part)
        else:
            first = not self._damaged
            self._damaged.add(part)
        if first:
            self.problem_found.emit(error)

    def _keep_labels(self, layer: str, plane: Plane, depth: int, labels: NDArray[np.uint32]) -> None:
        if layer in self._layers and self._labels.get((layer, plane, depth)) is None:
            self._labels[layer, plane, depth] = labels


def _label_cache(layers: int) -> LRUCache[tuple[str, Plane, int], NDArray[np.uint32]]:
    """Room for what the views show of so many layers, whatever its size."""
    return recently_used(_LABEL_BYTES, bytes_of, at_least=len(Plane) * max(1, layers))


def is_in_memory(store: LabelReader) -> bool:
    """Whether labels are read in a moment."""
    if isinstance(store, AgreementLabels):
        return is_in_memory(store.first.store) and is_in_memory(store.second.store)
    return isinstance(store, ArrayLabelStore | BoxLabels)


def _put(found: dict[Any, Any], errors: dict[Any, UserError], key: Any, read: Any) -> None:
    if isinstance(read, UserError):
        errors[key] = read
    else:
        found[key] = read


def _load(volume: Volume, plane: Plane, depth: int, channel: int) -> NDArray[Any]:
    if isinstance(volume.source, ArraySource) and not volume.rgb:
        return squeeze_slab(volume.source.array[channel][plane.slab(volume.shape, depth).slices], plane)
    if volume.rgb:
        return np.stack([volume.plane(plane, depth, c) for c in range(3)], axis=-1)
    return volume.plane(plane, depth, channel)


def _load_labels(store: LabelReader, plane: Plane, depth: int) -> NDArray[np.uint32]:
    if isinstance(store, ArrayLabelStore):
        # A view where that is possible: copying a slice of 4096 × 4096 takes a whole frame.
        return squeeze_slab(store.array[plane.slab(store.shape, depth).slices], plane)
    return squeeze_slab(store.read(plane.slab(store.shape, depth)), plane)


def _sample(key: tuple[int, str, int], volume: Volume, channel: int) -> Loaded:
    return Loaded(pictures={key: sample_grey(volume, channel)})


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
