"""Whether a model to improve fits the images: what it finds before it learns, and how large its objects were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
_OTHER_SIZE = 1.3
"""Ratio of sizes from which the size that the model knows is tried; models learn from 0.85 to 1.15 times it."""
_TOLD = 1.6
"""Ratio from which it is told that objects are of another size, where nothing can be done about it."""
_BETTER = 0.05
"""Gain of a score on a few images that is no chance."""


@dataclass(frozen=True, slots=True)
class StartLook:
    """What a model finds in a few labelled images before it learns from them.

    Attributes:
        f1: Share of the objects that it finds rightly; None where they are not counted.
        dice: Overlap with the labels; None if it is not known.
        picture: ``(Y, X, 3) uint8`` of the first image with what it finds; None where there is none.
    """

    f1: float | None = None
    dice: float | None = None
    picture: NDArray[np.uint8] | None = field(default=None, compare=False)

    @property
    def known(self) -> bool:
        """Whether it could be scored: its classes are those of the labels."""
        return self.f1 is not None or self.dice is not None

    @property
    def poor(self) -> bool:
        """Whether it finds next to nothing."""
        if self.f1 is not None:
            return self.f1 < _NOTHING
        return self.dice is not None and self.dice < _NOTHING_OVERLAP

    @property
    def words(self) -> str:
        """What it finds, to go behind “finds”."""
        if self.f1 is not None:
            return f"{self.f1:.0%} of the objects rightly"
        return f"an overlap of {self.dice or 0:.0%}"

    def better_than(self, other: StartLook) -> bool:
        """Whether it finds clearly more."""
        mine, theirs = (self.f1, other.f1) if self.f1 is not None else (self.dice, other.dice)
        return mine is not None and theirs is not None and mine > theirs + _BETTER


@dataclass(frozen=True, slots=True)
class StartFit:
    """How a model fits images before it learns from them.

    Attributes:
        as_it_is: What it finds in the images as the training shows them to it.
        sized: What it finds at the size that it knows; None where that was not tried.
        changes: Training parameters that show it the images so.
        at: What these do, in words.
        model_extent: Median width of the objects that it knows, in pixels as it saw them; 0 if that is not known.
        extent: The same of the objects in the images.
        other_size: What to do about another size, to go behind a colon, where the method cannot.
    """

    as_it_is: StartLook = field(default_factory=StartLook)
    sized: StartLook | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    at: str = ""
    model_extent: float = 0.0
    extent: float = 0.0
    other_size: str = ""

    @property
    def better_sized(self) -> bool:
        """Whether it does clearly better at the size that it knows."""
        return self.sized is not None and self.sized.better_than(self.as_it_is)

    @property
    def poor(self) -> bool:
        """Whether it finds next to nothing at either size, so that training from scratch is better."""
        return (self.sized if self.sized is not None and self.better_sized else self.as_it_is).poor

    @property
    def poor_words(self) -> str:
        """That it does not fit, in a sentence; empty where it does."""
        if not self.poor:
            return ""
        return (
            f"The start model does not fit these images: before learning, it finds {self.as_it_is.words}. Training "
            "from scratch is better."
        )

    @property
    def size_words(self) -> str:
        """That the objects are of another size, and what comes of it; empty where they are not, or it is not known."""
        here = self._widths()
        if self.sized is not None:
            taken = f"So it learns at {self.at}."
            if not self.better_sized:
                clear = self.as_it_is.better_than(self.sized)
                taken = "So it learns" if clear else "That is no clear difference, so it learns"
                taken += " from them as they are, unless you choose otherwise."
            return (
                f"{here}Before learning, the start model finds {self.sized.words} at {self.at}, and "
                f"{self.as_it_is.words} as the images are. {taken}"
            )
        ratio = self.extent / self.model_extent if min(self.model_extent, self.extent) > 0 else 1.0
        if 1 / _TOLD < ratio < _TOLD or not self.other_size:
            return ""
        return f"{here.rstrip('. ')}: {self.other_size}"

    def _widths(self) -> str:
        if min(self.model_extent, self.extent) <= 0:
            return ""
        return f"Your objects are {self.extent:.0f} px wide, those that the model knows {self.model_extent:.0f} px. "


def times_larger(card: ModelCard, report: DataReport) -> float:
    """How many times larger the objects of images are than those that a model knows, in pixels as it saw them.

    By the widths of the objects, else by the sizes of the voxels; 1 where neither is known.

    Args:
        card: Of the model.
        report: What the images hold.
    """
    known, here = extent_of(card), extent_in(report)
    if known and here:
        return here / known
    if card.voxel_size.known and report.voxel_size.known and card.voxel_size.unit == report.voxel_size.unit:
        seen = card.voxel_size.x * RECIPES[card.recipe].scales(card, card.prediction)[2]
        return seen / report.voxel_size.x
    return 1.0


def size_to_try(card: ModelCard, config: TrainingConfig, report: DataReport) -> dict[str, Any]:
    """Training parameters that show a model to improve the images at the size that it knows; nothing where they do so
    already, or its method cannot.
    """
    recipe, times = RECIPES[config.recipe], times_larger(card, report)
    _, now = recipe.exact_scales(config.recipe_parameters)
    if 1 / _OTHER_SIZE < times / now < _OTHER_SIZE:
        return {}
    return recipe.sized(card, config.recipe_parameters, report.voxel_size, times)


def extent_in(report: DataReport) -> float:
    """Median width of the objects in images, in pixels; 0 where there are none."""
    return float(max(report.object_size[1:])) if report.object_size is not None else 0.0


def extent_of(card: ModelCard) -> float:
    """Median width of the objects that a model was checked with, in pixels as it saw them; 0 where its card does not
    tell.
    """
    if card.object_diameter is not None:
        return card.object_diameter
    told: Any = card.training.get(EXTENT)
    value = told.get("px") if isinstance(told, dict) else None
    if not isinstance(value, int | float) or value <= 0:
        return 0.0
    recipe = RECIPES.get(card.recipe)
    return float(value) / (recipe.scales(card, card.prediction)[2] if recipe is not None else 1.0)
