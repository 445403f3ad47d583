"""Scores of agreement in words."""

from __future__ import annotations

from collections import Counter
from html import escape

from desktop_app.jobs.data.evaluate import Evaluation
from desktop_app.objects.agreement import mean_defined
from desktop_app.objects.matching import OUTCOMES

_ALIKE = 3  # images: two may have as many objects by chance
_MOST_CLASSES = 20  # that are named one by one; more numbers are those of objects
SCORE_TITLES = {
    "image": "Image",
    "label_class": "Class",
    "dice": "Dice",
    "iou": "IoU",
    "f1": "F1",
    "f1_75": "F1 at 0.75",
    "average_precision": "AP 0.5 to 0.95",
    "precision": "Precision",
    "recall": "Recall",
    "panoptic_quality": "Panoptic quality",
    "adapted_rand": "Adapted Rand error",
    "voi_split": "VOI by splitting (bits)",
    "voi_merge": "VOI by merging (bits)",
    "predicted_objects": "Found objects",
    "true_objects": "True objects",
    "error": "Problem",
}


def scores_html(result: Evaluation) -> str:
    """All scores as a small table, and how many objects have which fate, with the colours of the layer of errors."""
    rows = "".join(
        f"<tr><td>{SCORE_TITLES[score]}</td><td align='right'>&nbsp;&nbsp;{value:.3f}</td></tr>"
        for score, value in result.mean.items()
    )
    rows += "".join(
        f"<tr><td>Dice of class {value}</td><td align='right'>&nbsp;&nbsp;{dice:.3f}</td></tr>"
        for value, dice in _of_classes(result).items()
    )
    fates = Counter(match.outcome for found in result.details.values() for match in found.matches)
    lines = "<br>".join(
        f'<span style="color: rgb{color}">■</span> {escape(words)}: {fates[outcome]}'
        for outcome, (words, color) in OUTCOMES.items()
        if fates[outcome]
    )
    return f"<table>{rows}</table><p>{lines}</p>" if rows else "<p>There is nothing to compare.</p>"


def class_hint(result: Evaluation) -> str:
    """A sentence where objects were compared, and their numbers look like those of classes; empty where they do not."""
    numbers = {frozenset(match.truth for match in found.matches if match.of_truth) for found in result.details.values()}
    alike = next(iter(numbers), frozenset[int]())
    if len(result.details) < _ALIKE or len(numbers) > 1 or not 1 < len(alike) <= _MOST_CLASSES:
        return ""
    named = ", ".join(map(str, sorted(alike)))
    return f"All true labels have the same numbers ({named}). If these name classes, tick “Label values are classes”."


def _of_classes(result: Evaluation) -> dict[int, float]:
    """The mean Dice of each class; empty where there are not several."""
    values = sorted({case.label_class for case in result.cases if case.label_class is not None})
    if len(values) < 2:
        return {}
    means = {value: mean_defined(c.dice for c in result.cases if c.label_class == value) for value in values}
    return {value: mean for value, mean in means.items() if mean is not None}
