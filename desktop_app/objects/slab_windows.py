"""Slabs that see some slices of their neighbours, each slice read once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Region


def with_neighbours(
    pieces: Iterable[tuple[Region, NDArray[np.uint32]]], wanted: Callable[[Region], Region]
) -> Iterator[tuple[Region, NDArray[np.uint32], NDArray[np.uint32]]]:
    """Each slab, its labels, and the labels of the box that is wanted around it.

    Args:
        pieces: Slabs of whole slices with their labels (Z, Y, X), from the first slice to the last.
        wanted: The box around a slab: more whole slices.
    """
    held: deque[tuple[Region, NDArray[np.uint32]]] = deque()
    waiting: deque[tuple[Region, NDArray[np.uint32]]] = deque()

    def answer() -> tuple[Region, NDArray[np.uint32], NDArray[np.uint32]]:
        slab, labels = waiting.popleft()
        box = wanted(slab)
        while held[0][0].stop[0] <= box.start[0]:
            held.popleft()
        parts = [
            found[max(0, box.start[0] - place.start[0]) : box.stop[0] - place.start[0]]
            for place, found in held
            if place.start[0] < box.stop[0]
        ]
        return slab, labels, parts[0] if len(parts) == 1 else np.concatenate(parts)

    for piece in pieces:
        held.append(piece)
        waiting.append(piece)
        while waiting and wanted(waiting[0][0]).stop[0] <= piece[0].stop[0]:
            yield answer()
    while waiting:
        yield answer()
