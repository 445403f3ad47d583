"""What a model did wrong, object by object or, where there are only regions, piece by piece; and where.

Objects are matched as for the scores (IoU of a half). Of one without a partner it is told what became of it: joined
with a neighbour, cut up, missed, or found so poorly that it does not count as found.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from desktop_app.core.advice.mistakes import Findings, Mistake
from desktop_app.core.imaging import Index3
from desktop_app.objects.agreement import find_overlaps, without_unknown
from desktop_app.objects.components import connected_objects
from desktop_app.objects.matching import Match, Outcome, matches
from desktop_app.objects.numbering import numbered

_HALF = 0.5  # IoU of partners, as in the scores
_FITS = 0.7  # IoU from which an outline is called fitting; in small objects a pixel all around costs 0.2
_TOUCHED = 0.2  # IoU from which an object counts as found poorly, not as missed: 0.2 is an edge of 0.6 in 3D
_SMALL = 0.4  # of the median size: what is smaller is called small
_SPECK = 0.25  # of the median size: false finds below it go when the smallest size is raised, and few true ones
_BORDER = 2  # px beside a true border in which wrong pixels are a matter of the outline
_PER_SLICE = 3  # pieces of wrong pixels remembered of each slice
_KEPT = 12  # places of a kind that are remembered: three are shown, and these may not lie in one picture

Boxes: TypeAlias = Sequence[tuple[slice, slice, slice] | None]


@dataclass(frozen=True, slots=True)
class FoundAndTrue:
    """What was found in an image beside what is true, as a recipe understands them; arrays are ``(Z, Y, X)``.

    Attributes:
        found_classes: Class numbers from 1, uint8; 0 is background.
        true_classes: The same of the labels; those of voxels that do not count have a number of their own.
        found: Object numbers, uint32; None where there are only regions.
        true: The same of the labels.
        single_slices: Whether each slice stands by itself, so that an object is a cross-section.
    """

    found_classes: NDArray[np.uint8]
    true_classes: NDArray[np.uint8]
    found: NDArray[np.uint32] | None = None
    true: NDArray[np.uint32] | None = None
    single_slices: bool = False


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a mistake was made.

    Attributes:
        mistake: Which.
        wrong: Voxels concerned: those of the objects, or the wrong ones of a region.
        slice: Number of the slice that shows it best.
        box: Rows and columns (y, x, y, x), the last ones excluded.
        image: Number of the image, where there are several.
    """

    mistake: Mistake
    wrong: int
    slice: int
    box: tuple[int, int, int, int]
    image: int = 0

    @property
    def middle(self) -> Index3:
        """The voxel (z, y, x) in the middle."""
        y0, x0, y1, x1 = self.box
        return self.slice, (y0 + y1 - 1) // 2, (x0 + x1 - 1) // 2


@dataclass(frozen=True, slots=True)
class Mistakes:
    """Mistakes in an image.

    Attributes:
        spots: One for each.
        concerned: Objects that each kind concerns (of regions voxels).
        true: Objects in the labels (of regions voxels that are labelled or found).
        extents: Widths of the true objects in pixels.
        of_objects: Whether objects were counted.
    """

    spots: tuple[Spot, ...]
    concerned: Counter[Mistake]
    true: int
    extents: tuple[float, ...]
    of_objects: bool


def find_mistakes(compared: FoundAndTrue, unknown: int) -> Mistakes:
    """What is wrong in an image, and where.

    Args:
        compared: Found and true labels.
        unknown: Class number of voxels that do not count.
    """
    if compared.found is None or compared.true is None:
        return _of_regions(compared, unknown)
    known = compared.true_classes != unknown
    found = without_unknown(compared.found, known, compared.true)
    true = np.where(known, compared.true, np.uint32(0))
    if not compared.single_slices:
        return _of_objects(_Pieces(found, true, compared.found_classes, compared.true_classes, 0))
    parts = []
    for z in range(found.shape[0]):
        pieces = connected_objects(numbered(true[z : z + 1])[0])  # what hangs together, as the scores see it
        classes = compared.found_classes[z : z + 1], compared.true_classes[z : z + 1]
        parts.append(_of_objects(_Pieces(found[z : z + 1], pieces, *classes, z)))
    return together(parts)


def together(parts: Iterable[Mistakes]) -> Mistakes:
    """Mistakes of several images (or slices) as one; of each kind the largest and the smallest spots are kept."""
    every = list(parts)
    counted: Counter[Mistake] = Counter()
    for part in every:
        counted.update(part.concerned)
    return Mistakes(
        tuple(worth_keeping([spot for part in every for spot in part.spots])),
        counted,
        sum(part.true for part in every),
        tuple(extent for part in every for extent in part.extents),
        any(part.of_objects for part in every),
    )


