"""A median over neighbouring slices of what the network says of each pixel, slice after slice."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BLOCK_BYTES = 64 * 1024  # of a block of rows: stays in a cache of the processor


def harden(probabilities: NDArray[np.floating], threshold: float = 0.5) -> NDArray[np.uint8]:
    """Class numbers from probabilities.

    Args:
        probabilities: ``(C, H, W)`` float. One channel: a single class. More: the background first, then the classes.
        threshold: A single class is found where its probability reaches this; of several the likeliest is taken.

    Returns:
        ``(H, W) uint8``, 0 is the background.
    """
    if probabilities.shape[0] == 1:
        return (probabilities[0] >= threshold).astype(np.uint8)
    numbers = np.zeros(probabilities.shape[1:], np.uint8)
    best = probabilities[0].copy()
    for number, values in enumerate(probabilities[1:], start=1):
        numbers[values > best] = number
        np.maximum(best, values, out=best)
    return numbers


class SliceMedian:
    """Class numbers of slices after a median over ``size`` slices around each.

    The median is taken of the slices as they came in, never of filtered ones, so the direction does not matter. Near
    the ends the window shrinks on both sides: the first and the last slice stay as they are, and stacks shorter than
    the window are no exception. For a single class the median reaches the threshold where most slices do, so only
    masks are kept.

    Args:
        size: Slices in the window, odd; 1 changes nothing.
        threshold: As in ``harden``.
    """

    def __init__(self, size: int, threshold: float = 0.5) -> None:
        if size < 1 or size % 2 == 0:
            raise ValueError(f"Expected an odd number of slices, got {size}")
        self._reach = size // 2
        self._threshold = threshold
        self._window: deque[NDArray] = deque(maxlen=size)
        self._arrived = 0
        self._given = 0

    def push(self, probabilities: NDArray[np.floating]) -> list[NDArray[np.uint8]]:
        """Take the next slice ``(C, H, W)``; the class numbers ``(H, W) uint8`` of those that are ready, in order."""
        single = probabilities.shape[0] == 1
        self._window.append(harden(probabilities, self._threshold) if single else probabilities)
        self._arrived += 1
        ready = []
        while self._given + min(self._reach, self._given) < self._arrived:
            ready.append(self._filtered(min(self._reach, self._given)))
        return ready

    def flush(self) -> list[NDArray[np.uint8]]:
        """The slices that are still waiting, at the end of the stack."""
        rest = []
        while self._given < self._arrived:
            behind = self._arrived - 1 - self._given
            rest.append(self._filtered(min(self._reach, self._given, behind)))
        return rest

    def _filtered(self, reach: int) -> NDArray[np.uint8]:
        middle = len(self._window) - (self._arrived - self._given)
        window = [self._window[n] for n in range(middle - reach, middle + reach + 1)]
        self._given += 1
        if window[0].ndim == 2:
            return _most(window)
        return harden(_median(window), self._threshold)


def _most(masks: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """1 where more than half of the masks are 1."""
    votes = masks[0].copy()
    for mask in masks[1:]:
        votes += mask
    return (votes > len(masks) // 2).astype(np.uint8)


def _median(slices: list[NDArray[Any]]) -> NDArray[Any]:
    """The middle one of an odd number of values, everywhere.

    Block by block, so that all of them stay in the processor's cache: of a few more than half of the values the lowest
    and the highest cannot be the median, so both are left out and the next value is looked at.
    """
    if len(slices) == 1:
        return slices[0]
    found = np.empty_like(slices[0])
    rows = max(1, _BLOCK_BYTES // max(1, found[:, :1].nbytes))
    for low in range(0, found.shape[1], rows):
        block = np.s_[:, low : low + rows]
        found[block] = _middle([np.array(one[block]) for one in slices])
    return found


def _middle(values: list[NDArray[Any]]) -> NDArray[Any]:
    """The median of arrays, which are changed."""
    count = len(values) // 2 + 2
    kept, waiting = values[:count], values[count:]
    spare = np.empty_like(values[0])
    while len(kept) > 1:
        for first, last in ((n, n + 1) for n in range(len(kept) - 1)):
            _order(kept, first, last, spare)
        for first, last in ((n - 1, n) for n in range(len(kept) - 2, 0, -1)):
            _order(kept, first, last, spare)
        kept = kept[1:-1] + waiting[:1]
        waiting = waiting[1:]
    return kept[0]


def _order(values: list[NDArray[Any]], low: int, high: int, spare: NDArray[Any]) -> None:
    """Put the lower of two values first, in place."""
    np.minimum(values[low], values[high], out=spare)
    np.maximum(values[low], values[high], out=values[high])
    values[low][...] = spare
