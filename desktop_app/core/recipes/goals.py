"""What a user may want a model for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from desktop_app.core.labelling.scheme import LabelKind


@dataclass(frozen=True, slots=True)
class Goal:
    """One answer to "What should the model do?".

    Attributes:
        name: Key on the command line.
        title: Shown on the card.
        text: One sentence below it.
        example: What it suits, for instance.
        dimensions: 2 or 3; None lets the images decide.
        kind: What labels of a folder are taken for.
        mark: Ends the name of a model.
        brief: A few words for the command line's help.
        picture: Name of the drawing on the card; one of the shared ones where a goal brings none of its own.
    """

    name: str
    title: str
    text: str
    example: str
    dimensions: Literal[2, 3] | None
    kind: LabelKind
    mark: str
    brief: str
    picture: str


OBJECTS_3D = Goal(
    "objects3d",
    "Find objects in volumes",
    "Each object gets its own number, through all slices.",
    "Nuclei or cells in a stack of light microscopy",
    3,
    "objects",
    "3D",
    "objects in volumes",
    "objects3d",
)
OBJECTS_2D = Goal(
    "objects2d",
    "Find objects in pictures",
    "Works on single pictures, and slice by slice on stacks.",
    "Cells in a dish, thick or uneven sections",
    2,
    "objects",
    "2D",
    "slice by slice",
    "objects2d",
)
REGIONS = Goal(
    "regions",
    "Mark regions",
    "Says what kind of thing each place is, without counting objects.",
    "Tissue and background, membrane and cytoplasm",
    None,
    "classes",
    "regions",
    "kinds of places",
    "regions",
)
"""Goals that several families may serve; a goal of one family alone stands in its own room."""
