"""Names of metrics in plain words; no Qt."""

from __future__ import annotations

_TITLES = {
    "loss/train": "training images",
    "loss/validation": "validation images",
    "score/dice": "overlap (Dice)",
    "score/f1": "objects found rightly (F1)",
    "score/iou": "overlap, strict (IoU)",
}


def curve_title(name: str) -> str | None:
    """The legend of a curve; None for metrics that are not shown."""
    if name in _TITLES:
        return _TITLES[name]
    family, _, rest = name.partition("/")
    return rest.replace("_", " ") if family in ("loss", "score") and rest else None
