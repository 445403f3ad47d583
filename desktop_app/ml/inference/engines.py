"""Which engine serves which recipe, and what a configuration asks of it."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from desktop_app.core.config.base import explain
from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.model_card import ModelCard, require_mode
from desktop_app.core.errors import UserError
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.ml.inference.engine import Engine, Way
from desktop_app.ml.recipes.panoptic.inference import PanopticEngine
from desktop_app.ml.recipes.semantic.engine import TiledEngine

ENGINES: dict[str, Engine] = {"semantic": TiledEngine(), "panoptic": PanopticEngine()}


def engine_of(card: ModelCard) -> Engine:
    """The engine of a model's recipe.

    Raises:
        UserError: If this version does not know the recipe.
    """
    engine = ENGINES.get(card.recipe)
    if engine is None:
        raise UserError(f"This version does not know the method “{card.recipe}”.", hint="Update Voxelwright.")
    return engine


def way_of(card: ModelCard, config: InferenceConfig, scratch: Path | None = None) -> Way:
    """The way that a configuration wants a model to go.

    Raises:
        UserError: If the mode or a parameter does not fit the model.
    """
    require_mode(card, config.mode)
    info = RECIPES[card.recipe]
    mode = config.mode
    if mode == "auto":
        mode = next((m.name for m in info.modes if card.dimensions in m.dimensions), mode)
    try:
        prediction = info.prediction.model_validate({**card.prediction, **config.prediction})
    except ValidationError as error:
        raise explain(error, "The settings of how the model sees the image") from error
    return Way(mode, prediction, config.tiling, config.channels, scratch, config.replicas)
