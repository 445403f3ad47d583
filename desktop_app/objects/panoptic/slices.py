"""From class numbers, centres and offsets to the objects of one slice, in time linear in its pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cc3d
import numpy as np
from numpy.typing import NDArray

from desktop_app.core.networks.panoptic import CELL
from desktop_app.objects.filters import fill_holes
from desktop_app.objects.panoptic.grouping import find_centres, fine_maps, group_pixels

_PIXELS = 2**22  # at once: bounds the memory of intermediate arrays to some 32 MB


def stretches(pixels: int) -> Iterator[slice]:
    """Parts of a flat image, one after the other."""
    return (slice(start, min(start + _PIXELS, pixels)) for start in range(0, pixels, _PIXELS))


def occurrences(values: NDArray[np.unsignedinteger], count: int) -> NDArray[np.int64]:
    """How often each number below ``count`` occurs.

    Args:
        values: Unsigned integers of any shape, all below ``count``.
        count: Length of the answer.
    """
    flat = values.reshape(-1)
    found = np.zeros(count, np.int64)
    for part in stretches(flat.size):
        found += np.bincount(flat[part], minlength=count)
    return found


def loose_fragments(ids: NDArray[np.uint32], limit: int) -> NDArray[np.int64]:
    """Flat indices of the pixels of scraps: pieces under ``limit`` pixels that are not the largest of their id.

    Args:
        ids: ``(H, W) uint32``, 0 is the background.
        limit: Pieces of so many pixels are large enough to stand for themselves.
    """
    found, count = cc3d.connected_components(ids, connectivity=8, out_dtype=np.uint32, return_N=True)
    pieces, flat = found.reshape(-1), ids.reshape(-1)
    sizes, owner = occurrences(pieces, count + 1), np.zeros(count + 1, np.int64)
    sizes[0] = 0
    for part in stretches(pieces.size):
        owner[pieces[part]] = flat[part]
    largest = np.zeros(int(owner.max(initial=0)) + 1, np.int64)
    np.maximum.at(largest, owner, sizes)
    loose = (sizes < limit) & (sizes < largest[owner])
    if not loose.any():
        return np.zeros(0, np.int64)
    return np.concatenate([part.start + np.flatnonzero(loose[pieces[part]]) for part in stretches(pieces.size)])


def grow_into(
    ids: NDArray[np.uint32], classes: NDArray[np.uint8], kind_of: NDArray[np.uint8], rounds: int
) -> NDArray[np.int64]:
    """Let objects grow, in place, into pixels of their class that have none; edges before corners.

    Args:
        ids: ``(H, W) uint32``, changed in place.
        classes: ``(H, W) uint8``; where it is 0 nothing grows.
        kind_of: Class number of each id; entry 0 is 0.
        rounds: Pixels that objects grow at most.

    Returns:
        Flat indices of the pixels that no object reached.
    """
    height, width = ids.shape
    waiting = np.flatnonzero((ids == 0) & (classes > 0))
    if waiting.size == 0:
        return waiting
    row = width + 2
    wide = np.zeros((height + 2) * row, ids.dtype)
    wide.reshape(height + 2, row)[1:-1, 1:-1] = ids
    around = np.array([[-row], [-1], [1], [row], [-row - 1], [-row + 1], [row - 1], [row + 1]])
    wanted = classes.reshape(-1)[waiting]
    place = waiting + row + 1 + 2 * (waiting // width)
    for _ in range(rounds):
        near = wide[place + around]
        fits = kind_of[near] == wanted
        reached = fits.any(axis=0)
        if not reached.any():
            break
        found = np.take_along_axis(near, fits.argmax(axis=0)[None], axis=0)[0]
        wide[place[reached]] = found[reached]
        place, wanted = place[~reached], wanted[~reached]
    ids[...] = wide.reshape(height + 2, row)[1:-1, 1:-1]
    return place - 2 * (place // row) - width - 1


_SCRAP_CELLS = 4  # rims that a coarse grid cuts off a neighbour are smaller than so many of its cells


@dataclass(frozen=True, slots=True)
class SliceRules:
    """How the pixels of a slice become objects.

    Attributes:
        things: Class numbers that have objects; all other classes are stuff, with one region per slice.
        centre_threshold: Centres are higher than this in the heatmap, 0 to 1.
        centre_distance: Edge of the square in which a centre is the highest, in cells of the heatmap.
        fine: Whether centres and offsets are used on a grid four times as fine.
        stuff_min: Regions of stuff of fewer pixels are left out.
        semantic_only: No objects: one region per class.
        fill_holes: Whether holes inside objects are closed.
    """

    things: tuple[int, ...] = (1,)
    centre_threshold: float = 0.1
    centre_distance: int = 3
    fine: bool = False
    stuff_min: int = 64
    semantic_only: bool = False
    fill_holes: bool = False

    @property
    def object_classes(self) -> tuple[int, ...]:
        """The classes whose objects are told apart."""
        return () if self.semantic_only else self.things


@dataclass(frozen=True, slots=True)
class PanopticSlice:
    """The objects of one slice.

    Attributes:
        labels: ``(H, W) uint32``, local ids 1..n, 0 is the background.
        class_of: ``(n + 1,) uint8``, the class number of each local id; entry 0 is 0.
    """

    labels: NDArray[np.uint32]
    class_of: NDArray[np.uint8]

    @property
    def count(self) -> int:
        """Number of objects and regions."""
        return len(self.class_of) - 1


def decode_slice(
    classes: NDArray[np.uint8],
    heatmap: NDArray[np.floating],
    offsets: NDArray[np.floating],
    step: int,
    offset_scale: float,
    rules: SliceRules,
) -> PanopticSlice:
    """The objects of a slice; each is connected (corners touch).

    A cell of the coarse maps speaks for ``step x step`` pixels, but its offset is only right for the class at the
    pixel where it was taken. So pixels in cells taken outside the foreground, and scraps of a cell that lie apart from
    their object, join the object beside them. Where the heatmap has no centre, each island is an object.

    Args:
        classes: ``(H, W) uint8`` class numbers, 0 is the background.
        heatmap: ``(h, w)`` float; cell (i, j) lies at pixel (step i, step j). Padding beyond H and W is cut off.
        offsets: ``(2, h, w)`` float, dy and dx to the centre.
        step: Pixels from one cell to the next.
        offset_scale: Pixels of ``classes`` for an offset of 1, the scale of the image.
        rules: How objects are made.

    Raises:
        ValueError: The maps are too small for the classes.
    """
    is_thing = np.zeros(256, bool)
    is_thing[list(rules.object_classes)] = True
    things = is_thing[classes]
    if not things.any():
        return merge_classes(np.zeros(classes.shape, np.uint32), classes, rules)
    scrap = _SCRAP_CELLS * step * step
    if rules.fine and step % CELL == 0:
        heatmap, offsets = fine_maps(heatmap, offsets)
        step //= CELL
    rows, columns = (-(-n // step) for n in classes.shape)
    if heatmap.shape[0] < rows or heatmap.shape[1] < columns:
        raise ValueError(f"Expected maps of at least {rows} x {columns} cells, got {heatmap.shape}")
    heatmap, offsets = heatmap[:rows, :columns], offsets[:, :rows, :columns]
    centres = find_centres(heatmap, rules.centre_threshold, rules.centre_distance)
    kinds = classes if things.all() else np.where(things, classes, np.uint8(0))
    if len(centres) == 0:
        return merge_classes(kinds.astype(np.uint32), classes, rules)
    return merge_classes(_pixel_ids(centres, offsets, kinds, step, offset_scale, scrap), classes, rules)


def merge_classes(ids: NDArray[np.uint32], classes: NDArray[np.uint8], rules: SliceRules) -> PanopticSlice:
    """Objects with classes from ids without: each connected piece of an id is an object of the class of most of it.

    Args:
        ids: ``(H, W) uint32``, any numbers where there are things, 0 elsewhere.
        classes: ``(H, W) uint8`` class numbers.
        rules: Which classes have objects, and what becomes of stuff.
    """
    pieces = cc3d.connected_components(np.ascontiguousarray(ids), connectivity=8, out_dtype=np.uint32)
    labels: NDArray[np.uint32] = pieces.astype(np.uint32, copy=False)
    labels, kinds = _with_stuff(labels, _majority(labels, classes), classes, rules)
    if rules.fill_holes:
        labels = fill_holes(labels[None])[0]
    return PanopticSlice(labels, kinds)


def _pixel_ids(
    centres: NDArray[np.int64],
    offsets: NDArray[np.floating],
    classes: NDArray[np.uint8],
    step: int,
    offset_scale: float,
    scrap: int,
) -> NDArray[np.uint32]:
    """``(H, W) uint32`` number of the centre of each pixel whose class is not 0."""
    in_offsets = step / offset_scale
    taken = classes[::step, ::step] > 0
    cells = group_pixels(centres, offsets, taken, in_offsets)
    ids = _on_pixels(cells, step, classes) if step > 1 else cells
    flat = ids.reshape(-1)
    scraps = loose_fragments(ids, scrap)
    before = flat[scraps]
    flat[scraps] = 0
    lost = grow_into(ids, classes, _majority(ids, classes), rounds=scrap)
    flat[scraps] = np.where(flat[scraps] == 0, before, flat[scraps])
    lost = lost[flat[lost] == 0]
    if lost.size:
        rows, columns = (n // step for n in np.divmod(lost, classes.shape[1]))
        asked = np.zeros(taken.shape, bool)
        asked[rows, columns] = True
        flat[lost] = group_pixels(centres, offsets, asked, in_offsets)[rows, columns]
    return ids


def _on_pixels(cells: NDArray[np.uint32], step: int, classes: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Each cell as a square of pixels, 0 where there is no class."""
    height, width = classes.shape
    ids = np.repeat(np.repeat(cells, step, axis=1)[:, :width], step, axis=0)[:height]
    ids *= classes > 0
    return ids


