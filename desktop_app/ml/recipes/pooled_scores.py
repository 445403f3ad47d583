"""Scores of several images as one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

COUNTED = ("tp", "fp", "fn")
"""Objects found, wrong and missed, as scores of one image name them."""


def pooled_over_images(scores: Sequence[dict[str, float]], averaged: tuple[str, ...]) -> dict[str, float]:
    """Means over the images in which a score is defined, and sums of what is counted.

    Args:
        scores: One for each image.
        averaged: Beginnings of the names of scores of which the mean is wanted.
    """
    names = dict.fromkeys(name for one in scores for name in one if name.startswith(averaged))
    merged = {name: float(np.mean([one[name] for one in scores if name in one])) for name in names}
    if any(COUNTED[0] in one for one in scores):
        merged.update({name: sum(one.get(name, 0.0) for one in scores) for name in COUNTED})
    return merged
