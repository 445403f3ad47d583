"""What suits an image better than the model's own settings, or than what a batch does."""

from __future__ import annotations

from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.model_card import ModelCard, chosen_mode
from desktop_app.core.imaging import Plane, Volume
from desktop_app.core.recipes.base import RecipeInfo
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.core.recipes.suggestion import Advice, Suggestion


def suggest_prediction(card: ModelCard, volume: Volume, plane: Plane | None = None) -> Suggestion:
    """Settings that suit an image better than the model's own; none for recipes that see an image in one way only.

    Args:
        card: The model.
        volume: The image.
        plane: The slices that the network sees; None takes those that the model would see by itself.
    """
    recipe = RECIPES.get(card.recipe)
    if recipe is None:
        return Suggestion()
    found = recipe.suggestions(card, volume, plane)
    return Suggestion(tuple(advice for advice in found if advice.value != _own_value(card, recipe, advice)))


def hints(card: ModelCard, volume: Volume, config: InferenceConfig) -> list[str]:
    """Sentences on what would suit an image better than what a batch does."""
    recipe = RECIPES.get(card.recipe)
    if recipe is None:
        return []
    mode = chosen_mode(card, config.mode)
    chosen = {"prediction": {**card.prediction, **config.prediction}, "decode": {**card.decode, **config.decode}}
    sentences = list(recipe.doubts(volume, mode, chosen["prediction"]))
    plane = Plane.XY if recipe.sees_every_plane(mode) else recipe.plane(chosen["prediction"])
    for advice in suggest_prediction(card, volume, plane).advice:
        own = _own_value(card, recipe, advice)
        used = mode if advice.group == "mode" else chosen[advice.group].get(advice.key, own)
        if used != advice.value:
            sentences.append(advice.reason)
    return sentences


def _own_value(card: ModelCard, recipe: RecipeInfo, advice: Advice) -> object:
    """What the model would do by itself."""
    if advice.group == "mode":
        return recipe.modes[0].name
    of_prediction = advice.group == "prediction"
    model, values = (recipe.prediction, card.prediction) if of_prediction else (recipe.decode, card.decode)
    return values.get(advice.key, model.model_fields[advice.key].default)
