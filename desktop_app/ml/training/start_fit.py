"""What a model to improve finds in the labelled images before it learns from them."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from torch import nn

from desktop_app.core.advice.start_fit import StartLook
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.job import JobContext, Progress, QuietContext
from desktop_app.io.models import load_card
from desktop_app.ml.inference.loading import predictor_of
from desktop_app.ml.recipes.base import shown_scores
from desktop_app.ml.training.learner import new_learner
from desktop_app.ml.training.plan import TrainingPlan
from desktop_app.ml.training.validation import validate
from desktop_app.ml.training.watching import Watching

_LOOKED_AT = 3
"""Images: enough to see that next to nothing is found, and done in seconds."""


def look_with_start(config: TrainingConfig, ctx: JobContext) -> StartLook:
    """What the start model finds in a few labelled images, as the training shows them to it; nothing to tell where its
    classes are others.

    Raises:
        JobCancelled: When the user stops.
        UserError: If data or model cannot be used.
    """
    quiet = QuietContext(ctx, kept=(Progress,))
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        plan = TrainingPlan.of(config, Path(folder), quiet)
        ctx.report(Progress(0, 0, "Trying the start model on your labels"))
        watching = Watching(quiet)
        scores = start_scores(plan, new_learner(plan, quiet).average, watching)
        return StartLook(scores.get("f1"), scores.get("dice"), watching.picture())


def start_scores(plan: TrainingPlan, network: nn.Module, ctx: JobContext) -> dict[str, float]:
    """Scores of a network with the weights of the start model, by what training maximises and what users know.

    Args:
        plan: Of the run.
        network: In evaluation mode.
        ctx: Hears a preview of the first image, and may cancel.
    """
    start = plan.config.start_from
    if not start or load_card(Path(start)).output_channels != plan.card.output_channels:
        return {}
    images = (*plan.data.validation, *plan.data.rehearsal)[:_LOOKED_AT]
    predictor = predictor_of(plan.card, network, plan.device)
    return shown_scores(validate(predictor, images, plan.task, ctx, 0, final=True))
