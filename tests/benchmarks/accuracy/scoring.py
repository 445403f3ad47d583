"""How well labels agree with the truth, over all images that were left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.objects.agreement import find_overlaps, matched_ious, scores_from_counts
from tests.benchmarks.accuracy.sets import BenchSet

OVERLAPS = tuple(np.arange(0.5, 0.951, 0.05).round(2).tolist())
"""Of which AP is the mean, as in the challenge that BBBC038 was made for (Caicedo et al. 2019)."""

SHOWN_OVERLAPS = (0.5, 0.6, 0.7, 0.8, 0.9)
"""At which AP is told by itself, as in the tables of Lalit et al. 2021 (arXiv 2101.10033), every second of theirs."""


def ap_at(overlap: float) -> str:
    """Name of AP at one overlap."""
    return f"AP@{overlap:g}"


@dataclass(slots=True)
class Tally:
    """Counts of objects and Dice of images.

    Attributes:
        bench: What counts.
        right: Objects found at each of ``OVERLAPS``.
        overlap: Sum of the overlaps of objects found at 0.5.
        found: Objects that were found, right or wrong.
        true: Objects that are there.
        dice: Of the foreground of each image; where classes are scored, of each class that an image has or gets.
    """

    bench: BenchSet
    right: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(OVERLAPS), np.int64))
    overlap: float = 0.0
    found: int = 0
    true: int = 0
    dice: list[float] = field(default_factory=list)

    def add(self, predicted: NDArray[Any], truth: NDArray[Any]) -> None:
        """Count an image ``(Z, Y, X)``; slices by themselves where the set is of pictures."""
        if self.bench.kind == "classes":
            self._add_classes(predicted, truth)
            return
        self._add_dice(predicted > 0, truth > 0)
        for one, other in zip(predicted, truth, strict=True) if self.bench.dimensions == 2 else [(predicted, truth)]:
            overlaps = find_overlaps(np.atleast_3d(one), np.atleast_3d(other))
            ious = matched_ious(overlaps, 0.5)
            self.right += np.array([len(matched_ious(overlaps, least)) for least in OVERLAPS])
            self.overlap += float(ious.sum())
            self.found += overlaps.n_predicted
            self.true += overlaps.n_truth

    def _add_classes(self, predicted: NDArray[Any], truth: NDArray[Any]) -> None:
        known = np.ones(truth.shape, bool) if self.bench.unlabelled is None else truth != self.bench.unlabelled
        for value in self.bench.scored or [v for v in np.unique(truth).tolist() if v > 0]:
            self._add_dice((predicted == value) & known, (truth == value) & known)

    def _add_dice(self, found: NDArray[np.bool_], true: NDArray[np.bool_]) -> None:
        """Neither there nor found counts as nothing."""
        total = int(found.sum()) + int(true.sum())
        if total:
            self.dice.append(2 * int((found & true).sum()) / total)

    def scores(self) -> dict[str, float]:
        """``F1``, ``F1@0.75``, ``AP@0.5`` to ``AP@0.9``, ``AP``, ``PQ`` of all objects together, and the mean ``Dice``.

        ``AP`` is the mean over ``OVERLAPS``; ``AP@`` an overlap is right over right, wrong and missed objects there.
        """
        scores = {"Dice": fmean(self.dice)} if self.dice else {}
        if self.bench.kind == "classes":
            return scores
        each = {}
        for least, right in zip(OVERLAPS, self.right.tolist(), strict=True):
            wrong, missed = self.found - right, self.true - right
            each[least] = (
                scores_from_counts(right, wrong, missed, self.overlap),
                right / max(1, right + wrong + missed),
            )
        return {
            "F1": each[0.5][0].f1 or 0.0,
            "F1@0.75": each[0.75][0].f1 or 0.0,
            **{ap_at(least): each[least][1] for least in SHOWN_OVERLAPS},
            "AP": fmean(share for _, share in each.values()),
            "PQ": each[0.5][0].panoptic_quality or 0.0,
            **scores,
        }


def in_words(values: Sequence[float]) -> str:
    """Mean and range."""
    if not values:
        return "-"
    if len(values) == 1:
        return f"{values[0]:.3f}"
    return f"{fmean(values):.3f} ({min(values):.3f} to {max(values):.3f})"
