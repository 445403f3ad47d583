"""Which object is which in two label images, and what went wrong with the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.label_colors import Rgb
from desktop_app.core.imaging.region import Index3, Region
from desktop_app.core.labelling.layers import LabelReader
from desktop_app.objects.agreement import Overlaps, matched_pairs

_MOSTLY = 0.5  # share of an object from which it lies in another: then it can lie mostly in one only


class Outcome(StrEnum):
    """What became of an object."""

    RIGHT = "right"
    MISSED = "missed"
    EXTRA = "extra"
    MERGED = "merged"
    SPLIT = "split"


OUTCOMES: dict[Outcome, tuple[str, Rgb]] = {
    Outcome.RIGHT: ("Has its partner", (200, 200, 200)),
    Outcome.MISSED: ("Missed: only in the truth", (230, 159, 0)),
    Outcome.EXTRA: ("Extra: only found", (86, 180, 233)),
    Outcome.MERGED: ("Merged: one for several", (204, 121, 167)),
    Outcome.SPLIT: ("Split: several for one", (0, 158, 115)),
}
"""Words and colours, which are told apart with any colour vision (M. Okabe and K. Ito, 2008)."""


@dataclass(frozen=True, slots=True)
class Match:
    """A true object with what was found of it, or a found object without a true one.

    Attributes:
        of_truth: Whether this tells of a true object; else of a found one without a partner.
        truth: Number of the true object, or of that which a found one lies mostly in; 0 where there is none.
        predicted: Number of the found object: its partner, or else what overlaps it most; 0 where there is none.
        outcome: What became of it.
        iou: Their overlap.
        true_voxels: Size of the true object.
        predicted_voxels: Size of the found object.
    """

    of_truth: bool
    truth: int
    predicted: int
    outcome: Outcome
    iou: float
    true_voxels: int
    predicted_voxels: int


def matches(
    predicted: NDArray[np.int64], truth: NDArray[np.int64], counts: NDArray[np.int64], overlaps: Overlaps, iou: float
) -> list[Match]:
    """One entry per true object, then one per found object that belongs to none; in order of their numbers.

    A true object without a partner is merged where a found object takes half of it and of another one, split where
    found objects that lie mostly in it take half of it together, else missed. A found object without a partner is
    merged where it takes half of several, a piece of a split one where it and another lie mostly in one, else extra.

    Args:
        predicted: (N,) ids of all pairs in the prediction, 0 for nothing.
        truth: (N,) ids in the truth.
        counts: (N,) voxels that have both.
        overlaps: Of the same pairs.
        iou: Overlap from which objects are partners.
    """
    sizes = _sizes(predicted, counts), _sizes(truth, counts)
    pairs = _Pairs(overlaps, *sizes)
    partner = matched_pairs(overlaps, iou)
    partner_of = {int(overlaps.truth[k]): int(k) for k in partner}
    taken = {int(overlaps.predicted[k]) for k in partner}
    mergers = pairs.mergers()
    found: list[Match] = []
    used = set(taken)
    for label, voxels in sizes[1].items():
        k = partner_of.get(label, pairs.best_of_truth.get(label))
        if k is None:
            found.append(Match(True, label, 0, Outcome.MISSED, 0.0, voxels, 0))
            continue
        other = int(overlaps.predicted[k])
        outcome = Outcome.RIGHT if label in partner_of else pairs.outcome_of_truth(label, mergers)
        found.append(Match(True, label, other, outcome, float(overlaps.iou[k]), voxels, sizes[0][other]))
        if outcome is Outcome.MERGED:
            used.add(pairs.taker[label])
    for label, voxels in sizes[0].items():
        if label not in used:
            home = pairs.home.get(label, 0)
            piece = home in pairs.shared_homes
            outcome = Outcome.MERGED if label in mergers else Outcome.SPLIT if piece else Outcome.EXTRA
            k = pairs.best_of_predicted.get(label)
            share = 0.0 if k is None else float(overlaps.iou[k])
            found.append(Match(False, home, label, outcome, share, sizes[1].get(home, 0), voxels))
    return found


class _Pairs:
    """Pairs of objects by either side."""

    def __init__(self, overlaps: Overlaps, predicted_sizes: dict[int, int], true_sizes: dict[int, int]) -> None:
        order = np.argsort(overlaps.iou, kind="stable")  # later ones are better and take the place of those before
        self.best_of_truth = {int(overlaps.truth[k]): int(k) for k in order}
        self.best_of_predicted = {int(overlaps.predicted[k]): int(k) for k in order}
        self.home: dict[int, int] = {}  # the true object that a found one lies mostly in
        self.taker: dict[int, int] = {}  # the found object that takes half of a true one
        self._pieces: dict[int, int] = {}  # voxels of found objects that lie mostly in a true one
        self._true_sizes = true_sizes
        for p, t, shared in zip(
            overlaps.predicted.tolist(), overlaps.truth.tolist(), overlaps.shared.tolist(), strict=True
        ):
            if shared >= _MOSTLY * predicted_sizes[p]:
                self.home[p] = t
                self._pieces[t] = self._pieces.get(t, 0) + shared
            if shared >= _MOSTLY * true_sizes[t]:
                self.taker[t] = p
        self.shared_homes = _repeated(self.home.values())

    def mergers(self) -> set[int]:
        """Found objects that take half of several true ones."""
        return _repeated(self.taker.values())

    def outcome_of_truth(self, label: int, mergers: set[int]) -> Outcome:
        """Of a true object without a partner."""
        if self.taker.get(label) in mergers:
            return Outcome.MERGED
        covered = self._pieces.get(label, 0) >= _MOSTLY * self._true_sizes[label]
        return Outcome.SPLIT if covered and label in self.shared_homes else Outcome.MISSED


def _repeated(values: Iterable[int]) -> set[int]:
    """Those that come more than once."""
    return {value for value, count in Counter(values).items() if count > 1}


def _sizes(ids: NDArray[np.int64], counts: NDArray[np.int64]) -> dict[int, int]:
    """Voxels of each object, by its number."""
    names, places = np.unique(ids, return_inverse=True)
    total = np.bincount(places, counts).astype(np.int64)
    return {int(n): int(v) for n, v in zip(names, total, strict=True) if n > 0}


VALUES: dict[Outcome, int] = {outcome: value for value, outcome in enumerate(Outcome, start=1)}
"""What stands in the voxels of a layer of errors."""


@dataclass(frozen=True, slots=True, eq=False)
class ErrorLabels:
    """What became of the objects of two layers, as labels to look at; see ``VALUES``.

    Attributes:
        predicted: What was found.
        truth: What is true.
        outcomes: Of both, as ``matches`` gives them.
    """

    predicted: LabelReader
    truth: LabelReader
    outcomes: tuple[Match, ...]

    @property
    def shape(self) -> Index3:
        """(Z, Y, X)."""
        return self.truth.shape

    def read(self, region: Region) -> NDArray[np.uint32]:
        """The outcomes in ``region``: of the true object, else of the found one."""
        of_truth = {m.truth: VALUES[m.outcome] for m in self.outcomes if m.of_truth}
        partners = (m for m in self.outcomes if m.of_truth and m.outcome in (Outcome.RIGHT, Outcome.MERGED))
        of_found = {m.predicted: VALUES[m.outcome] for m in partners}
        of_found |= {m.predicted: VALUES[m.outcome] for m in self.outcomes if not m.of_truth}
        true = _looked_up(self.truth.read(region), of_truth)
        return np.where(true > 0, true, _looked_up(self.predicted.read(region), of_found))


def _looked_up(labels: NDArray[np.uint32], values: dict[int, int]) -> NDArray[np.uint32]:
    if not values:
        return np.zeros(labels.shape, np.uint32)
    ids = np.array(sorted(values), np.uint32)
    wanted = np.array([values[int(label)] for label in ids], np.uint32)
    places = np.minimum(np.searchsorted(ids, labels), len(ids) - 1)
    return np.where(ids[places] == labels, wanted[places], np.uint32(0))
