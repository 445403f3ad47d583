"""Scores of agreement in words."""

from __future__ import annotations

from collections import Counter
from html import escape

from desktop_app.core.recipes.scores import SCORES
from desktop_app.core.score_rows import score_name
from desktop_app.jobs.data.agreement import THRESHOLDS
from desktop_app.jobs.data.evaluate import F1_COLUMNS, Evaluation
from desktop_app.objects.agreement import mean_defined
from desktop_app.objects.matching import OUTCOMES

_ALIKE = 3  # images: two may have as many objects by chance
_MOST_CLASSES = 20  # that are named one by one; more numbers are those of objects
_FLAWS = {
    "adapted_rand": "Voxels joined or parted wrongly (adapted Rand)",
    "voi_split": "Lost by splitting, bits (VOI)",
    "voi_merge": "Lost by merging, bits (VOI)",
}
"""Of which 0 is perfect; of the others it is 1."""
_SCORES = {
    "f1": score_name("f1"),
    "f1_75": score_name("f1_75"),
    "average_precision": "Found and outlined, overlaps 0.5 to 0.95 (AP)",
    "precision": score_name("precision"),
    "recall": score_name("recall"),
    "panoptic_quality": score_name("panoptic_quality"),
    "dice": score_name("dice"),
    "iou": score_name("iou"),
}
"""The most telling first, as where a training ends."""
SCORE_TITLES = {
    "image": "Image",
    "label_class": "Class",
    **_SCORES,
    **_FLAWS,
    "predicted_objects": "Found objects",
    "true_objects": "True objects",
    "error": "Problem",
    **{column: f"Found rightly at {at:.2f}" for column, at in zip(F1_COLUMNS, THRESHOLDS, strict=True)},
}
SCORE_ADVICE = {key: SCORES[key].text for key in _SCORES if key in SCORES} | {
    column: f"{SCORES['f1'].text} Fits: overlaps by {at:.0%} or more."
    for column, at in zip(F1_COLUMNS, THRESHOLDS, strict=True)
}
OBJECT_TITLES = {
    "true_id": "True object",
    "predicted_id": "Found object",
    "iou": "Overlap (IoU)",
    "predicted_voxels": "Found voxels",
}
CURVE = SCORES["f1"].curve


def scores_html(result: Evaluation) -> str:
    """All scores as a small table, and how many objects have which fate, with the colours of the layer of errors."""
    rows = "".join(_row(title, result.mean[key]) for key, title in _SCORES.items() if key in result.mean)
    rows += "".join(_row(f"Overlap of class {value} (Dice)", dice) for value, dice in _of_classes(result).items())
    flaws = "".join(_row(title, result.mean[key]) for key, title in _FLAWS.items() if key in result.mean)
    if flaws:
        rows += f"<tr><td colspan='2'><br>0 is perfect here:</td></tr>{flaws}"
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


def _row(title: str, value: float) -> str:
    return f"<tr><td>{escape(title)}</td><td align='right'>&nbsp;&nbsp;{value:.3f}</td></tr>"


def _of_classes(result: Evaluation) -> dict[int, float]:
    """The mean Dice of each class; empty where there are not several."""
    values = sorted({case.label_class for case in result.cases if case.label_class is not None})
    if len(values) < 2:
        return {}
    means = {value: mean_defined(c.dice for c in result.cases if c.label_class == value) for value in values}
    return {value: mean for value, mean in means.items() if mean is not None}
