"""Whether a model to improve fits the images: what it finds before it learns, and how large its objects were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.recipes.data_report import DataReport
from desktop_app.core.recipes.registry import RECIPES

EXTENT = "object_extent"
"""Where a model's card tells, under ``training``, how wide the objects were that it was checked with."""
_NOTHING = 0.15
"""F1 below which a model finds next to nothing. A model of mitochondria that found 11 of 164 (F1 about 0.1) in images
of another microscope was worse after finetuning on three slices (0.06) than one that learned from these alone (0.26).
"""
_NOTHING_OVERLAP = 0.2
"""The same of the Dice, where no objects are counted; by chance it is above 0."""
_OTHER_SIZE = 1.6
"""Ratio of widths from which objects are of another size; models are taught with 0.85 to 1.15 times their size."""


@dataclass(frozen=True, slots=True)
class StartFit:
    """How a model fits images before it learns from them.

    Attributes:
        f1: Share of the objects that it finds rightly; None where they are not counted.
        dice: Overlap with the labels; None if it is not known.
        model_extent: Median width of the objects that it was checked with, in pixels; 0 if that is not known.
        extent: The same of the objects in the images.
        scale: At which these would be as large as the model knows them, where its method can shrink images; else 0.
        other_size: What to do about another size, to go behind a colon, where it cannot.
    """

    f1: float | None = None
    dice: float | None = None
    model_extent: float = 0.0
    extent: float = 0.0
    scale: int = 0
    other_size: str = ""

    @property
    def poor(self) -> bool:
        """Whether it finds next to nothing, so that training from scratch is better."""
        if self.f1 is not None:
            return self.f1 < _NOTHING
        return self.dice is not None and self.dice < _NOTHING_OVERLAP

    @property
    def poor_words(self) -> str:
        """That it does not fit, in a sentence; empty where it does."""
        if not self.poor:
            return ""
        score = f"{self.f1:.0%} of the objects rightly" if self.f1 is not None else f"an overlap of {self.dice:.0%}"
        return (
            f"The start model does not fit these images: before learning, it finds {score}. Training from scratch is "
            "better."
        )

    @property
    def size_words(self) -> str:
        """That the objects are of another size, in a sentence; empty where they are not, or it is not known."""
        if min(self.model_extent, self.extent) <= 0:
            return ""
        ratio = self.extent / self.model_extent
        if 1 / _OTHER_SIZE < ratio < _OTHER_SIZE:
            return ""
        here = f"Your objects are {self.extent:.0f} px wide, those that the model knows {self.model_extent:.0f} px"
        return f"{here}." if self.scale else f"{here}: {self.other_size}"


def fit_of(scores: Mapping[str, float], card: ModelCard, config: TrainingConfig, report: DataReport | None) -> StartFit:
    """How a model fits.

    Args:
        scores: Of the model on labelled images, before it learned.
        card: Of the model.
        config: Of the training that is to improve it.
        report: What the images hold; None where they were not looked at.
    """
    recipe = RECIPES[config.recipe]
    known, now = extent_of(card), 0.0
    if report is not None and report.object_size is not None:
        now = float(max(report.object_size[1:]))
    scale = 0
    if recipe.scale_parameter and known and now / known >= _OTHER_SIZE:
        scale = max(1, round(recipe.scale(card.recipe_parameters) * now / known))
        scale = 0 if scale == recipe.scale(config.recipe_parameters) else scale
    return StartFit(scores.get("f1"), scores.get("dice"), known, now, scale, recipe.other_size)


def extent_of(card: ModelCard) -> float:
    """Median width of the objects that a model was checked with, in pixels; 0 where its card does not tell."""
    told: Any = card.training.get(EXTENT)
    value = told.get("px") if isinstance(told, dict) else None
    return float(value) if isinstance(value, int | float) and value > 0 else 0.0
