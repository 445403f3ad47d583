"""Names of metrics in plain words; no Qt."""

from __future__ import annotations

_TITLES = {
    "loss/train": "training images",
    "loss/validation": "validation images",
    "score/pq": "finding and outlining together (PQ)",
    "score/dice": "overlap (Dice)",
    "score/f1": "objects found rightly (F1)",
    "score/iou": "overlap, strict (IoU)",
}


def curve_title(name: str, classes: int = 1) -> str | None:
    """The legend of a curve; None for metrics that are not shown.

    Args:
        name: Of the metric.
        classes: How many classes are learned; scores of single classes are shown from two on.
    """
    if name in _TITLES:
        return _TITLES[name]
    family, _, rest = name.partition("/")
    score, _, kind = rest.partition("/")
    word = score.upper() if score == "pq" else "IoU" if score == "iou" else score.capitalize()
    return f"{kind} ({word})" if family == "score" and kind and classes > 1 else None
