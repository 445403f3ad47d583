"""The recipes a user may choose, described without loading torch."""

from __future__ import annotations

from dataclasses import dataclass

from desktop_app.core.config.base import Parameters
from desktop_app.core.config.inference import RunMode
from desktop_app.core.recipes.panoptic.parameters import PanopticDecode, PanopticPrediction, PanopticTraining
from desktop_app.core.recipes.semantic.parameters import SemanticDecode, SemanticTraining


class NoPrediction(Parameters):
    """A recipe without settings of its own for the network's way over the image."""


@dataclass(frozen=True, slots=True)
class Mode:
    """A way to go through an image.

    Attributes:
        name: Key in files and on the command line.
        title: Shown to the user.
        summary: One sentence: when to choose it.
        dimensions: Models of these dimensions can do it.
    """

    name: RunMode
    title: str
    summary: str
    dimensions: tuple[int, ...] = (2, 3)


@dataclass(frozen=True, slots=True)
class RecipeInfo:
    """What the user sees of a recipe.

    Attributes:
        name: Key in files and on the command line.
        title: Shown to the user.
        summary: One sentence: when to choose it.
        training: Model of its training parameters.
        decode: Model of its parameters from maps to labels.
        prediction: Model of its parameters of how the network sees the image.
        modes: Ways to go through an image; the first is meant by ``auto``.
        colour: Whether colour pictures are taken as grey ones where the model expects one channel.
    """

    name: str
    title: str
    summary: str
    training: type[Parameters]
    decode: type[Parameters]
    prediction: type[Parameters] = NoPrediction
    modes: tuple[Mode, ...] = ()
    colour: bool = False


SEMANTIC_MODES = (
    Mode("volume", "As volumes", "The model sees boxes of the volume.", (3,)),
    Mode("slice", "Slice by slice", "Each slice is labelled by itself.", (2,)),
)
PANOPTIC_MODES = (
    Mode("stack", "Stack", "Slice after slice; objects are followed through the slices. Right for thick slices."),
    Mode(
        "ortho",
        "Three directions",
        "As a stack along x, y and z, then what they agree on. Best for cubic voxels; takes three times as long.",
    ),
    Mode("slice", "Single slices", "Each slice by itself, for stacks of unrelated pictures."),
)

RECIPES: dict[str, RecipeInfo] = {
    info.name: info
    for info in (
        RecipeInfo(
            "semantic",
            "Regions and objects",
            "Learns which voxels belong to a class, then makes objects of them. Suits most images.",
            SemanticTraining,
            SemanticDecode,
            modes=SEMANTIC_MODES,
        ),
        RecipeInfo(
            "panoptic",
            "Objects of slices, joined (panoptic)",
            "Outlines objects in single slices and joins them through the volume. Made for electron microscopy.",
            PanopticTraining,
            PanopticDecode,
            PanopticPrediction,
            PANOPTIC_MODES,
            colour=True,
        ),
    )
}


def modes_of(recipe: str, dimensions: int) -> tuple[Mode, ...]:
    """The ways to go through an image that a model has; none if the recipe is unknown."""
    info = RECIPES.get(recipe)
    return tuple(mode for mode in info.modes if dimensions in mode.dimensions) if info else ()