def worth_keeping(spots: Sequence[Spot]) -> list[Spot]:
    """Of each kind the largest ones, largest first."""
    by_kind: dict[Mistake, list[Spot]] = defaultdict(list)
    for spot in spots:
        by_kind[spot.mistake].append(spot)
    return [spot for each in by_kind.values() for spot in sorted(each, key=lambda s: s.wrong, reverse=True)[:_KEPT]]


def findings_of(mistakes: Mistakes) -> Findings:
    """Mistakes as counts."""
    extent = median(mistakes.extents) if mistakes.extents else 0.0
    return Findings(dict(mistakes.concerned), mistakes.true, mistakes.of_objects, extent)


@dataclass(frozen=True, slots=True)
class _Pieces:
    """Objects to compare, ``(Z, Y, X)``, the first slice being number ``first`` of the image."""

    found: NDArray[np.uint32]
    true: NDArray[np.uint32]
    found_classes: NDArray[np.uint8]
    true_classes: NDArray[np.uint8]
    first: int


def _of_objects(pieces: _Pieces) -> Mistakes:
    found, found_ids = numbered(pieces.found)
    true, true_ids = numbered(pieces.true)
    outcomes = _outcomes(found, true, len(found_ids), len(true_ids))
    boxes = _boxes(found), _boxes(true)
    sizes = [m.true_voxels for m in outcomes if m.of_truth]
    typical = median(sizes) if sizes else 0.0
    confused = _of_another_class(pieces, true, boxes[1], outcomes)
    outcomes = _with_partners(outcomes)
    kinds = [(match, _kind(match, typical, match.of_truth and match.truth in confused)) for match in outcomes]
    poorly = {m.predicted for m, kind in kinds if m.of_truth and kind is Mistake.OUTLINE}
    kinds = [(m, kind) for m, kind in kinds if m.of_truth or m.predicted not in poorly]
    seer = _Seer(found, true, boxes, pieces.first)
    spots: dict[tuple[Mistake, int, int], Spot] = {}
    concerned: Counter[Mistake] = Counter()
    for match, kind in kinds:
        if kind is None:
            continue
        own = match.of_truth or kind in (Mistake.INVENTED, Mistake.SMALL_INVENTED)
        concerned[kind] += int(own)  # of a merged or split one, true objects are counted
        spot = seer.spot(match, kind)
        key = (kind, match.predicted, 0) if kind is Mistake.MERGED else (kind, match.predicted, match.truth)
        before = spots.get(key)
        spots[key] = spot if before is None else Spot(kind, before.wrong + spot.wrong, before.slice, before.box)
    extents = tuple(
        float(max(box[1].stop - box[1].start, box[2].stop - box[2].start)) for box in boxes[1] if box is not None
    )
    return Mistakes(tuple(worth_keeping(list(spots.values()))), concerned, len(true_ids) - 1, extents, True)


