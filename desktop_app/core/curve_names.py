"""Names of metrics in plain words; no Qt."""

from __future__ import annotations

from desktop_app.core.recipes.registry import all_scores

_PART = "part "
"""Begins the name of the loss of a model of a cross-validation."""
_LOSSES = {"loss/train": "training images", "loss/validation": "validation images"}


def curve_title(name: str, classes: int = 1) -> str | None:
    """The legend of a curve; None for metrics that are not shown.

    Args:
        name: Of the metric.
        classes: How many classes are learned; scores of single classes are shown from two on.
    """
    if name in _LOSSES:
        return _LOSSES[name]
    family, _, rest = name.partition("/")
    if family == "loss" and rest.startswith(_PART):
        return rest
    key, _, kind = rest.partition("/")
    if family != "score":
        return None
    score = all_scores().get(key)
    if not kind:
        return (score.curve or None) if score is not None else None
    word = score.symbol if score is not None and score.symbol else key.capitalize()
    return f"{kind} ({word})" if classes > 1 else None
