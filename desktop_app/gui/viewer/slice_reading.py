"""Reading the pixels of a slice: of the image in a resolution, of labels as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import ArraySource, Plane, Region, Volume
from desktop_app.core.imaging.volume import squeeze_slab
from desktop_app.core.labelling import ArrayLabelStore
from desktop_app.core.labelling.layers import AgreementLabels, BoxLabels, LabelReader
from desktop_app.gui.viewer.detail import Detail, Frame, Sight, image_details, label_detail, whole_slice
from desktop_app.gui.viewer.geometry import Box2

_SAMPLE_SLICES = 5  # spread over the depth: enough for black and white, and read in a moment
_SAMPLES_PER_SLICE = 60_000  # pixels; percentiles of 300,000 in all are right to a tenth of a percent
_SAMPLED_BYTES = 32 * 2**20  # of a slice that is read for samples: 4096 × 4096 pixels of 16 bits
_SAMPLED_EDGE = 4096  # pixels of the middle of larger slices


def is_in_memory(store: LabelReader) -> bool:
    """Whether labels are read in a moment."""
    if isinstance(store, AgreementLabels):
        return is_in_memory(store.first.store) and is_in_memory(store.second.store)
    return isinstance(store, ArrayLabelStore | BoxLabels)


def load_whole(volume: Volume, plane: Plane, depth: int, channel: int) -> NDArray[Any]:
    """The picture of a slice of an array: a view where that is possible."""
    if isinstance(volume.source, ArraySource) and not volume.rgb:
        return squeeze_slab(volume.source.array[channel][plane.slab(volume.shape, depth).slices], plane)
    if volume.rgb:
        return np.stack([volume.plane(plane, depth, c) for c in range(3)], axis=-1)
    return volume.plane(plane, depth, channel)


def details_of(volume: Volume, plane: Plane, sight: Sight | None) -> tuple[Detail, ...]:
    """As ``image_details``; of arrays a view of all is taken, which costs nothing."""
    if isinstance(volume.source, ArraySource):
        return (whole_slice(plane, volume.shape),)
    return image_details(volume, plane, sight)


def load_part(volume: Volume, plane: Plane, depth: int, channel: int, detail: Detail) -> NDArray[Any]:
    """What is read of a slice of an image in a file; colours are (rows, columns, 3)."""
    source = volume.at_resolution(detail.resolution)
    channels = range(3) if volume.rgb else (channel,)
    parts = [detail.read(partial(source.read, c), source.shape[1:], plane, depth) for c in channels]
    return np.stack(parts, axis=-1) if volume.rgb else parts[0]


def label_detail_of(store: LabelReader, plane: Plane, sight: Sight | None) -> Detail:
    """What is read of a slice of labels; of arrays a view of all."""
    if isinstance(store, ArrayLabelStore):
        return whole_slice(plane, store.shape)
    return label_detail(store.shape, plane, sight)


@dataclass(frozen=True, slots=True)
class SliceParts:
    """What is read of every slice of a plane that is seen in one way.

    Attributes:
        volume: Of the image.
        plane: Of the slices.
        sight: What is seen of them.
        details: Of the image, as ``details_of`` gives them.
        labels: By layer, where they come from, what is read of them, and where that lies.
    """

    volume: Volume
    plane: Plane
    sight: Sight | None
    details: tuple[Detail, ...]
    labels: dict[str, tuple[LabelReader, Detail, Frame]]

    @classmethod
    def of(cls, volume: Volume, plane: Plane, sight: Sight | None, layers: Mapping[str, LabelReader]) -> SliceParts:
        """The parts of a volume and its layers, by key."""
        parts = {layer: (store, label_detail_of(store, plane, sight)) for layer, store in layers.items()}
        labels = {layer: (store, part, part.frame(plane)) for layer, (store, part) in parts.items()}
        return cls(volume, plane, sight, details_of(volume, plane, sight), labels)

    def hold_for(self, volume: Volume, plane: Plane, sight: Sight | None) -> bool:
        """Whether slices are looked at as before."""
        return self.volume is volume and self.plane is plane and self.sight == sight


def load_labels(store: LabelReader, plane: Plane, depth: int, detail: Detail) -> NDArray[np.uint32]:
    """What is read of a slice of labels, (rows, columns)."""
    if isinstance(store, ArrayLabelStore):
        # A view where that is possible: copying a slice of 4096 × 4096 takes a whole frame.
        return squeeze_slab(store.array[plane.slab(store.shape, depth).slices], plane)
    return detail.read(store.read, store.shape, plane, depth)


def patched(
    labels: NDArray[np.uint32], store: LabelReader, plane: Plane, depth: int, detail: Detail, box: Box2
) -> Box2:
    """Read the labels in a rectangle of a picture anew; returns the rectangle on whole pixels that were read.

    Each move of the brush comes by here, so that pixels as they are, which is usual, go the short way.

    Args:
        labels: What was read of the slice, (rows, columns); changed in place.
        store: Where they come from.
        plane: Of the slice.
        depth: Its number.
        detail: What was read of it.
        box: Rectangle of the picture, inside that of ``detail``.
    """
    if detail.step == (1, 1):
        part = Region(plane.to_voxel(box.top, box.left, depth), plane.to_voxel(box.bottom, box.right, depth + 1))
        top, left = box.top - detail.box.top, box.left - detail.box.left
        rows, columns = slice(top, top + box.bottom - box.top), slice(left, left + box.right - box.left)
        labels[rows, columns] = squeeze_slab(store.read(part), plane)
        return box
    frame = detail.frame(plane)
    inner = frame.inside(box, (labels.shape[0], labels.shape[1]))
    outer = Box2(
        frame.top + inner.top * frame.down, frame.left + inner.left * frame.across,
        frame.top + inner.bottom * frame.down, frame.left + inner.right * frame.across,
    ).intersect(detail.box)  # fmt: skip
    fresh = Detail(outer, step=detail.step).read(store.read, store.shape, plane, depth)
    labels[inner.top : inner.bottom, inner.left : inner.right] = fresh
    return outer


def sample_grey(volume: Volume, channel: int) -> NDArray[Any]:
    """Some grey values (flat) of slices spread over the volume; damaged slices are passed over.

    They come from the largest resolution whose slices are read in a moment; of larger slices from their middle.
    """
    itemsize = volume.dtype.itemsize
    shapes = [volume.shape, *(one.shape for one in volume.smaller)]
    quick = (n for n, (_, rows, columns) in enumerate(shapes) if rows * columns * itemsize <= _SAMPLED_BYTES)
    number = next(quick, len(shapes) - 1)
    slices, rows, columns = shapes[number]
    high = max(1, min(rows, _SAMPLED_BYTES // (itemsize * min(columns, _SAMPLED_EDGE))))
    wide = columns if rows * columns * itemsize <= _SAMPLED_BYTES else min(columns, _SAMPLED_EDGE)
    top, left = (rows - high) // 2, (columns - wide) // 2
    parts = []
    for z in sorted({round(i) for i in np.linspace(0, slices - 1, min(slices, _SAMPLE_SLICES))}):
        middle = Region((z, top, left), (z + 1, top + high, left + wide))
        try:
            flat = _grey_values(volume, number, channel, middle)
        except UserError:
            continue
        parts.append(flat[:: max(1, flat.size // _SAMPLES_PER_SLICE)].copy())
    return np.concatenate(parts) if parts else np.zeros(1, volume.dtype)


def _grey_values(volume: Volume, number: int, channel: int, region: Region) -> NDArray[Any]:
    source = volume.at_resolution(number)
    channels = range(3) if volume.rgb else (channel,)
    return np.stack([source.read(c, region) for c in channels], axis=-1).reshape(-1)
