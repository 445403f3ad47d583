"""A forest of decision trees that learns classes of pixels from a few of them.

Extremely randomised trees (Geurts, Ernst and Wehenkel, Machine Learning 63, 2006): learned in a fraction of a second,
and beside random forests and boosting the best on strokes in electron microscopy (benchmarks/bench_assistants.py).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TREES = 30  # twice as many are 1 % better and take twice as long
_DEEPEST = 12  # levels: 4,000 pixels a class hardly fill more
_FEWEST = 2  # pixels in a leaf: one alone may be a slip of the hand
_AT_ONCE = 65_536  # pixels that one thread looks at: 10 MB of numbers


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Pixels whose class is known.

    Attributes:
        numbers: What is around each (N, F) float32.
        classes: Its class (N,) uint8; 0 is the background.
    """

    numbers: NDArray[np.float32]
    classes: NDArray[np.uint8]

    @staticmethod
    def joined(parts: Sequence[Samples]) -> Samples:
        """All of several."""
        return Samples(np.concatenate([p.numbers for p in parts]), np.concatenate([p.classes for p in parts]))

    def thinned(self, most: int) -> Samples:
        """At most so many of each class, drawn at random but always the same."""
        rng = np.random.default_rng(0)
        kept = []
        for value in np.unique(self.classes):
            places = np.flatnonzero(self.classes == value)
            kept.append(np.sort(rng.permutation(places)[:most]))
        chosen = np.sort(np.concatenate(kept)) if kept else np.zeros(0, np.intp)
        return Samples(self.numbers[chosen], self.classes[chosen])


class PixelForest:
    """Trees that have learned.

    Args:
        samples: To learn from; of one class alone everything is that class.
        count: Number of classes, the background among them.
    """

    def __init__(self, samples: Samples, count: int) -> None:
        from sklearn.ensemble import ExtraTreesClassifier

        self._count = count
        self._trees: Any = ExtraTreesClassifier(
            _TREES, max_depth=_DEEPEST, min_samples_leaf=_FEWEST, class_weight="balanced", random_state=0
        )
        self._trees.fit(samples.numbers, samples.classes)

    def probabilities(self, numbers: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of each class, ``(count, N)``, for pixels ``(N, F)``."""
        found = np.zeros((self._count, len(numbers)), np.float32)
        pieces = [slice(start, start + _AT_ONCE) for start in range(0, len(numbers), _AT_ONCE)]
        rows = self._trees.classes_.astype(np.intp)

        def work(piece: slice) -> None:
            found[rows, piece] = self._trees.predict_proba(numbers[piece]).T

        with ThreadPoolExecutor(min(len(pieces), os.cpu_count() or 1) or 1) as pool:
            list(pool.map(work, pieces))
        return found
