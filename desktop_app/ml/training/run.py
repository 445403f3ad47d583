"""One training run from its configuration to a saved model."""

from __future__ import annotations

import hashlib
import platform
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.imaging.overlay import overlay
from desktop_app.core.job import JobCancelled, JobContext, JobEvent, Note, Preview, RecordingContext
from desktop_app.io.atomic import write_json
from desktop_app.io.disk_state import disk_state
from desktop_app.io.models import MODEL_SUFFIX, save_model
from desktop_app.ml.data.dataset import TrainingData, gather
from desktop_app.ml.inference.devices import choose_device, describe_device
from desktop_app.ml.inference.loading import network_of, predictor_of
from desktop_app.ml.networks.registry import require_patch
from desktop_app.ml.recipes.base import shown_scores
from desktop_app.ml.recipes.registry import recipe_named
from desktop_app.ml.recipes.score_uncertainty import counted_objects
from desktop_app.ml.training.checkpoints import Progression, has_checkpoint, load_progression, load_weights
from desktop_app.ml.training.logs import RunLog
from desktop_app.ml.training.loop import Trainer
from desktop_app.ml.training.malloc_tuning import freed_memory_kept
from desktop_app.ml.training.setup import first_card, new_learner
from desktop_app.ml.training.start import kept_start, start_of
from desktop_app.ml.training.validation import calibrated_card, validate
from desktop_app.ml.training.weight_averaging import scores_before, settle_weights, start_weights

_PACKAGES = ("torch", "monai", "numpy", "scipy", "scikit-image", "voxelwright")


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """What a run has made.

    Attributes:
        path: The model bundle.
        scores: Of the best state on the validation images, ``test/…`` on the test images, and ``start/…`` those that
            the model to finetune had on the validation images.
        best_step: Step of the best state.
        stopped: ``finished``, ``early`` or ``cancelled``.
        objects: True objects in the validation images; None where they are not counted.
    """

    path: Path
    scores: dict[str, float]
    best_step: int
    stopped: str
    objects: int | None


def run_training(config: TrainingConfig, run: Path, ctx: JobContext, *, resume: bool = False) -> TrainedModel:
    """Train, or go on training, in a run folder, and save the best model there.

    Raises:
        JobCancelled: When the user stops; the best model so far is saved first.
        UserError: If data, device or disk do not play along.
    """
    require_patch(config.network, config.network_arguments, config.patch_size)
    device = choose_device(config.device, ctx)
    start = start_of(config, run, ctx)
    data = gather(config, start.normalisation, run / "cache", ctx)
    resume = resume and has_checkpoint(run / "checkpoints" / "last")
    learner = new_learner(config, data, start, device, ctx, weights=not resume)
    trainer = Trainer(config, data, learner, run, ctx, RunLog(run))
    if resume and trainer.resume():
        ctx.report(Note("info", f"Going on after step {trainer.progression.step:,}."))
    write_json(run / "manifest.json", _manifest(config, run, device))
    ctx.report(Note("info", _announced(data, device)))
    if not trainer.progression.stopped:
        try:
            with freed_memory_kept():
                trainer.train()
        except JobCancelled:
            if trainer.progression.step > 0:
                trainer.keep_something()
                best, weights = load_progression(trainer.best), load_weights(trainer.best)
                _save(config, run, trainer.learner.card, best, weights, "cancelled")
            raise
    made = _finish(config, run, trainer.learner.card, data, trainer.progression.stopped, ctx)
    shutil.rmtree(run / "cache", ignore_errors=True)
    return made


def finish_training(config: TrainingConfig, run: Path) -> TrainedModel:
    """Make a model of the best state of a stopped run, with decoding tuned on the validation images.

    Raises:
        UserError: If the run was stopped before its first checkpoint.
    """
    if not has_checkpoint(run / "checkpoints" / "best"):
        raise UserError("This run was stopped too early: there is no model yet.", hint="Resume it, or start anew.")
    ctx = RecordingContext()
    start = start_of(config, run, ctx)
    data = gather(config, start.normalisation, run / "cache", ctx)
    card = first_card(config, data, start, recipe_named(config.recipe).channels(data.task))
    return _finish(config, run, card, data, "cancelled", ctx)


