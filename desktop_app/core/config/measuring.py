"""What is measured of objects."""

from __future__ import annotations

from pydantic import Field

from desktop_app.core.config.base import Parameters
from desktop_app.core.labelling.scheme import LabelKind


class MeasureSettings(Parameters):
    """Which groups of columns a table of objects has besides size and place."""

    kind: LabelKind = Field(
        default="objects",
        title="Label values are",
        description="Objects: each number is an object. Classes: each island of a class is one. "
        "A project knows which it has.",
    )
    shape: bool = Field(
        default=True,
        title="Shape",
        description="Surface, roundness, diameter, axes. Takes longest, some 3 ms an object; the rest hardly any time.",
    )
    intensity: bool = Field(
        default=True,
        title="Grey values",
        description="Mean, standard deviation, smallest, largest and sum, of each channel of the image.",
    )
    neighbours: bool = Field(
        default=True,
        title="Neighbours",
        description="How many objects touch each one, which is nearest, and how far it is.",
    )
