"""Scores of agreement in words."""

from __future__ import annotations

from collections import Counter
from html import escape

from desktop_app.jobs.data.evaluate import Evaluation
from desktop_app.objects.matching import OUTCOMES

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
    fates = Counter(match.outcome for found in result.details.values() for match in found.matches)
    lines = "<br>".join(
        f'<span style="color: rgb{color}">■</span> {escape(words)}: {fates[outcome]}'
        for outcome, (words, color) in OUTCOMES.items()
        if fates[outcome]
    )
    return f"<table>{rows}</table><p>{lines}</p>" if rows else "<p>There is nothing to compare.</p>"
