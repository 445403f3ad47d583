"""Look whether a model fits the images that shall improve it."""

from __future__ import annotations

from pathlib import Path

from desktop_app.core.advice.start_fit import StartFit, fit_of
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.job import JobContext
from desktop_app.core.recipes.data_report import DataReport
from desktop_app.io.models import load_card


def start_fit(config: TrainingConfig, report: DataReport, ctx: JobContext) -> StartFit:
    """How the model that a training starts from does before it learns; all is well where it starts from none.

    Raises:
        JobCancelled: When the user stops.
        UserError: If data or model cannot be used.
    """
    if not config.start_from:
        return StartFit()
    from desktop_app.ml.training.start_fit import score_start

    return fit_of(score_start(config, ctx), load_card(Path(config.start_from)), config, report)
