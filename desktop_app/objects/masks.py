"""Masks, in which all objects have one value: each island of touching voxels is an object of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Region
from desktop_app.core.imaging.region import BoxReader
from desktop_app.objects.components import connected_objects
from desktop_app.objects.stitching import BlockStitcher


def as_objects(labels: NDArray[Any], ignored: Iterable[int | None] = ()) -> tuple[NDArray[np.uint32], bool]:
    """Object numbers of a label image, and whether it was a mask whose islands were numbered.

    Training, scores and measurements share this: an image whose labels all have one value, such as 0 and 255, tells its
    objects apart by the space between them. A single island keeps its number.

    Args:
        labels: ``(Z, Y, X)`` integer, 0 where there is nothing.
        ignored: Values that mean background or unknown.

    Returns:
        ``(Z, Y, X) uint32``, 0 where there is no object.
    """
    ids = labels.astype(np.uint32)
    for value in ignored:
        if value:
            ids[labels == value] = 0
    highest = ids.max(initial=0)
    if highest == 0 or bool((ids[ids > 0] != highest).any()):
        return ids, False
    found = connected_objects(ids > 0)
    return (found, True) if found.max() > 1 else (ids, False)


def islands_of_mask(
    read: BoxReader, slabs: Sequence[Region], check: Callable[[], None]
) -> Iterator[NDArray[np.uint32]] | None:
    """The islands of a mask, slab by slab, with one number each whatever slabs they cross; as ``as_objects``.

    A mask is read three times, and only one slab is in memory at a time.

    Args:
        read: Gives the labels.
        slabs: Boxes of whole slices, from the first slice to the last.
        check: Called for each slab; may raise to stop.

    Returns:
        ``(Z, Y, X) uint32`` of each slab; None where labels have several values, or there is a single island.
    """
    if not _has_one_value(read, slabs, check):
        return None
    stitcher = BlockStitcher()
    for _ in _numbered(read, slabs, stitcher, check):
        pass
    table = stitcher.table()
    if table.max() <= 1:
        return None
    return (table[numbers] for numbers in _numbered(read, slabs, BlockStitcher(), check))


def objects_of(
    read: BoxReader, slabs: Sequence[Region], check: Callable[[], None], *, mask: bool | None = None
) -> tuple[Iterator[NDArray[Any]], bool]:
    """Object numbers slab by slab, and whether they are those of the islands of a mask.

    Args:
        read: Gives the labels.
        slabs: Boxes of whole slices, from the first slice to the last.
        check: Called for each slab; may raise to stop.
        mask: Whether it is a mask, where that is known of the whole of which the slabs are a part; None: find it out.
    """
    islands = None if mask is False else islands_of_mask(read, slabs, check)
    return ((read(slab) for slab in slabs), False) if islands is None else (islands, True)


def mask_sentence(name: str) -> str:
    """What to tell of a mask."""
    return f"All labels of {name} have one value; each island is one object."


def _has_one_value(read: BoxReader, slabs: Sequence[Region], check: Callable[[], None]) -> bool:
    """Whether all labels of a volume have one value; stops reading at the second one."""
    value = 0
    for slab in slabs:
        check()
        labels = read(slab)
        found = labels[labels != 0]
        if found.size:
            value = value or int(found[0])
            if bool((found != value).any()):
                return False
    return value != 0


def _numbered(
    read: BoxReader, slabs: Sequence[Region], stitcher: BlockStitcher, check: Callable[[], None]
) -> Iterator[NDArray[np.uint32]]:
    """Slabs in numbers of the stitcher, each joined to the one before through its last slice."""
    before = np.zeros((0, 0, 0), np.uint32)
    for slab in slabs:
        check()
        mask = read(slab) != 0
        seen, known = mask, None
        if before.size:
            seen = np.concatenate([before > 0, mask])
            known = np.zeros(seen.shape, np.uint32)
            known[0] = before[0]
        numbers = stitcher.add(connected_objects(seen), known)[len(before) :]
        before = numbers[-1:]
        yield numbers
