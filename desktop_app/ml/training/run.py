"""One training run from its configuration to a saved model."""

from __future__ import annotations

import hashlib
import platform
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray

from desktop_app.core.advice.start_fit import EXTENT, StartFit
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobCancelled, JobContext, Note, RecordingContext
from desktop_app.core.score_trust import RANGES, ScoreTrust
from desktop_app.core.training_result import Kept, Stopped, TrainingResult
from desktop_app.io.atomic import write_json
from desktop_app.io.disk_state import states_of
from desktop_app.io.models import MODEL_SUFFIX, save_model
from desktop_app.ml.inference.devices import describe_device
from desktop_app.ml.inference.loading import network_of, predictor_of
from desktop_app.ml.networks.normalisation import parts_of_the_tile
from desktop_app.ml.recipes.base import shown_scores
from desktop_app.ml.recipes.score_uncertainty import counted_objects
from desktop_app.ml.training.checkpoints import Progression, has_checkpoint, load_progression, load_weights
from desktop_app.ml.training.critic import Critic, write_advice
from desktop_app.ml.training.learner import Learner, new_learner
from desktop_app.ml.training.logs import RunLog
from desktop_app.ml.training.loop import Trainer
from desktop_app.ml.training.malloc_tuning import freed_memory_kept
from desktop_app.ml.training.patches import Patches
from desktop_app.ml.training.plan import TrainingPlan
from desktop_app.ml.training.score_trust import score_trust
from desktop_app.ml.training.start_fit import start_scores
from desktop_app.ml.training.tuning import TuningLog
from desktop_app.ml.training.validation import scores_of_images, tuned_decoding, validate
from desktop_app.ml.training.watching import Watching
from desktop_app.ml.training.weight_averaging import scores_before, settle_weights, start_weights

_PACKAGES = ("torch", "monai", "numpy", "scipy", "scikit-image", "voxelwright")


_SEES_THE_TILE = (
    "This network looks at all of a tile at once (group normalisation, or the means of the picture): with little in a "
    "tile it may paint empty places over. Batch normalisation sees each place alike."
)


def run_training(config: TrainingConfig, run: Path, ctx: JobContext, *, resume: bool = False) -> TrainingResult:
    """Train, or go on training, in a run folder, and save the best model there.

    Raises:
        JobCancelled: When the user stops; the best model so far is saved first.
        UserError: If data, device or disk do not play along.
    """
    plan = TrainingPlan.of(config, run, ctx)
    patches = Patches(plan, ctx)
    resume = resume and has_checkpoint(run / "checkpoints" / "last")
    learner = new_learner(plan, ctx, weights=not resume)
    trainer = Trainer(plan, patches, learner, ctx, RunLog(run))
    if resume and trainer.resume():
        ctx.report(Note("info", f"Going on after step {trainer.progression.step:,}."))
    write_json(run / "manifest.json", _manifest(plan))
    ctx.report(Note("info", _announced(plan)))
    if parts_of_the_tile(learner.network):
        ctx.report(Note("warning", _SEES_THE_TILE))
    if config.start_from and trainer.progression.step == 0:
        _tell_fit(plan, learner, ctx)
    if not trainer.progression.stopped:
        try:
            with freed_memory_kept():
                trainer.train()
        except JobCancelled:
            if trainer.progression.step > 0:
                trainer.keep_something()
                _save_best(plan, trainer)
            raise
        except UserError:
            if has_checkpoint(trainer.best):
                _save_best(plan, trainer)
            raise
    made = _finish(patches, cast(Stopped, trainer.progression.stopped), ctx)
    shutil.rmtree(plan.cache, ignore_errors=True)
    return made


def _tell_fit(plan: TrainingPlan, learner: Learner, ctx: JobContext) -> None:
    """Warn of a start model that finds next to nothing here, before an hour is spent on it."""
    fit = _fit(start_scores(plan, learner.average, ctx))
    if fit.poor:
        ctx.report(Note("warning", fit.poor_words))


def _fit(scores: Mapping[str, float]) -> StartFit:
    return StartFit(scores.get("f1"), scores.get("dice"))


def _save_best(plan: TrainingPlan, trainer: Trainer) -> None:
    """A model of the best state so far, its decoding untuned: whoever stops a run does not wait for that."""
    _save(plan, plan.card, load_progression(trainer.best), load_weights(trainer.best), "cancelled")


def finish_training(config: TrainingConfig, run: Path) -> TrainingResult:
    """Make a model of the best state of a stopped run, with decoding tuned on the validation images.

    Raises:
        UserError: If the run was stopped before its first checkpoint.
    """
    if not has_checkpoint(run / "checkpoints" / "best"):
        raise UserError("This run was stopped too early: there is no model yet.", hint="Resume it, or start anew.")
    ctx = RecordingContext()
    return _finish(Patches(TrainingPlan.of(config, run, ctx), ctx), "cancelled", ctx)


