"""All that is done to one slice by itself, as one function that other processes can run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.objects.panoptic.reshaping import MorphologyRules, reshaped_slice
from desktop_app.objects.panoptic.runs import SliceRuns
from desktop_app.objects.panoptic.slices import SliceRules, decode_slice


@dataclass(frozen=True, slots=True)
class SliceWork:
    """What is done to a slice.

    Attributes:
        step: Pixels from one coarse cell to the next.
        scale: Pixels for an offset of 1.
        rules: How objects are made; None keeps the class numbers.
        shape: How the shape of objects changes.
        stuff: Classes whose regions are never parted.
    """

    step: int
    scale: float
    rules: SliceRules | None
    shape: MorphologyRules = field(default_factory=MorphologyRules)
    stuff: tuple[int, ...] = ()


def runs_of_slice(
    classes: NDArray[np.uint8], heatmap: NDArray[Any], offsets: NDArray[Any], work: SliceWork
) -> tuple[SliceRuns, NDArray[np.uint8]]:
    """Runs of the objects of a slice with local ids 1..n, and the class ``(n + 1,) uint8`` of each.

    Args:
        classes: ``(H, W) uint8`` class numbers.
        heatmap: ``(h, w)`` float.
        offsets: ``(2, h, w)`` float.
        work: What is done.
    """
    if work.rules is None:
        return SliceRuns.encode(classes), np.zeros(1, np.uint8)
    found = decode_slice(classes, heatmap, offsets, work.step, work.scale, work.rules)
    if work.shape.changes:
        found = reshaped_slice(found, work.shape, work.stuff)
    return SliceRuns.encode(found.labels), found.class_of
