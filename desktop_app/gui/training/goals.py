"""What a user may want a model for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from desktop_app.core.labelling.scheme import LabelKind


@dataclass(frozen=True, slots=True)
class Goal:
    """One answer to "What should the model do?".

    Attributes:
        name: Key; also the name of its picture.
        title: Shown on the card.
        text: One sentence below it.
        example: What it suits, for instance.
        dimensions: 2 or 3; None lets the images decide.
        kind: What labels of a folder are taken for.
        mark: Ends the name of a model.
        recipes: The families of methods that serve it.
    """

    name: str
    title: str
    text: str
    example: str
    dimensions: Literal[2, 3] | None
    kind: LabelKind
    mark: str
    recipes: tuple[str, ...] = ("semantic",)


GOALS: dict[str, Goal] = {
    goal.name: goal
    for goal in (
        Goal(
            "objects3d",
            "Find objects in volumes",
            "Each object gets its own number, through all slices.",
            "Nuclei or cells in a stack of light microscopy",
            3,
            "objects",
            "3D",
        ),
        Goal(
            "objects2d",
            "Find objects in pictures",
            "Works on single pictures, and slice by slice on stacks.",
            "Cells in a dish, thick or uneven sections",
            2,
            "objects",
            "2D",
        ),
        Goal(
            "regions",
            "Mark regions",
            "Says what kind of thing each place is, without counting objects.",
            "Tissue and background, membrane and cytoplasm",
            None,
            "classes",
            "regions",
        ),
        Goal(
            "organelles",
            "Outline objects in electron microscopy slices",
            "Outlines them slice by slice and joins them through the volume; learns from few small patches.",
            "Mitochondria, nuclei, droplets; with membranes or cytoplasm as regions, if you like",
            2,
            "objects",
            "EM",
            ("panoptic",),
        ),
    )
}


def goal_for(kind: LabelKind, flat: bool, recipe: str = "semantic") -> Goal:
    """The goal that suits a project, or a model.

    Args:
        kind: What the labels hold.
        flat: Whether the images are single pictures.
        recipe: Family of methods of the model.
    """
    for goal in GOALS.values():
        if recipe in goal.recipes and recipe != "semantic":
            return goal
    if kind == "classes":
        return GOALS["regions"]
    return GOALS["objects2d" if flat else "objects3d"]
