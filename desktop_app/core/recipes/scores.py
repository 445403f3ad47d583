"""What scores measure, in words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Score:
    """A score between 0 and 1.

    Attributes:
        key: In files.
        title: What it measures.
        text: One sentence of explanation.
        symbol: As it is called in papers; empty where that is not usual.
        curve: Legend of its curve; empty where it is not drawn.
    """

    key: str
    title: str
    text: str
    symbol: str = ""
    curve: str = ""


_WHOLE_QUALITY = "Finding and outlining together"

SCORES: dict[str, Score] = {
    score.key: score
    for score in (
        Score(
            "f1",
            "Objects found rightly",
            "Share of objects that were found and fit; missed and false ones count.",
            "F1",
            "objects found rightly (F1)",
        ),
        Score(
            "pq",
            _WHOLE_QUALITY,
            "Panoptic quality: share found, times the fit of outlines (PQ).",
            "PQ",
            "finding and outlining together (PQ)",
        ),
        Score(
            "f1_75",
            "Objects outlined closely",
            "Share of objects that overlap with the truth by three quarters or more.",
            "F1 at 0.75",
        ),
        Score(
            "dice",
            "Overlap with the truth",
            "How well the marked places agree with the labels (Dice).",
            "Dice",
            "overlap (Dice)",
        ),
        Score("iou", "Overlap, strict", "Common area over joint area (IoU).", "IoU", "overlap, strict (IoU)"),
        Score("precision", "Found objects that are real", "The rest are false finds.", "precision"),
        Score("recall", "Real objects that were found", "The rest were missed.", "recall"),
        Score("panoptic_quality", _WHOLE_QUALITY, "Panoptic quality: share found, times the fit of outlines.", "PQ"),
        Score("mean_matched_iou", "Fit of outlines", "Mean overlap of the objects that were found."),
    )
}
"""The most telling first. A recipe with scores of its own lists them in ``RecipeInfo.scores``."""