def _finish(
    config: TrainingConfig, run: Path, card: ModelCard, data: TrainingData, stopped: str, ctx: JobContext
) -> TrainedModel:
    """Tune decoding on all validation images, score them and the test images, save the model."""
    best = load_progression(run / "checkpoints" / "best")
    network = network_of(card)
    network.load_state_dict(load_weights(run / "checkpoints" / "best"))
    predictor = predictor_of(card, network, choose_device(config.device))
    checked, watching = best.best_scores, _Watching(ctx)
    begun, before = start_weights(config, network), dict[str, float]()
    mean = begun is not None and settle_weights(predictor, begun, config, data, ctx)
    if begun is not None and data.validation:
        before = shown_scores(scores_before(predictor, begun, data, ctx))
    if data.validation:
        ctx.report(Note("info", "Tuning how objects are made, on the validation images."))
        few = data.validation[: config.validation.max_images]
        predictor.card = calibrated_card(predictor, few, data.task, ctx)
        checked = validate(predictor, data.validation, data.task, watching, best.step, final=True)
    scores = shown_scores(checked)
    if data.test:
        tested = validate(predictor, data.test, data.task, ctx, best.step, final=True)
        scores.update({f"test/{name}": value for name, value in shown_scores(tested).items()})
    best.best_scores = scores
    path = _save(config, run, predictor.card, best, network.state_dict(), stopped, watching.picture(), mean=mean)
    scores.update({f"start/{name}": value for name, value in before.items()})
    return TrainedModel(path, scores, best.step, stopped, counted_objects(checked))


@dataclass(slots=True)
class _Watching:
    """Passes everything on, and remembers the first preview for the model's picture."""

    ctx: JobContext
    seen: Preview | None = None

    def report(self, event: JobEvent) -> None:
        """Pass on."""
        if isinstance(event, Preview) and self.seen is None:
            self.seen = event
        self.ctx.report(event)

    def raise_if_cancelled(self) -> None:
        """As the job."""
        self.ctx.raise_if_cancelled()

    def picture(self) -> NDArray[np.uint8] | None:
        """The preview ``(Y, X, 3)`` with coloured labels, None where there was none."""
        return None if self.seen is None else overlay(self.seen.image, self.seen.labels)


def _save(
    config: TrainingConfig,
    run: Path,
    card: ModelCard,
    best: Progression,
    weights: Mapping[str, torch.Tensor],
    stopped: str,
    preview: NDArray[np.uint8] | None = None,
    *,
    mean: bool = False,
) -> Path:
    """Write the model bundle of the best weights into the run folder."""
    arrays = {name: tensor.detach().cpu().contiguous().numpy() for name, tensor in weights.items()}
    device = choose_device(config.device)
    training = {**_manifest(config, run, device), "best_step": best.step, "stopped": stopped}
    if config.start_from:
        training["mean_with_start"] = mean
    finished = card.model_copy(
        update={
            "created": datetime.now(UTC).replace(microsecond=0),
            "metrics": {name: round(float(value), 6) for name, value in best.best_scores.items()},
            "training": training,
        }
    )
    return save_model(run / f"{config.name}{MODEL_SUFFIX}", finished, arrays, preview)


def _announced(data: TrainingData, device: torch.device) -> str:
    return (
        f"Learning from {len(data.train)} and checking with {len(data.validation)} images, "
        f"on {describe_device(device)}."
    )


def _manifest(config: TrainingConfig, run: Path, device: torch.device) -> dict[str, Any]:
    """What the run depends on besides its configuration."""
    start = kept_start(run)
    return {
        "versions": _versions(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "seed": config.seed,
        "device": describe_device(device),
        "images": len(config.dataset.pairs),
        "data_fingerprint": data_fingerprint(config),
        "steps": config.optimisation.iterations,
        "started_from": Path(config.start_from).name if config.start_from else None,
        "pretrained_encoder": start.encoder.name if start is not None and start.encoder is not None else None,
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
    digest = hashlib.sha256()
    for pair in config.dataset.pairs:
        for text in (pair.image, pair.labels):
            path = Path(text)
            digest.update(f"{path.name}:{disk_state(path)};".encode())
    return digest.hexdigest()[:16]
