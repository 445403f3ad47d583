"""How an image is looked at: ways through it, views of it, and how uncertain these leave each voxel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.config.inference import RunMode

UNCERTAINTY = "uncertainty"
"""Name of the map that says it."""
UNCERTAINTY_END = "_uncertainty"
"""End of the name of the file that holds it, beside the result."""
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
        "Worth about one object in a hundred; switch it on for final results.",
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