def _majority(ids: NDArray[np.uint32], classes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The class of most pixels of each id; entry 0 is 0."""
    count = int(ids.max(initial=0)) + 1
    kinds = int(classes.max(initial=0)) + 1
    if kinds == 2:
        return (np.arange(count) > 0).astype(np.uint8)
    votes = np.zeros(count * kinds, np.int64)
    for part in stretches(ids.size):
        pairs = ids.reshape(-1)[part].astype(np.int64) * kinds + classes.reshape(-1)[part]
        votes += np.bincount(pairs, minlength=count * kinds)
    winners = votes.reshape(count, kinds).argmax(axis=1).astype(np.uint8)
    winners[0] = 0
    return winners


def _with_stuff(
    labels: NDArray[np.uint32], kinds: NDArray[np.uint8], classes: NDArray[np.uint8], rules: SliceRules
) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    """Labels with one more region for each class that has no objects."""
    areas = occurrences(classes, 256)
    areas[[0, *rules.object_classes]] = 0
    stuff = np.flatnonzero((areas > 0) & (areas >= rules.stuff_min))
    if stuff.size == 0:
        return labels, kinds
    number = np.zeros(256, np.uint32)
    number[stuff] = len(kinds) + np.arange(stuff.size)
    regions = number[classes]
    return np.where(regions > 0, regions, labels), np.concatenate([kinds, stuff.astype(np.uint8)])
