"""The recipes a user may choose, described without loading torch."""

from __future__ import annotations

from dataclasses import dataclass

from desktop_app.core.config.base import Parameters
from desktop_app.core.config.semantic import SemanticDecode, SemanticTraining


@dataclass(frozen=True, slots=True)
class RecipeInfo:
    """What the user sees of a recipe.

    Attributes:
        name: Key in files and on the command line.
        title: Shown to the user.
        summary: One sentence: when to choose it.
        training: Model of its training parameters.
        decode: Model of its parameters from maps to labels.
    """

    name: str
    title: str
    summary: str
    training: type[Parameters]
    decode: type[Parameters]


RECIPES: dict[str, RecipeInfo] = {
    info.name: info
    for info in (
        RecipeInfo(
            "semantic",
            "Regions and objects",
            "Learns which voxels belong to a class, then makes objects of them. Suits most images.",
            SemanticTraining,
            SemanticDecode,
        ),
    )
}
