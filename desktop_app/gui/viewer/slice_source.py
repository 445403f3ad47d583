"""The pictures of image and labels that the views show, from memory or from the reader."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import ArraySource, Plane, Region, Volume
from desktop_app.core.labelling.layers import LabelReader
from desktop_app.core.recently_used import bytes_of, recently_used
from desktop_app.gui.viewer.detail import (
    WHOLE,
    Detail,
    Frame,
    Sight,
    overview_detail,
)
from desktop_app.gui.viewer.geometry import Box2, picture_box
from desktop_app.gui.viewer.slice_loader import Loaded, ReadRequest, SliceLoader, SliceResult, tried
from desktop_app.gui.viewer.slice_reading import (
    SliceParts,
    is_in_memory,
    load_labels,
    load_part,
    load_whole,
    patched,
    sample_grey,
)

_LABEL_BYTES = 112 * 2**20  # seven slices of 2048 × 2048 as uint32, so that going back and forth reads nothing
_SLOW_SECONDS = 0.5  # for one slice: whoever turns the wheel does not see where they are
_AHEAD = 4  # slices read before they are asked for: a quick turn of the wheel

PictureKey: TypeAlias = tuple[int, int, Plane, int, Detail]
"""Generation of the volume, channel, plane, depth in the resolution of the detail, detail."""
LabelKey: TypeAlias = tuple[str, Plane, int, Detail]
"""Layer, plane, depth, detail."""


@dataclass(frozen=True, slots=True)
class Slice:
    """What a view shows.

    Attributes:
        pictures: By channel, (rows, columns); a colour picture is channel 0, (rows, columns, 3).
        labels: By layer, (rows, columns); they change in place with ``patch_labels``.
        frame: Where the pixels of the pictures lie.
        label_frames: Where those of labels lie, by layer.
        exact: Whether the pictures are pixels of this very slice, and no means or neighbours.
        sharp: Whether they are what is shown at rest, as far as that is seen now.
        shape: Rows and columns of the whole picture.
    """

    pictures: dict[int, NDArray[Any]]
    labels: dict[str, NDArray[np.uint32]]
    frame: Frame = WHOLE
    label_frames: dict[str, Frame] = field(default_factory=dict)
    exact: bool = True
    sharp: bool = True
    shape: tuple[int, int] | None = None

    def covers(self, box: Box2) -> bool:
        """Whether all of a rectangle of the picture was read."""
        frame, picture = self.frame, next(iter(self.pictures.values()))
        bottom, right = frame.top + frame.down * picture.shape[0], frame.left + frame.across * picture.shape[1]
        return Box2(frame.top, frame.left, bottom, right).covers(box)


class SliceSource(QObject):
    """Answers at once where it can; otherwise ``arrived`` tells when to ask again.

    Signals:
        arrived: A slice (``Plane``, depth) can be had now.
        sampled: A channel, and grey values of it from all over the volume, flat, for contrast.
        problem_found: ``UserError`` of the first slice of a volume or of a layer that cannot be read.
        slow_found: Seconds that a slice of the image took, once per volume, where that is long.
    """

    arrived = Signal(object, int)
    sampled = Signal(int, object)
    problem_found = Signal(object)
    slow_found = Signal(float)

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
        self._slow_told = False
        self._asked: set[int] = set()
        self._layers: dict[str, LabelReader] = {}
        self._seen: SliceParts | None = None
        self._labels: LRUCache[LabelKey, NDArray[np.uint32]] = _label_cache(1)

    def set_budget(self, budget_bytes: int) -> None:
        """Keep so many bytes of image slices."""
        self._reader.set_budget(budget_bytes)

    def set_volume(self, volume: Volume | None) -> None:
        """Show another volume, its first channel and no labels."""
        self._generation += 1
        self._volume, self._channels, self._slow_told = volume, (0,), False
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
        self._layers, self._seen = dict(layers), None
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

    def slice(self, plane: Plane, depth: int, sight: Sight | None = None, *, sharp: bool = False) -> Slice | None:
        """Image and labels of a slice; None while they are being read; black if damaged.

        Args:
            plane: Of the slice.
            depth: Its number.
            sight: What is seen of it; None: all, in full resolution.
            sharp: As it is shown at rest, where that is more than what is there quickest.
        """
        if self._volume is None:
            return None
        details = self._seen_so(self._volume, plane, sight).details
        found = self._at_once(plane, depth, details[-1], sight)
        if found is not None:
            return found
        detail = details[-1 if sharp else 0]
        found = self._at_once(plane, depth, detail, sight)
        if found is not None:
            return found
        result = self._reader.fetch(plane.value, self._request(self._volume, plane, depth, detail, sight))
        if result is not None:
            self._take(result)
        return self._at_once(plane, depth, detail, sight)

    def overview(self, plane: Plane, depth: int, sight: Sight) -> Slice | None:
        """A slice in the smallest resolution, if it is in memory."""
        detail = None if self._volume is None else overview_detail(self._volume, plane)
        return None if detail is None else self._at_once(plane, depth, detail, sight)

    def wanted(self, plane: Plane, sight: Sight) -> Hashable:
        """What is read of a slice that is seen so; the same for two views where nothing else needs to be read."""
        if self._volume is None:
            return None
        seen = self._seen_so(self._volume, plane, sight)
        return seen.details, tuple((layer, detail) for layer, (_, detail, _) in seen.labels.items())

    def prefetch(self, plane: Plane, depth: int, direction: int, sight: Sight | None = None) -> None:
        """Read the slices that come next when scrolling on, and an overview of a slice of which a part is shown."""
        volume = self._volume
        in_memory = all(is_in_memory(store) for store in self._layers.values())
        if volume is None or (in_memory and isinstance(volume.source, ArraySource)):
            return
        last = volume.shape[plane.depth_axis] - 1
        detail = self._seen_so(volume, plane, sight).details[0]
        wanted = [(depth + direction * ahead, detail) for ahead in range(1, _AHEAD + 1)] if direction else []
        overview = overview_detail(volume, plane)
        if overview is not None and detail.box != overview.box:
            wanted.insert(0, (depth, overview))
        self._reader.prefetch(
            [
                self._request(volume, plane, d, fine, sight)
                for d, fine in wanted
                if 0 <= d <= last and not self._is_kept(volume, plane, d, fine, sight)
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
            layer, plane, depth, detail = key
            if not region.start[plane.depth_axis] <= depth < region.stop[plane.depth_axis]:
                continue
            store = self._layers.get(layer)
            if shown.get(plane) != depth or store is None:
                del self._labels[key]
                continue
            box = picture_box(plane, region.intersect(plane.slab(store.shape, depth))).intersect(detail.box)
            if not box.empty:
                box = patched(self._labels[key], store, plane, depth, detail, box)
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

    def _at_once(self, plane: Plane, depth: int, detail: Detail, sight: Sight | None) -> Slice | None:
        """The slice if it is in memory, or in arrays."""
        volume = self._volume
        if volume is None:
            return None
        pictures: dict[int, NDArray[Any]] = {}
        for channel in self._channels:
            picture = self._picture(volume, channel, plane, depth, detail)
            if picture is None:
                return None
            pictures[channel] = picture
        seen = self._seen_so(volume, plane, sight)
        labels: dict[str, NDArray[np.uint32]] = {}
        for layer, (store, part, _) in seen.labels.items():
            found = self._labels.get((layer, plane, depth, part))
            if found is None:
                if not is_in_memory(store):
                    return None
                found = load_labels(store, plane, depth, part)
                self._keep_labels((layer, plane, depth, part), found)
            labels[layer] = found
        frame, frames = detail.frame(plane), {layer: frame for layer, (_, _, frame) in seen.labels.items()}
        exact = frame.exact and detail.factors[plane.depth_axis] == 1
        sharp = detail == seen.details[-1]
        return Slice(pictures, labels, frame, frames, exact, sharp, plane.shape_of(volume.shape))

    def _is_kept(self, volume: Volume, plane: Plane, depth: int, detail: Detail, sight: Sight | None) -> bool:
        """Whether nothing of a slice is to be read, nor taken from labels in arrays; what is kept stays longer then."""
        labels = self._seen_so(volume, plane, sight).labels.items()
        if any(self._labels.get((layer, plane, depth, part)) is None for layer, (_, part, _) in labels):
            return False
        if isinstance(volume.source, ArraySource):
            return True
        keys = (self._key(channel, plane, depth, detail) for channel in self._channels)
        return all(key in self._damaged or self._reader.kept(key) is not None for key in keys)

    def _seen_so(self, volume: Volume, plane: Plane, sight: Sight | None) -> SliceParts:
        """Found once for all slices that are looked at or read ahead in the same way."""
        if self._seen is None or not self._seen.hold_for(volume, plane, sight):
            self._seen = SliceParts.of(volume, plane, sight, self._layers)
        return self._seen

    def _picture(self, volume: Volume, channel: int, plane: Plane, depth: int, detail: Detail) -> NDArray[Any] | None:
        key = self._key(channel, plane, depth, detail)
        if key in self._damaged:
            shape = volume.at_resolution(detail.resolution).shape[1:]
            return np.zeros(detail.samples(plane, shape), np.uint8)
        if isinstance(volume.source, ArraySource):
            return load_whole(volume, plane, depth, channel)
        return self._reader.kept(key)

    def _key(self, channel: int, plane: Plane, depth: int, detail: Detail) -> PictureKey:
        return self._generation, channel, plane, detail.depth(plane, depth), detail

    def _request(self, volume: Volume, plane: Plane, depth: int, detail: Detail, sight: Sight | None) -> ReadRequest:
        """What of a slice is missing."""
        keys = [self._key(channel, plane, depth, detail) for channel in self._channels]
        missing = [key for key in keys if key not in self._damaged and self._reader.kept(key) is None]
        if isinstance(volume.source, ArraySource):
            missing.clear()
        seen = self._seen_so(volume, plane, sight).labels.items()
        wanted = {(layer, plane, depth, part): store for layer, (store, part, _) in seen}
        layers = {key: store for key, store in wanted.items() if key not in self._labels}

        def load() -> Loaded:
            loaded, seconds = Loaded(), 0.0
            for key in missing:
                if self._reader.kept(key) is not None:
                    continue  # a request before this one has read it meanwhile
                read = partial(load_part, volume, plane, depth, key[1], detail)
                begin = time.perf_counter()
                _put(loaded.pictures, loaded.errors, key, tried(read))
                seconds = max(seconds, time.perf_counter() - begin)
            for place, store in layers.items():
                _put(loaded.labels, loaded.errors, place, tried(partial(load_labels, store, *place[1:])))
            return replace(loaded, seconds=seconds)

        return ReadRequest((self._generation, plane, depth), self._edits, load)

    def _take(self, result: SliceResult) -> None:
        key = result.key
        if not isinstance(key, tuple) or key[0] != self._generation:
            return
        if result.version == self._edits:
            for place, labels in result.loaded.labels.items():
                self._keep_labels(place, labels)
        for part, error in result.loaded.errors.items():
            self._note_damage(part, error)

    def _on_ready(self, result: SliceResult) -> None:
        key = result.key
        if not isinstance(key, tuple) or key[0] != self._generation:
            return
        if key[1] == "sample":
            if key in result.loaded.pictures:
                self.sampled.emit(key[2], result.loaded.pictures[key])
            return
        self._take(result)
        if result.loaded.seconds > _SLOW_SECONDS and not self._slow_told:
            self._slow_told = True
            self.slow_found.emit(result.loaded.seconds)
        self.arrived.emit(key[1], key[2])

    def _note_damage(self, part: Any, error: UserError) -> None:
        """A picture that is damaged is black, labels that are damaged are empty; each is told once."""
        if isinstance(part[0], str):
            layer, plane, _, detail = part
            store = self._layers.get(layer)
            if store is not None:
                self._keep_labels(part, np.zeros(detail.samples(plane, store.shape), np.uint32))
            first = layer not in self._told
            self._told.add(layer)
        else:
            first = not self._damaged
            self._damaged.add(part)
        if first:
            self.problem_found.emit(error)

    def _keep_labels(self, place: LabelKey, labels: NDArray[np.uint32]) -> None:
        if place[0] in self._layers and self._labels.get(place) is None:
            self._labels[place] = labels


def _label_cache(layers: int) -> LRUCache[LabelKey, NDArray[np.uint32]]:
    """Room for what the views show of so many layers, whatever its size."""
    return recently_used(_LABEL_BYTES, bytes_of, at_least=len(Plane) * max(1, layers))


def _put(found: dict[Any, Any], errors: dict[Any, UserError], key: Any, read: Any) -> None:
    if isinstance(read, UserError):
        errors[key] = read
    else:
        found[key] = read


def _sample(key: tuple[int, str, int], volume: Volume, channel: int) -> Loaded:
    return Loaded(pictures={key: sample_grey(volume, channel)})
