"""How an image is looked at: ways through it, views of it, and how uncertain these leave each voxel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.config.inference import RunMode
from desktop_app.core.config.learning import AugmentationParameters

UNCERTAINTY = "uncertainty"
"""Name of the map that says it."""
UNCERTAINTY_END = "_uncertainty"
"""End of the name of the file that holds it, beside the result."""
VIEWS = "views"
"""Key of the ``LearnedViews`` in the record of a training."""
_QUARTER = 90  # degrees: turns up to this or more show an image in every quarter
MOST_SPREAD = 0.5
"""Largest standard deviation that probabilities can have: half of the looks say 0, the others 1."""


def turned_field(views: str, times: str) -> Any:
    """Whether the image is also looked at turned and mirrored.

    Args:
        views: How many views of what, in words.
        times: How many times as long that takes.
    """
    return Field(
        default=False,
        title="Look at it turned, too",
        description=f"Takes the mean of {views}, which takes {times} times as long. "
        "Worth about one object in a hundred; switch it on for final results. A model of images that all lie alike is "
        "only shown the views that it knows.",
    )


def uncertainty_field(grain: str = "") -> Any:
    """Whether it is told how uncertain voxels are.

    Args:
        grain: A sentence on how finely, if not for each voxel.
    """
    return Field(
        default=False,
        title="Tell where it is unsure",
        json_schema_extra=field_extra(advanced=True),
        description="By how much the views, or several models, disagree. Shown as a layer of the preview, and saved "
        f"beside each result in percent: above 20 deserves a look. {grain}Needs turned views or several models.",
    )


@dataclass(frozen=True, slots=True)
class LearnedViews:
    """In which views a model has seen its images; others than these would mislead it.

    Attributes:
        turned: Turned by quarters in the slice.
        mirrored: Mirrored along every axis.
    """

    turned: bool = True
    mirrored: bool = True

    @classmethod
    def by(cls, changes: AugmentationParameters) -> LearnedViews:
        """What the random changes of patches have shown."""
        mirrored = changes.enabled and changes.flip and changes.flip_share > 0
        return cls(changes.enabled and changes.rotate and changes.angle >= _QUARTER, mirrored)

    @classmethod
    def of(cls, training: Mapping[str, Any]) -> LearnedViews:
        """What the record of a training says; all of them where it says nothing, as of older models."""
        told = training.get(VIEWS)
        if not isinstance(told, Mapping):
            return cls()
        return cls(**{key: bool(told.get(key, True)) for key in ("turned", "mirrored")})

    def has(self, quarters: int, *, mirrored: bool) -> bool:
        """Whether an image was seen after so many quarter turns, mirrored along x or z after them or not.

        Mirrored along both axes of a slice is turned by two quarters.
        """
        if self.mirrored:
            return self.turned or quarters % 2 == 0
        return not mirrored and (self.turned or quarters == 0)

    def left_out(self) -> str:
        """Which views are left out, in words; empty if none is."""
        missing = " or ".join(word for word in ("turned", "mirrored") if not getattr(self, word))
        return f"The model has not learned to see images {missing}, so it is not shown any." if missing else ""


def views_left_out(prediction: Parameters, training: Mapping[str, Any]) -> str:
    """Which of the wanted views a model is not shown, in words; empty where it is shown all.

    Args:
        prediction: How the network is to see the image, with a ``turned_field``.
        training: The record of the model's training.
    """
    return LearnedViews.of(training).left_out() if getattr(prediction, "turned", False) else ""


class LooksPrediction(Parameters):
    """How the network sees an image."""

    turned: bool = turned_field("8 views of each slice, or of 16 of a volume", "8 or 16")
    uncertainty: bool = uncertainty_field()


@dataclass(frozen=True, slots=True)
class Mode:
    """A way to go through an image.

    Attributes:
        name: Key in files and on the command line.
        title: Shown to the user.
        summary: One sentence: when to choose it.
        dimensions: Models of these dimensions can do it.
        every_plane: Whether the image is seen in all three planes, one after the other.
    """

    name: RunMode
    title: str
    summary: str
    dimensions: tuple[int, ...] = (2, 3)
    every_plane: bool = False
