"""The size of a tip to begin with: it follows the things that are labelled already, or else the picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.region import Region
from desktop_app.core.labelling.store import LabelStore

_OF_THING = 0.5  # of the width of a thing: small enough to follow its outline, large enough to fill it in some strokes
_OF_PICTURE = 1 / 50  # of the shorter side: 20 px of 1024, in which things of 40 px are usual
_FINEST, _COARSEST = 3.0, 60.0  # px: finer or coarser is chosen on purpose
_PIECES = 6  # of the labels that are looked at, spread over them: some 0.1 s
_LEAST_PX = 9  # of a thing: less is a speck


def first_size_px(store: LabelStore | None, picture: tuple[int, int], *, single: bool) -> float:
    """Diameter in pixels that suits an image.

    Args:
        store: Its labels; None without.
        picture: Rows and columns of a slice.
        single: Whether labels are numbers of single objects; else things of one class are told apart by gaps.
    """
    wide = _usual_width(store, single) if store is not None else None
    size = min(picture) * _OF_PICTURE if wide is None else wide * _OF_THING
    return float(round(min(_COARSEST, max(_FINEST, size))))


def _usual_width(store: LabelStore, single: bool) -> float | None:
    """The median width of things in slices, as if they were round; None where nothing is labelled."""
    pieces = store.pieces()
    areas: list[NDArray[np.int64]] = []
    for piece in pieces[:: max(1, len(pieces) // _PIECES)][:_PIECES]:
        middle = (piece.start[0] + piece.stop[0]) // 2
        slab = Region((middle, *piece.start[1:]), (middle + 1, *piece.stop[1:]))
        areas.append(_areas(store.read(slab)[0], single))
    found = np.concatenate(areas) if areas else np.zeros(0, np.int64)
    found = found[found >= _LEAST_PX]
    return float(2 * np.sqrt(np.median(found) / np.pi)) if found.size else None


def _areas(labels: NDArray[np.uint32], single: bool) -> NDArray[np.int64]:
    from scipy import ndimage

    if not labels.any():
        return np.zeros(0, np.int64)
    if single:
        return np.unique(labels[labels > 0], return_counts=True)[1].astype(np.int64)
    return np.bincount(ndimage.label(labels)[0].ravel())[1:].astype(np.int64)
