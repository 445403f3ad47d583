"""How fast a training goes on this computer, by a few of its own steps, which change nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.config.training_time import Pace
from desktop_app.core.job import JobContext, Progress, QuietContext, SteadyContext
from desktop_app.ml.inference.loading import predictor_of
from desktop_app.ml.malloc_tuning import freed_memory_kept
from desktop_app.ml.training.learner import new_learner
from desktop_app.ml.training.logs import RunLog
from desktop_app.ml.training.loop import Trainer
from desktop_app.ml.training.patches import Patches
from desktop_app.ml.training.plan import TrainingPlan
from desktop_app.ml.training.validation import validate

_UNTIMED = 2
"""Steps before the first that is timed: libraries choose their ways, and memory is fetched, in the first."""
_TIMED = 8
"""Steps that are timed at most."""
_ENOUGH = 5.0
"""Seconds of timed steps after which no more are needed: the mean is then right to some percent."""

_GUESSED = 1.0
"""Seconds of a step where none could be taken, as the loss was no number."""


def measure_pace(config: TrainingConfig, run: Path, ctx: JobContext) -> Pace:
    """Take a few steps, and look at one of the images kept aside; what was learned is forgotten.

    Args:
        config: Of the run.
        run: Its folder: what is decided once, and patches that are cut once, serve the run, too.
        ctx: Hears about progress, and may cancel.

    Raises:
        JobCancelled: When the user stops.
        UserError: If data, device or memory do not play along.
    """
    began = time.perf_counter()
    few = config.optimisation.model_copy(update={"iterations": _UNTIMED + _TIMED})
    tried = config.model_copy(update={"optimisation": few})
    quiet, steady = QuietContext(ctx), SteadyContext(ctx)
    with TemporaryDirectory(ignore_cleanup_errors=True) as curves:
        plan = TrainingPlan.of(tried, run, QuietContext(steady.beside, kept=(Progress,)))
        trainer = Trainer(plan, Patches(plan, steady.beside), new_learner(plan, quiet), quiet, RunLog(Path(curves)))
        ctx.report(Progress(0, 0, "Timing a few steps on this computer"))
        start = time.perf_counter() - began
        with freed_memory_kept(), closing(trainer.timed_steps()) as steps:
            step = _mean_seconds(steps)
        checked = _seconds_per_image(trainer, ctx)
    images = plan.data.validation
    return Pace(step, checked * min(len(images), config.validation.max_images), checked * len(images), start)


def _mean_seconds(steps: Iterator[float]) -> float:
    """Of a step, the first ones left out, and others only until these took long enough."""
    timed: list[float] = []
    for number, seconds in enumerate(steps):
        if number >= _UNTIMED:
            timed.append(seconds)
        if sum(timed) >= _ENOUGH:
            break
    return fmean(timed) if timed else _GUESSED


def _seconds_per_image(trainer: Trainer, ctx: JobContext) -> float:
    """Of checking an image of middle size; 0 without any."""
    images = sorted(trainer.plan.data.validation, key=lambda image: image.region.size)
    if not images:
        return 0.0
    predictor = predictor_of(trainer.plan.card, trainer.learner.average, trainer.plan.device)
    began = time.perf_counter()
    validate(predictor, [images[len(images) // 2]], trainer.plan.task, QuietContext(ctx), 0)
    return time.perf_counter() - began
