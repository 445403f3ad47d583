"""Look whether a model fits the images that shall improve it, also at the size that it knows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from desktop_app.core.advice.start_fit import StartFit, StartLook, extent_in, extent_of, size_to_try
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.job import JobContext
from desktop_app.core.recipes.data_report import DataReport
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.io.models import load_card


def start_fit(config: TrainingConfig, report: DataReport, ctx: JobContext) -> StartFit:
    """How the model that a training starts from does before it learns; all is well where it starts from none.

    Where its objects were of another size, it is also tried on images resized to that.

    Raises:
        JobCancelled: When the user stops.
        UserError: If data or model cannot be used.
    """
    if not config.start_from:
        return StartFit()
    from desktop_app.ml.training.start_fit import look_with_start

    card, recipe = load_card(Path(config.start_from)), RECIPES[config.recipe]
    changes = size_to_try(card, config, report)
    sized: StartLook | None = None
    as_it_is = look_with_start(config, ctx)
    if changes and as_it_is.known:
        sized = look_with_start(resized(config, changes), ctx)
    return StartFit(
        as_it_is,
        sized,
        changes,
        recipe.sized_words(changes) if changes else "",
        extent_of(card),
        extent_in(report),
        recipe.other_size,
    )


def resized(config: TrainingConfig, changes: Mapping[str, Any]) -> TrainingConfig:
    """A training whose images are shown to the network at another size.

    Args:
        config: Of the training.
        changes: As ``StartFit.changes``.
    """
    parameters = {**config.recipe_parameters, **changes}
    return TrainingConfig.model_validate({**config.model_dump(), "recipe_parameters": parameters})


def at_the_better_size(config: TrainingConfig, fit: StartFit) -> TrainingConfig:
    """The training with images at the size that the start model knows, where it does clearly better so."""
    return resized(config, fit.changes) if fit.better_sized else config
