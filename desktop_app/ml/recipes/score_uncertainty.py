"""How much of a score may be chance: a few objects say little."""

from __future__ import annotations

import math
from collections.abc import Mapping

_WORTHWHILE = 0.01  # of a score: less is not worth another state


def counted_objects(scores: Mapping[str, float]) -> int | None:
    """True objects that scores were counted on; None where objects are not counted."""
    return round(scores["tp"] + scores["fn"]) if "tp" in scores else None


def doubt(scores: Mapping[str, float]) -> float:
    """The standard error of ``score``, half of which is F1 or hangs on it; 0 where objects are not counted.

    One hit and one miss are added (Laplace's rule of succession), so that a single object that was found, or none at
    all, does not look certain.

    Args:
        scores: Of a recipe; where objects are counted, ``tp``, ``fn`` and, unless there are none, ``f1``.
    """
    objects = counted_objects(scores)
    if objects is None:
        return 0.0
    share = (scores.get("f1", 0.0) * objects + 1) / (objects + 2)
    return math.sqrt(share * (1 - share) / (objects + 2)) / 2


def needed_gain(scores: Mapping[str, float]) -> float:
    """By how much another score must be higher to be believed: more than chance, and enough to matter."""
    return max(_WORTHWHILE, doubt(scores))
