"""What lies under a click: a proposal from edges and grey values alone, which further clicks add to or take from.

From the click a front spreads over the picture, slowly over edges and where grey values differ from those at the click
(geodesic distance; Bai and Sapiro, Geodesic matting, IJCV 82, 2009). Of all the areas that the front passes through,
the one is proposed whose border has the most contrast for its length; they are all looked at in one pass, because
between two neighbouring pixels lies a border just as long as the front has reached one of them alone. A click that
takes away does the same within the proposal. Clicks of the other kind hold the front: what they reach first is theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.region import Mask

Picture: TypeAlias = NDArray[np.float32]
Pixel: TypeAlias = tuple[int, int]

# Widths in px of the Gaussian before edges are looked for, and of the one before grey values are compared: fine for
# small things on dark ground, coarse for things with an inner texture such as mitochondria. Which of the two gives the
# clearer border is taken. Found with benchmarks/bench_assistants.py.
_SCALES = ((1.0, 1.5), (2.5, 3.0))
_TYPICAL = 90.0  # percentile of the gradient that counts as a clear edge, as for the livewire
_STRONGEST = 3.0  # clear edges; a stronger one holds the front no better
# Cost of a pixel: of its way, of a clear edge, and of a difference as large as the range of grey values; from trials.
_WAY, _EDGE, _DIFFERENCE = 0.03, 0.1, 0.4
_LARGER = 0.2  # power of the area in the score of a first proposal: a speck has much contrast, too; from trials
_DISC = 4.51  # sides of pixels around a disc, over the root of its area in px: 8 r / (r √π)
_ROUND = 0.5  # power of the roundness in the score; 0.25 and 1 were no better
_LEAST_PX, _LEAST_CHANGE_PX = 24, 9  # of a first proposal, and of what one click changes: less is noise
_LARGEST = 0.7  # share of the window that a proposal may take: around it, its surroundings must be seen
_BESIDE_RIM_PX = 4.0  # from the outline to a click that is about all of it; further off something else is missing
_SURELY = 0.9  # of the way from a correcting click to the outline: hands click near the middle, not on it; from trials
_FOLLOWS = 0.35  # of the radius of an object: how far its edge moves from slice to slice at most, from trials
_LEAST_REACH = 1.5  # pixels: the edge of an object is never known better
_SHRINKS = 0.3  # of its area from slice to slice: where it gets smaller still, it ends
_FADES = 0.4  # of its contrast at the click: where it has less, it has ended
_BESIDE_PX = 3  # on both sides of a border that are compared
_LEAST_SPREAD = 1e-3  # of the range of grey values: pictures without noise have none
_ENDS = (0.5, 99.5)  # percentiles between which grey values are said to range


@dataclass(frozen=True, slots=True)
class Clicks:
    """What the user has said so far.

    Attributes:
        inside: Pixels that belong to the object.
        outside: Pixels that do not.
    """

    inside: tuple[Pixel, ...] = ()
    outside: tuple[Pixel, ...] = ()


class ClickedPicture:
    """A picture around a click.

    Args:
        values: Grey values (rows, columns).
        aspect: Height and width of a pixel, the smaller of them 1.
    """

    def __init__(self, values: NDArray[Any], aspect: tuple[float, float] = (1.0, 1.0)) -> None:
        self._aspect = aspect
        self._grey = _in_range(values)
        self._seen = [self._seen_at(*scale) for scale in _SCALES]
        self._scale: int | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self._grey.shape
        return rows, columns

    def changed(self, mask: Mask, clicks: Clicks, adds: bool, limit: Mask | None = None) -> Mask:
        """The proposal after one more click, the last one of its kind.

        Args:
            mask: The proposal before (rows, columns); empty at the first click.
            clicks: All clicks, the new one among them.
            adds: Whether the new one says “this, too”.
            limit: Where the proposal must stay within; None for anywhere.
        """
        scales = range(len(_SCALES)) if self._scale is None else (self._scale,)
        best = max((self._grown(scale, mask, clicks, adds, limit) for scale in scales), key=lambda found: found[0])
        if adds and self._scale is None:
            self._scale = best[2]
        after = best[1]
        if mask.any():
            around = self._surely(mask, clicks, adds) & (limit if limit is not None and adds else True)
            after = after | around if adds else after & ~around
        tidy = _tidied(mask, after, clicks, adds)
        if not clicks.inside or not mask.any() or limit is not None:
            return tidy
        other = after | self._rim(mask, clicks.inside[-1]) if adds else mask & ~self._parted(clicks) & ~around
        return max(tidy, _tidied(mask, other, clicks, adds), key=self._shapeliness)

    def _rim(self, mask: Mask, click: Pixel) -> Mask:
        """What lies about the whole outline as close as a click beside it, and is as much like the object as there.

        Whoever clicks a few pixels beside the outline says that it lies too far in, and mostly so all around.
        """
        from scipy import ndimage

        around = ndimage.distance_transform_edt(~mask, sampling=self._aspect)
        near = float(around[click])
        if not 0 < near <= _BESIDE_RIM_PX:
            return np.zeros_like(mask)
        grey = self._seen[0][1]
        inner, there = float(np.median(grey[mask])), float(grey[click])
        alike = (grey - there) * np.sign(inner - there) >= 0
        return np.asarray(alike & (around <= 2 * near))

    def _parted(self, clicks: Clicks) -> Mask:
        """What fronts from the clicks outside reach before those from inside, each slow where grey values differ."""
        edges, even = self._seen[self._scale or 0]

        def reached(pixels: Sequence[Pixel]) -> NDArray[np.float64]:
            unlike = np.min([np.abs(even - even[pixel]) for pixel in pixels], axis=0)
            return self._front(_WAY + _EDGE * edges**2 + _DIFFERENCE * unlike, pixels)

        return np.asarray(reached(clicks.outside) < reached(clicks.inside))

    def _shapeliness(self, mask: Mask) -> float:
        """How clearly bordered and how round a proposal is."""
        sides = sum(int(np.count_nonzero(np.diff(mask, axis=axis))) for axis in range(2))
        round_ = float(_roundness(np.array(mask.sum()), np.array(sides)))
        return self.clearness(mask) * round_**_ROUND

    def _surely(self, mask: Mask, clicks: Clicks, adds: bool) -> Mask:
        """The disc that a correcting click is about, however little contrast there is.

        Who corrects clicks into the middle of what is missing or too much: it reaches about as far as the outline of
        the proposal, and half as far as the nearest click of the other kind. What is added ends at clear edges, too.
        """
        own, others = (clicks.inside, clicks.outside) if adds else (clicks.outside, clicks.inside)
        row, column = own[-1]
        rows, columns = np.ogrid[: mask.shape[0], : mask.shape[1]]
        away = np.hypot((rows - row) * self._aspect[0], (columns - column) * self._aspect[1])
        bounds = mask if adds else ~mask
        reach = [float(away[bounds].min())] if bounds.any() else []
        reach += [float(away[other]) / 2 for other in others]
        if adds:
            clear = self._seen[self._scale or 0][0] >= 1
            reach += [float(away[clear].min())] if clear.any() else []
        return np.asarray(away <= min(reach, default=0.0) * _SURELY)

    def clearness(self, mask: Mask) -> float:
        """How much a mask differs from its surroundings, in standard deviations of the grey values at its border."""
        from scipy import ndimage

        inner = mask & ~ndimage.binary_erosion(mask, iterations=_BESIDE_PX, border_value=1)
        outer = ndimage.binary_dilation(mask, iterations=_BESIDE_PX) & ~mask
        if not inner.any() or not outer.any():
            return 0.0
        within, around = self._grey[inner], self._grey[outer]
        spread = float(np.hypot(within.std(), around.std())) / np.sqrt(2)
        return abs(float(within.mean() - around.mean())) / max(spread, _LEAST_SPREAD)

    def _grown(self, scale: int, mask: Mask, clicks: Clicks, adds: bool, limit: Mask | None) -> tuple[float, Mask, int]:
        """Score, mask and scale of the best area that the front from the last click passes through."""
        own, others = (clicks.inside, clicks.outside) if adds else (clicks.outside, clicks.inside)
        edges, even = self._seen[scale]
        click = own[-1]
        reached = self._front(_WAY + _EDGE * edges**2 + _DIFFERENCE * np.abs(even - even[click]), (click,))
        allowed = np.ones(mask.shape, bool) if limit is None or not adds else limit
        if others:
            bare = _WAY + _EDGE * edges**2
            allowed = allowed & (self._front(bare, (click,)) < self._front(bare, others))
        if not adds:
            allowed = allowed & mask
        levels = _Levels(np.where(allowed, reached, np.inf), mask, self._seen[0][1], adds)
        score, changed = levels.best(first=not mask.any())
        return score, changed, scale

    def _front(self, cost: NDArray[np.float64], starts: Sequence[Pixel]) -> NDArray[np.float64]:
        from skimage.graph import MCP_Geometric

        reached, _ = MCP_Geometric(cost, sampling=self._aspect).find_costs(list(starts))
        return np.asarray(reached)

    def _seen_at(self, edge_px: float, even_px: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        from scipy import ndimage

        widths = [(size / self._aspect[0], size / self._aspect[1]) for size in (edge_px, even_px)]
        steep = ndimage.gaussian_gradient_magnitude(self._grey, widths[0])
        typical = float(np.percentile(steep, _TYPICAL))
        edges = np.minimum(steep / typical if typical > 0 else steep, _STRONGEST)
        return edges.astype(np.float64), ndimage.gaussian_filter(self._grey, widths[1]).astype(np.float64)


class _Levels:
    """All areas that a front passes through, joined to a mask or taken from it.

    Args:
        reached: When the front reaches a pixel (rows, columns); infinite where it never does.
        mask: What is joined or taken from.
        grey: Grey values, smoothed.
        adds: Whether the area is joined.
    """

    def __init__(self, reached: NDArray[np.float64], mask: Mask, grey: NDArray[np.float64], adds: bool) -> None:
        self._mask, self._adds = mask, adds
        flat = reached.ravel()
        self._order = np.argsort(flat, kind="stable")
        self._count = int(np.isfinite(flat).sum())
        rank = np.full(flat.size, self._count + 1, np.int64)
        rank[self._order[: self._count]] = np.arange(1, self._count + 1)
        self._rank = rank.reshape(reached.shape)
        # The rank from which on a pixel is inside; when taking away, that until which it is.
        turn = np.where(~mask if adds else mask, self._rank, 0)
        self._contrast, self._sides = self._borders(turn, grey)

    def best(self, *, first: bool) -> tuple[float, Mask]:
        """The score of the best area, and the mask with it."""
        count = self._count
        least = min(_LEAST_PX if first else _LEAST_CHANGE_PX, count)
        most = min(count, int(_LARGEST * self._mask.size))
        if count == 0 or most < least:
            return -1.0, self._mask
        ordered = self._order[:count]
        rim = np.zeros(self._mask.shape, bool)
        rim[[0, -1]] = rim[:, [0, -1]] = True
        touching = np.cumsum(rim.ravel()[ordered]) / rim.sum() if self._adds else np.zeros(count)
        held = self._mask.ravel()[ordered]
        area = int(self._mask.sum()) + (np.cumsum(~held) if self._adds else -1 * np.cumsum(held))
        own_sides = self._borders(np.where(self._rank <= count, self._rank, count + 1), None)[1]
        # What is joined to an object makes a round whole with it, or is round by itself where it lies apart.
        roundness = np.maximum(_roundness(area, self._sides), _roundness(np.arange(1, count + 1), own_sides))
        score = (
            np.abs(self._contrast) / np.maximum(self._sides, 1) * roundness**_ROUND * np.clip(1 - 2 * touching, 0, 1)
        )
        if first:
            score = score * area**_LARGER
        chosen = least - 1 + int(np.argmax(score[least - 1 : most]))
        area_mask = self._rank <= chosen + 1
        changed = np.logical_or(self._mask, area_mask) if self._adds else np.logical_and(self._mask, ~area_mask)
        return float(score[chosen]), changed

    def _borders(
        self, turn: NDArray[np.int64], grey: NDArray[np.float64] | None
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Sum of grey steps outwards, and number of sides of pixels, around each of the areas.

        Args:
            turn: Rank at which each pixel (rows, columns) comes in or goes out.
            grey: Grey values; None where steps are not wanted.
        """
        size = self._count + 2  # ranks 1 to the count, 0, and one behind for what never turns
        steps, sides = np.zeros(size), np.zeros(size, np.int64)
        for axis in range(2):
            a, b = _pairs(turn, axis)
            differ = a != b
            begin, end = np.minimum(a, b)[differ], np.maximum(a, b)[differ]
            if grey is not None:
                step = np.diff(grey, axis=axis)
                outwards = np.where((a < b) == self._adds, step, -step)[differ]
                steps += np.bincount(begin, outwards, size) - np.bincount(end, outwards, size)
            sides += np.bincount(begin, minlength=size) - np.bincount(end, minlength=size)
        kept = slice(1, self._count + 1)
        return np.cumsum(steps)[kept], np.cumsum(sides)[kept]