def _outcomes(found: NDArray[np.uint32], true: NDArray[np.uint32], n_found: int, n_true: int) -> list[Match]:
    keys, counts = np.unique(found.astype(np.int64) * n_true + true, return_counts=True)
    return matches(keys // n_true, keys % n_true, counts, find_overlaps(found, true), _HALF)


def _with_partners(outcomes: Sequence[Match]) -> list[Match]:
    """Outcomes in which the largest of merged objects, and an object with a piece cut off, do not pass for found as
    they fit by half.
    """
    joined = {m.predicted for m in outcomes if m.outcome is Outcome.MERGED}
    cut = {m.truth for m in outcomes if not m.of_truth and m.outcome is Outcome.SPLIT}
    found = []
    for match in outcomes:
        poor = match.of_truth and match.outcome is Outcome.RIGHT and match.iou < _FITS
        if poor and match.predicted in joined:
            found.append(replace(match, outcome=Outcome.MERGED))
        elif poor and match.truth in cut:
            found.append(replace(match, outcome=Outcome.SPLIT))
        else:
            found.append(match)
    return found


def _kind(match: Match, typical: float, confused: bool) -> Mistake | None:
    """Which mistake an outcome is; None where it is none.

    Args:
        match: The outcome.
        typical: Median size of the true objects, in voxels.
        confused: Whether most of it was found as another class.
    """
    if match.outcome is Outcome.MERGED:
        return Mistake.MERGED
    if match.outcome is Outcome.SPLIT:
        return Mistake.SPLIT if match.of_truth else None
    if match.outcome is Outcome.EXTRA:
        return Mistake.SMALL_INVENTED if match.predicted_voxels < _SPECK * typical else Mistake.INVENTED
    if match.outcome is Outcome.MISSED and match.iou < _TOUCHED:
        return Mistake.SMALL_MISSED if match.true_voxels < _SMALL * typical else Mistake.MISSED
    if confused:
        return Mistake.CONFUSED
    return Mistake.OUTLINE if match.iou < _FITS else None


def _of_another_class(
    pieces: _Pieces, true: NDArray[np.uint32], boxes: Boxes, outcomes: Sequence[Match]
) -> frozenset[int]:
    """The true objects that are found for the most part as another class."""
    confused = []
    for match in outcomes:
        box = boxes[match.truth - 1] if match.of_truth and match.predicted else None
        if box is not None:
            inside = true[box] == match.truth
            wanted, got = pieces.true_classes[box][inside], pieces.found_classes[box][inside]
            if ((got > 0) & (got != wanted)).mean() > _HALF:
                confused.append(match.truth)
    return frozenset(confused)


@dataclass(frozen=True, slots=True)
class _Seer:
    """Finds the slice and the frame that show a mistake best."""

    found: NDArray[np.uint32]
    true: NDArray[np.uint32]
    boxes: tuple[Boxes, Boxes]
    first: int

    def spot(self, match: Match, kind: Mistake) -> Spot:
        """Where to look."""
        of_found = not match.of_truth or kind in (Mistake.MERGED,)
        labels, boxes, number = (
            (self.found, self.boxes[0], match.predicted) if of_found else (self.true, self.boxes[1], match.truth)
        )
        box = boxes[number - 1]
        if box is None:
            raise ValueError(f"Expected object {number} in the labels")
        inside = labels[box] == number
        areas = inside.sum(axis=(1, 2)).astype(float)
        if kind is Mistake.MERGED:
            # The slice with the most of the joined objects tells more than the one in which the whole is largest.
            areas += [1e9 * len(np.unique(t[i])) for t, i in zip(self.true[box], inside, strict=True)]
        z = int(areas.argmax())
        rows, columns = np.nonzero(inside[z])
        y, x = box[1].start, box[2].start
        frame = y + int(rows.min()), x + int(columns.min()), y + int(rows.max()) + 1, x + int(columns.max()) + 1
        wrong = match.true_voxels if match.of_truth else match.predicted_voxels
        return Spot(kind, wrong, self.first + box[0].start + z, frame)


def _boxes(labels: NDArray[np.uint32]) -> Boxes:
    found: Boxes = ndimage.find_objects(labels.astype(np.int32))
    return found


_Mask: TypeAlias = NDArray[np.bool_]
_PIECES: dict[Mistake, Callable[[NDArray[Any], NDArray[Any]], _Mask]] = {
    Mistake.MISSED: lambda found, true: (true > 0) & (found == 0),
    Mistake.INVENTED: lambda found, true: (true == 0) & (found > 0),
    Mistake.CONFUSED: lambda found, true: (true > 0) & (found > 0) & (true != found),
}


def _of_regions(compared: FoundAndTrue, unknown: int) -> Mistakes:
    spots: list[Spot] = []
    counted: Counter[Mistake] = Counter()
    total = 0
    for z, (found, true) in enumerate(zip(compared.found_classes, compared.true_classes, strict=True)):
        known = true != unknown
        total += int(np.count_nonzero(known & ((true > 0) | (found > 0))))
        near = _near_a_border(true)
        wrong = known & (found != true)
        counted[Mistake.OUTLINE] += int(np.count_nonzero(wrong & near))
        spots += _pieces(Mistake.OUTLINE, wrong & near, z)
        for mistake, where in _PIECES.items():
            mask = wrong & ~near & where(found, true)
            counted[mistake] += int(np.count_nonzero(mask))
            spots += _pieces(mistake, mask, z)
    return Mistakes(tuple(worth_keeping(spots)), counted, total, (), False)


def _near_a_border(true: NDArray[np.uint8]) -> _Mask:
    """Pixels beside a border between classes, and those within two pixels of it."""
    edge = np.zeros(true.shape, bool)
    down, right = true[1:] != true[:-1], true[:, 1:] != true[:, :-1]
    edge[1:] |= down
    edge[:-1] |= down
    edge[:, 1:] |= right
    edge[:, :-1] |= right
    near: _Mask = ndimage.binary_dilation(edge, iterations=_BORDER - 1)
    return near


def _pieces(mistake: Mistake, mask: _Mask, z: int) -> list[Spot]:
    """The largest pieces of wrong pixels of a slice."""
    if not mask.any():
        return []
    labels, _ = ndimage.label(mask)
    sizes = np.bincount(labels.reshape(-1))
    sizes[0] = 0
    boxes = ndimage.find_objects(labels)
    found = []
    for number in np.argsort(sizes)[::-1][:_PER_SLICE]:
        if sizes[number]:
            rows, columns = boxes[number - 1]
            found.append(Spot(mistake, int(sizes[number]), z, (rows.start, columns.start, rows.stop, columns.stop)))
    return found
