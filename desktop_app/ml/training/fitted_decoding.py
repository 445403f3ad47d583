"""Making objects fit labels that a finished model did not learn from; its weights stay as they are."""

from __future__ import annotations

from pathlib import Path

from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.job import JobContext, Metric, Note, Progress, QuietContext, SubContext
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.core.tuned_model import ScoredValues, TunedModel
from desktop_app.ml.data.dataset import gather_to_check
from desktop_app.ml.inference.loading import load_predictor
from desktop_app.ml.recipes.base import Recipe, Task, shown_scores
from desktop_app.ml.recipes.registry import recipe_named
from desktop_app.ml.training.score_trust import ImageScores, score_ranges
from desktop_app.ml.training.tuning import PICTURE, TABLE, TuningLog
from desktop_app.ml.training.validation import Tuning, scores_of_images, tuned_decoding

_PARTS = 3
"""Steps told: labelling and searching, and the two scores before and after it."""


def fitted_decoding(model: Path, dataset: DatasetConfig, device: str, out: Path | None, ctx: JobContext) -> TunedModel:
    """What suits the labels best, with scores before and after it.

    Args:
        model: Path of the ``.vwmodel``; it is only read.
        dataset: Images with labels of the kind that the model makes.
        device: Where to compute.
        out: A folder, which is there, for the table and the picture of what was tried; None writes none.
        ctx: Hears about progress and what is tried, and may cancel.

    Raises:
        JobCancelled: When asked to stop.
        UserError: If model or images cannot be used.
    """
    predictor = load_predictor(model, device)
    card, recipe, info = predictor.card, recipe_named(predictor.card.recipe), RECIPES[predictor.card.recipe]
    known = {name: value for name, value in card.recipe_parameters.items() if name in info.training.model_fields}
    task = Task.of_dataset(dataset, info.training.model_validate(known), card.dimensions)
    images = gather_to_check(dataset, card, task, ctx)
    trying = QuietContext(SubContext(ctx, 0.0, 1 / _PARTS), kept=(Metric, Note, Progress))
    log, quiet = TuningLog(trying, images="labelled images"), QuietContext(ctx)
    ctx.report(Progress(0, _PARTS, "Labelling the images, and trying values"))
    tuning = tuned_decoding(predictor, images, task, log)

    def scored(known: Tuning) -> ScoredValues:
        return _scores(scores_of_images(predictor, images, task, quiet, 0, final=True, tuning=known), recipe)

    ctx.report(Progress(1, _PARTS, "Scoring the values that the model has"))
    before = scored(Tuning(card, maps=tuning.maps))
    ctx.report(Progress(2, _PARTS, "Scoring the new values"))
    after = scored(Tuning(tuning.card, maps=tuning.maps))
    apart = scored(tuning) if tuning.others else ScoredValues()
    log.keep(out, tuning.card)
    ctx.report(Progress(_PARTS, _PARTS, "Done"))
    files = () if out is None or not log.points else tuple(p for p in (out / TABLE, out / PICTURE) if p.exists())
    decode = tuning.card.decode
    return TunedModel(card, decode, before, after, apart, tuple(log.points), len(images), files)


def _scores(found: list[ImageScores], recipe: Recipe) -> ScoredValues:
    return ScoredValues(shown_scores(recipe.pool([one.scores for one in found])), score_ranges(found, recipe))