def followed(before: Mask, values: NDArray[Any], start: NDArray[Any], first: Mask) -> Mask | None:
    """The same object in the next slice: the edges nearest to its outline in this one.

    Args:
        before: The object in the slice before (rows, columns).
        values: Grey values of the next slice.
        start: Those of the slice that was clicked.
        first: The object in the slice that was clicked.

    Returns:
        Its mask, None where it seems to end.
    """
    from scipy import ndimage
    from skimage.segmentation import watershed

    if not before.any():
        return None
    box = _box_around(before)
    whole, before, values = np.zeros(before.shape, bool), before[box], values[box]
    depth = ndimage.distance_transform_edt(np.pad(before, 1))[1:-1, 1:-1]
    reach = max(_LEAST_REACH, _FOLLOWS * float(depth.max()))
    around = ndimage.distance_transform_edt(~before)
    markers = np.where(depth > reach, 1, np.where(around > reach, 2, 0)).astype(np.int32)
    if not (markers == 1).any():
        markers[np.unravel_index(np.argmax(depth), depth.shape)] = 1
    low, high = _ends(start)
    grey, origin = _scaled(values, low, high), _scaled(start, low, high)
    steep = ndimage.gaussian_gradient_magnitude(grey, _SCALES[0][1])
    basins: NDArray[np.int32] = watershed(steep, markers)  # type: ignore[no-untyped-call]
    found: Mask = ndimage.binary_fill_holes(basins == 1)
    found = ndimage.binary_opening(found) if found.sum() > _LEAST_PX else found
    if found.sum() < max(_LEAST_CHANGE_PX, _SHRINKS * before.sum()):
        return None
    then, now = _contrast(origin, first), _contrast(grey, found)
    if now * np.sign(then) < _FADES * abs(then):
        return None
    whole[box] = found
    return whole


