"""A slice of the training images to look at, and what settings mean in it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ExampleSlice:
    """A part of a slice with its labels.

    Attributes:
        name: Of the image.
        picture: ``(Y, X) uint8`` grey values.
        labels: ``(Y, X) uint32``.
    """

    name: str
    picture: NDArray[np.uint8] = field(compare=False)
    labels: NDArray[np.uint32] = field(compare=False)


def example_of(name: str, picture: NDArray[np.uint8], labels: NDArray[np.unsignedinteger], most: int) -> ExampleSlice:
    """The part of a slice around its labels.

    Args:
        name: Of the image.
        picture: ``(Y, X) uint8``.
        labels: ``(Y, X)``.
        most: Longest edge, px.
    """
    y, x = np.nonzero(labels)
    middle = (np.median(y), np.median(x)) if y.size else (picture.shape[0] / 2, picture.shape[1] / 2)
    part = tuple(
        slice(start, start + most)
        for start in (
            max(0, min(int(at) - most // 2, size - most)) for at, size in zip(middle, picture.shape, strict=True)
        )
    )
    return ExampleSlice(name, picture[part].copy(), labels[part].astype(np.uint32))


def patch_frame(example: ExampleSlice, height: int, width: int) -> tuple[int, int, int, int]:
    """Where a patch of that size may lie in the example: top, left, bottom, right, around its middlemost object."""
    rows, columns = example.picture.shape
    numbers = example.labels
    middle = np.array([rows / 2, columns / 2])
    places = np.argwhere(numbers > 0)
    if places.size:
        nearest = numbers[tuple(places[((places - middle) ** 2).sum(axis=1).argmin()])]
        middle = np.argwhere(numbers == nearest).mean(axis=0)
    top, left = (
        int(np.clip(at - edge / 2, 0, max(0, size - edge)))
        for at, edge, size in zip(middle, (height, width), (rows, columns), strict=True)
    )
    return top, left, top + height, left + width
