"""One training run from its configuration to a saved model."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.advice.start_fit import StartFit, StartLook
from desktop_app.core.checked_images import checked_in_words
from desktop_app.core.config.folds import models_in_turn
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.job import (
    JobCancelled,
    JobContext,
    Note,
    QuietContext,
    RecordingContext,
    SteadyContext,
    SubContext,
)
from desktop_app.core.score_trust import ScoreTrust
from desktop_app.core.training_result import Kept, Stopped, TrainingResult
from desktop_app.io.atomic import write_json
from desktop_app.io.models import models_in
from desktop_app.ml.inference.devices import describe_device, is_too_coarse
from desktop_app.ml.inference.loading import network_of, predictor_of
from desktop_app.ml.inference.predictor import Predictor
from desktop_app.ml.networks.normalisation import parts_of_the_tile
from desktop_app.ml.recipes.base import shown_scores
from desktop_app.ml.recipes.score_uncertainty import counted_objects
from desktop_app.ml.training.checkpoints import Progression, has_checkpoint, load_progression, load_weights, note_made
from desktop_app.ml.training.critic import Critic, write_advice
from desktop_app.ml.training.folds import Checked, check_parts, config_of_whole, kept_folds
from desktop_app.ml.training.learner import Learner
from desktop_app.ml.training.learning import learn, new_trainer
from desktop_app.ml.training.loop import Trainer
from desktop_app.ml.training.patches import Patches
from desktop_app.ml.training.plan import TrainingPlan
from desktop_app.ml.training.saving import manifest, save_trained
from desktop_app.ml.training.score_trust import score_trust
from desktop_app.ml.training.start_fit import start_scores
from desktop_app.ml.training.tuning import TuningLog
from desktop_app.ml.training.validation import notice_one, scores_of_images, tuned_decoding, validate
from desktop_app.ml.training.watching import Watching
from desktop_app.ml.training.weight_averaging import Weights, scores_before, settle_weights, start_weights

_UNCHECKED = (
    "No image was kept aside: the last state was kept, and nothing is known of how good it is. Keep some aside for "
    "validation to know."
)

_LOOKED_AT = 64, 512, 512
"""Voxels (z, y, x) of an image that was learned from that are looked at where none was kept aside: a few tiles."""

_TOO_COARSE = "Half precision (float16) is for graphics cards: the processor computes in full precision."

_SEES_THE_TILE = (
    "This network looks at all of a tile at once (group normalisation, or the means of the picture): with little in a "
    "tile it may paint empty places over. Batch normalisation sees each place alike."
)


def run_training(config: TrainingConfig, run: Path, ctx: JobContext, *, resume: bool = False) -> TrainingResult:
    """Train, or go on training, in a run folder, and save the best model there.

    Raises:
        JobCancelled: When the user stops; once there was a check, the best model so far is saved first.
        UserError: If data, device or disk do not play along.
    """
    checked = None
    if config.dataset.split.folds:
        folds = kept_folds(config, run)
        checked = check_parts(config, folds, run, ctx)
        share = 1 / models_in_turn(config)
        config, ctx = config_of_whole(checked.config, folds), SubContext(ctx, 1 - share, share)
    ctx = steady = SteadyContext(ctx)
    plan = TrainingPlan.of(config, run, steady.beside)
    patches = Patches(plan, steady.beside)
    trainer = new_trainer(plan, patches, ctx, resume=resume)
    write_json(run / "manifest.json", manifest(plan))
    for note in _said_first(plan, trainer.learner):
        ctx.report(note)
    if config.start_from and trainer.progression.step == 0:
        _tell_fit(plan, trainer.learner, ctx)
    ended_before = bool(trainer.progression.stopped)
    try:
        learn(trainer)
        made = _finish(patches, cast(Stopped, trainer.progression.stopped), ctx, checked)
    except JobCancelled:
        if trainer.progression.step > 0:
            trainer.keep_something()
        if trainer.progression.validated > 0:
            _save_best(plan, trainer, ended_before=ended_before)
        raise
    except UserError:
        if has_checkpoint(trainer.best):
            _save_best(plan, trainer, ended_before=ended_before)
        raise
    shutil.rmtree(plan.cache, ignore_errors=True)
    return made


def _said_first(plan: TrainingPlan, learner: Learner) -> Iterator[Note]:
    """What the user should know before the first step."""
    yield Note("info", _announced(plan))
    if beyond := _beyond(plan):
        yield Note("info", beyond)
    if is_too_coarse(plan.device, plan.config.optimisation.precision):
        yield Note("warning", _TOO_COARSE)
    if parts_of_the_tile(learner.network):
        yield Note("warning", _SEES_THE_TILE)


def _tell_fit(plan: TrainingPlan, learner: Learner, ctx: JobContext) -> None:
    """Warn of a start model that finds next to nothing here, before an hour is spent on it."""
    fit = StartFit(_look(start_scores(plan, learner.average, QuietContext(ctx))))
    if fit.poor:
        ctx.report(Note("warning", fit.poor_words))


def _look(scores: Mapping[str, float]) -> StartLook:
    return StartLook(scores.get("f1"), scores.get("dice"))


def _save_best(plan: TrainingPlan, trainer: Trainer, *, ended_before: bool) -> None:
    """A model of the best state so far, its decoding untuned: whoever stops a run does not wait for that.

    The tuned model of a run that had ended before stays.
    """
    if ended_before and models_in(plan.run):
        return
    save_trained(plan, plan.card, load_progression(trainer.best), load_weights(trainer.best), "cancelled")


def finish_training(config: TrainingConfig, run: Path) -> TrainingResult:
    """Make a model of the best state of a stopped run, with decoding tuned on the validation images.

    Raises:
        UserError: If the run was stopped before its first checkpoint.
    """
    if not has_checkpoint(run / "checkpoints" / "best"):
        raise UserError("This run was stopped too early: there is no model yet.", hint="Resume it, or start anew.")
    ctx, checked = RecordingContext(), None
    if config.dataset.split.folds:
        folds = kept_folds(config, run)
        checked = check_parts(config, folds, run, ctx)
        config = config_of_whole(checked.config, folds)
    return _finish(Patches(TrainingPlan.of(config, run, ctx), ctx), "cancelled", ctx, checked)


@dataclass(slots=True)
class _Verdict:
    """What was found with images kept aside, by this run or by a cross-validation before it."""

    card: ModelCard
    checked: dict[str, float]
    before: dict[str, float]
    trust: ScoreTrust
    critic: Critic
    picture: NDArray[np.uint8] | None = None


def _finish(patches: Patches, stopped: Stopped, ctx: JobContext, parts: Checked | None) -> TrainingResult:
    """Tune decoding on all validation images, score them and the test images, save the model."""
    plan, data, config = patches.plan, patches.plan.data, patches.plan.config
    best = load_progression(plan.run / "checkpoints" / "best")
    network = network_of(plan.card)
    network.load_state_dict(load_weights(plan.run / "checkpoints" / "best"))
    predictor = predictor_of(plan.card, network, plan.device)
    start = start_weights(config, network)
    wanted = None if parts is None else parts.kept
    kept: Kept = "learned" if start is None else settle_weights(predictor, start, patches, ctx, wanted)
    if kept == "start":
        best.step = 0
    if parts is None:
        found = _judged(predictor, start, plan, best, ctx)
    else:
        card = plan.card.model_copy(update={"decode": parts.decode})
        picture = parts.watching.picture()
        found = _Verdict(card, parts.scores, parts.before, parts.trust, parts.critic, picture)
    predictor.card = found.card
    scores = shown_scores(found.checked)
    for sentence in found.trust.sentences:
        ctx.report(Note("info", sentence))
    if data.test:
        tested = validate(predictor, data.test, plan.task, ctx, best.step, final=True)
        scores.update({f"test/{name}": value for name, value in shown_scores(tested).items()})
    best.best_scores = scores
    steps = load_progression(plan.run / "checkpoints" / "last").step
    extent, doubts = found.critic.extent(), found.critic.doubts(steps)
    path = save_trained(
        plan, found.card, best, network.state_dict(), stopped, found.picture, kept=kept, trust=found.trust,
        extent=extent, doubts=doubts,
    )  # fmt: skip
    scores.update({f"start/{name}": value for name, value in found.before.items()})
    poor = _look(found.before).poor
    unseen = bool(found.trust.unseen) and set(found.trust.unseen) == set(plan.task.class_names)
    advice = write_advice(
        plan, found.critic, found.checked.get("score"), steps, poor_start=poor, kept_start=kept == "start",
        unseen=unseen, absent=found.trust.unseen,
    )  # fmt: skip
    note_made(plan.run / "checkpoints" / "last")
    objects = counted_objects(found.checked)
    return TrainingResult(plan.run, path, scores, best.step, stopped, objects, kept, found.trust, advice, doubts)


def _judged(
    predictor: Predictor, start: Weights | None, plan: TrainingPlan, best: Progression, ctx: JobContext
) -> _Verdict:
    """Tune decoding on the validation images, and score them; what the run knew of them where there are none."""
    data, watching = plan.data, Watching(ctx)
    found = _Verdict(plan.card, best.best_scores, {}, ScoreTrust(), Critic(plan.recipe, plan.task))
    if not data.validation:
        ctx.report(Note("warning", _UNCHECKED))
        if found.critic.notices:
            predictor.card = found.card
            notice_one(predictor, data.train[0], _LOOKED_AT, found.critic, ctx)
        return found
    if start is not None:
        found.before = shown_scores(scores_before(predictor, start, data, ctx))
    ctx.report(Note("info", "Tuning how objects are made, on the validation images."))
    few = data.validation[: plan.config.validation.max_images]
    log = TuningLog(SubContext(ctx, 1.0, 0.0))  # the bar, which shows steps, stays full
    tuning = tuned_decoding(predictor, few, plan.task, log)
    predictor.card = found.card = tuning.card
    log.keep(plan.run, tuning.card)
    images = scores_of_images(
        predictor, data.validation, plan.task, watching, best.step, final=True, tuning=tuning, critic=found.critic
    )
    if images:
        found.checked = plan.recipe.pool([one.scores for one in images])
        found.trust = score_trust(images, plan.recipe, data)
    found.picture = watching.picture()
    return found


def _announced(plan: TrainingPlan) -> str:
    checked = checked_in_words(len(plan.data.validation), plan.config.validation.max_images)
    return f"Learning from {_images(len(plan.data.train))} and {checked}, on {describe_device(plan.device)}."


def _beyond(plan: TrainingPlan) -> str:
    """A sentence where images are smaller than a patch that was not made to hold them; empty if none is."""
    patch = plan.config.patch_size
    small = [
        image.name
        for image in plan.data.train
        if any(edge > size for edge, size in zip(patch, image.image.shape, strict=True) if edge > 1)
    ]
    if not small or plan.config.whole_images:
        return ""
    size = " × ".join(str(edge) for edge in patch)
    some = f"{small[0]} is" if len(small) == 1 else f"{len(small)} of {len(plan.data.train)} images are"
    return f"{some} smaller than the patch of {size} (z, y, x): what it has beyond them is not learned from."


def _images(count: int) -> str:
    return {0: "none", 1: "1 image"}.get(count, f"{count} images")