def _roundness(area: NDArray[Any], sides: NDArray[Any]) -> NDArray[np.float64]:
    """1 for a disc, less for what is long or frayed."""
    return np.minimum(1.0, _DISC * np.sqrt(np.maximum(area, 0)) / np.maximum(sides, 1))


def _box_around(mask: Mask) -> tuple[slice, slice]:
    """The box around a mask, half as large again on each side: nothing moves further from slice to slice."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    height, width = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    margin = int(max(height, width)) // 2 + 8  # 8 px more, so that small objects may move, too
    top, left = max(0, int(rows[0]) - margin), max(0, int(columns[0]) - margin)
    return slice(top, int(rows[-1]) + margin + 1), slice(left, int(columns[-1]) + margin + 1)


def _contrast(grey: Picture, mask: Mask) -> float:
    """How much darker the surroundings of an object are than itself."""
    from scipy import ndimage

    # The four px around, without the blurred first; by eye.
    ring = ndimage.binary_dilation(mask, iterations=4) & ~ndimage.binary_dilation(mask)
    return float(grey[mask].mean() - grey[ring].mean()) if ring.any() and mask.any() else 0.0


def _tidied(before: Mask, after: Mask, clicks: Clicks, adds: bool) -> Mask:
    """Without holes and frays, and only what hangs together with a click; what was clicked is as it was said."""
    from scipy import ndimage

    changed = after & ~before if adds else before & ~after
    even = ndimage.binary_opening(ndimage.binary_fill_holes(changed) if adds else changed)
    changed = even if even.any() else changed
    mask = before | changed if adds else before & ~changed
    if adds:
        mask = ndimage.binary_fill_holes(mask)
    inside, outside = _set_of(clicks.inside, mask.shape), _set_of(clicks.outside, mask.shape)
    mask = (mask | inside) & ~ndimage.binary_dilation(outside)
    parts, count = ndimage.label(mask)
    kept = np.zeros(count + 1, bool)
    kept[parts[inside | (before & mask)]] = True
    if inside.any() and not adds:
        kept[:] = False
        kept[parts[inside]] = True
    kept[0] = False
    return np.asarray(kept[parts], bool)


def _set_of(pixels: Sequence[Pixel], shape: tuple[int, ...]) -> Mask:
    mask = np.zeros(shape, bool)
    for pixel in pixels:
        mask[pixel] = True
    return mask


def _pairs(values: NDArray[np.int64], axis: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each pixel and the next one along an axis."""
    return (values[:-1], values[1:]) if axis == 0 else (values[:, :-1], values[:, 1:])


def _in_range(values: NDArray[Any]) -> Picture:
    return _scaled(values, *_ends(values))


def _ends(values: NDArray[Any]) -> tuple[float, float]:
    """Darkest and brightest grey value that count; not numbers are passed over."""
    finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    if finite.size == 0:
        return 0.0, 1.0
    low, high = np.percentile(finite, _ENDS)
    return float(low), float(high)


def _scaled(values: NDArray[Any], low: float, high: float) -> Picture:
    scaled = (np.nan_to_num(values.astype(np.float32), nan=low, posinf=high, neginf=low) - low) / (high - low or 1.0)
    return np.asarray(scaled, np.float32)