def _finish(patches: Patches, stopped: Stopped, ctx: JobContext) -> TrainingResult:
    """Tune decoding on all validation images, score them and the test images, save the model."""
    plan, data, config = patches.plan, patches.plan.data, patches.plan.config
    best = load_progression(plan.run / "checkpoints" / "best")
    network = network_of(plan.card)
    network.load_state_dict(load_weights(plan.run / "checkpoints" / "best"))
    predictor = predictor_of(plan.card, network, plan.device)
    checked, watching, trust = best.best_scores, Watching(ctx), ScoreTrust()
    critic = Critic(plan.recipe, plan.task)
    start, before = start_weights(config, network), dict[str, float]()
    kept: Kept = "learned" if start is None else settle_weights(predictor, start, patches, ctx)
    if kept == "start":
        best.step = 0
    if start is not None and data.validation:
        before = shown_scores(scores_before(predictor, start, data, ctx))
    if data.validation:
        ctx.report(Note("info", "Tuning how objects are made, on the validation images."))
        few = data.validation[: config.validation.max_images]
        log = TuningLog(ctx)
        tuning = tuned_decoding(predictor, few, plan.task, log)
        predictor.card = tuning.card
        log.keep(plan.run, predictor.card)
        found = scores_of_images(
            predictor, data.validation, plan.task, watching, best.step, final=True, tuning=tuning, critic=critic
        )
        if found:
            checked, trust = plan.recipe.pool([one.scores for one in found]), score_trust(found, plan.recipe, data)
    scores = shown_scores(checked)
    for sentence in trust.sentences:
        ctx.report(Note("info", sentence))
    if data.test:
        tested = validate(predictor, data.test, plan.task, ctx, best.step, final=True)
        scores.update({f"test/{name}": value for name, value in shown_scores(tested).items()})
    best.best_scores = scores
    extent, picture = critic.extent(), watching.picture()
    weights = network.state_dict()
    path = _save(plan, predictor.card, best, weights, stopped, picture, kept=kept, trust=trust, extent=extent)
    scores.update({f"start/{name}": value for name, value in before.items()})
    steps = load_progression(plan.run / "checkpoints" / "last").step
    advice = write_advice(plan, critic, checked.get("score"), steps, poor_start=_fit(before).poor)
    return TrainingResult(plan.run, path, scores, best.step, stopped, counted_objects(checked), kept, trust, advice)


def _save(
    plan: TrainingPlan,
    card: ModelCard,
    best: Progression,
    weights: Mapping[str, torch.Tensor],
    stopped: Stopped,
    preview: NDArray[np.uint8] | None = None,
    *,
    kept: Kept = "learned",
    trust: ScoreTrust | None = None,
    extent: float = 0.0,
) -> Path:
    """Write the model bundle of the best weights into the run folder."""
    arrays = {name: tensor.detach().cpu().contiguous().numpy() for name, tensor in weights.items()}
    training = {**_manifest(plan), "best_step": best.step, "stopped": stopped}
    if plan.config.start_from:
        training |= {"kept": kept, "mean_with_start": kept == "mean"}
    if trust is not None:
        training |= {RANGES: dict(trust.ranges), "checked_on": list(trust.specimens)}
    if extent:
        training[EXTENT] = _extent(plan, extent)
    finished = card.model_copy(
        update={
            "created": datetime.now(UTC).replace(microsecond=0),
            "metrics": {name: round(float(value), 6) for name, value in best.best_scores.items()},
            "training": training,
        }
    )
    return save_model(plan.run / f"{plan.config.name}{MODEL_SUFFIX}", finished, arrays, preview)


def _extent(plan: TrainingPlan, px: float) -> dict[str, Any]:
    """How wide objects are: in pixels, and in the unit of the images where they state one."""
    size = plan.data.validation[0].image.voxel_size
    told: dict[str, Any] = {"px": round(px, 1)}
    return told | ({"size": round(px * size.x, 4), "unit": size.unit} if size.known else {})


def _announced(plan: TrainingPlan) -> str:
    learned, checked = len(plan.data.train), len(plan.data.validation)
    return f"Learning from {learned} and checking with {checked} images, on {describe_device(plan.device)}."


def _manifest(plan: TrainingPlan) -> dict[str, Any]:
    """What the run depends on besides its configuration."""
    config, pretrained = plan.config, plan.start.pretrained
    return {
        "versions": _versions(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "seed": config.seed,
        "device": describe_device(plan.device),
        "images": len(config.dataset.pairs),
        "data_fingerprint": data_fingerprint(config),
        "steps": config.optimisation.iterations,
        "started_from": Path(config.start_from).name if config.start_from else None,
        "pretrained_encoder": pretrained.name if pretrained is not None else None,
    }


def _versions() -> dict[str, str]:
    found: dict[str, str] = {}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "unknown"
    return found


def data_fingerprint(config: TrainingConfig) -> str:
    """A short code of names, sizes and times of the data files; it changes when a file does."""
    paths = [Path(text) for pair in config.dataset.pairs for text in (pair.image, pair.labels) if text is not None]
    return hashlib.sha256(states_of(paths).encode()).hexdigest()[:16]
