"""Which recipes there are."""

from __future__ import annotations

from desktop_app.core.errors import UserError
from desktop_app.ml.recipes.base import Recipe
from desktop_app.ml.recipes.embedding.recipe import EmbeddingRecipe
from desktop_app.ml.recipes.panoptic.recipe import PanopticRecipe
from desktop_app.ml.recipes.semantic.recipe import SemanticRecipe
from desktop_app.ml.recipes.unsupervised.recipe import UnsupervisedRecipe

COMPUTED: dict[str, Recipe] = {
    "semantic": SemanticRecipe(),
    "panoptic": PanopticRecipe(),
    "embedding": EmbeddingRecipe(),
    "unsupervised": UnsupervisedRecipe(),
}


def recipe_named(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        UserError: If this version does not know it.
    """
    recipe = COMPUTED.get(name)
    if recipe is None:
        raise UserError(
            f"This version does not know the method “{name}”.",
            hint=f"Known methods: {', '.join(COMPUTED)}. Update Voxelwright, or choose another model.",
        )
    return recipe
