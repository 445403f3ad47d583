"""Train a model, go on with a stopped run, or keep the best of it."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pydantic import ValidationError

from desktop_app.core.config.base import explain
from desktop_app.core.config.continuation import Continuation
from desktop_app.core.config.folds import models_in_turn
from desktop_app.core.config.smaller import done_again, smaller, smaller_in_words
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.config.training_time import with_time
from desktop_app.core.errors import NotEnoughMemoryError, UnreadableFileError, UserError
from desktop_app.core.job import ForwardContext, JobContext, JobEvent, Note, OnceContext
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.core.training_result import TrainingResult
from desktop_app.io.atomic import make_folder, remove_all_leftovers, restore_set_aside, write_text, writing
from desktop_app.io.folder_lock import FolderLock
from desktop_app.io.images.registry import open_volume
from desktop_app.io.json_files import read_json
from desktop_app.io.models import models_in
from desktop_app.jobs.train.moved_images import moved, require_there
from desktop_app.jobs.train.whole_images import as_they_are

CONFIG_FILE = "config.json"
LOG_FILE = "log.txt"
_MUCH_LONGER = 1.5
"""Times the wanted minutes from which it is said that they do not do."""


def train_model(config: TrainingConfig, ctx: JobContext) -> TrainingResult:
    """Train from a configuration in its run folder, which must not hold a run yet.

    Raises:
        JobCancelled: When the user stops. A checkpoint to resume from is saved first, and once there was a check the
            best model so far, too.
        UserError: If the data, the settings or the disk do not allow it; the folder goes if nothing was learned yet.
    """
    if not config.output:
        raise UserError("The run has no folder.", hint="Choose where the run shall be saved.")
    run = Path(config.output)
    if (run / CONFIG_FILE).exists():
        raise UserError(
            f"The folder {run.name} holds a run already.", hint="Choose another folder, or resume that run."
        )
    config = as_they_are(config, ctx)
    if config.optimisation.fill_gpu:
        config = _filled(config, ctx)
    with writing(run):
        run.mkdir(parents=True, exist_ok=True)
        if any(run.iterdir()):
            raise UserError(f"The folder {run.name} is not empty.", hint="Choose a new folder for the run.")
    try:
        write_text(run / CONFIG_FILE, config.model_dump_json(indent=2) + "\n")
        return _run(config, run, ctx, resume=False)
    except UserError:
        if not any(run.glob("**/checkpoints/*/state.json")):
            shutil.rmtree(run, ignore_errors=True)
        raise


def _filled(config: TrainingConfig, ctx: JobContext) -> TrainingConfig:
    """The configuration with as many patches per step as the graphics card takes."""
    from desktop_app.ml.training.batch_size import filled

    pairs = [pair for pair in config.dataset.pairs if pair.role != "unused"]
    if not pairs:
        return config
    volume = open_volume(Path(pairs[0].image), reading=pairs[0].reading)
    grey = RECIPES[config.recipe].color and volume.rgb
    return filled(config, 1 if grey else volume.channels, ctx)


def resume_training(run: Path, ctx: JobContext) -> TrainingResult:
    """Go on with a stopped run from its last checkpoint; on a CPU as if it had never stopped.

    Raises:
        JobCancelled: As ``train_model``.
        UserError: If the folder holds no run, or its images were moved.
    """
    config = load_run_config(run)
    require_there(config)
    return _run(config, run, ctx, resume=True)


def continue_training(run: Path, changes: Continuation, ctx: JobContext) -> TrainingResult:
    """Go on with a stopped run, or with one that had ended, otherwise than before.

    The configuration from before is kept in the run folder, named after the steps that were done with it.

    Raises:
        JobCancelled: As ``train_model``.
        UserError: If the folder holds no run, its images were moved, the run has no such state, it has ended and no
            more steps are wanted, or it is a cross-validation, whose scores would be those of another training.
    """
    if changes.changes_nothing:
        return resume_training(run, ctx)
    from desktop_app.ml.training.continuing import prepare_checkpoint, steps_done

    before = load_run_config(run)
    if before.dataset.split.folds:
        raise UserError(
            f"The run {run.name} is a cross-validation, which can only go on as it was.",
            hint="Begin a new training, or improve the model that it made.",
        )
    require_there(before)
    with FolderLock(run, partial(_busy, run.name)):
        done = steps_done(run)
        config = changes.applied(before, done)
        if changes.first_step(done) >= config.optimisation.iterations:
            raise UserError(
                f"The run {run.name} has done its {done:,} steps already.",
                hint="Say how many steps more it shall learn.",
            )
        kept = run / f"config-until-{done}.json"
        write_text(kept, before.model_dump_json(indent=2) + "\n")
        prepare_checkpoint(run, changes)
        write_text(run / CONFIG_FILE, config.model_dump_json(indent=2) + "\n")
    return _run(config, run, ctx, resume=True)


def find_images(run: Path, folders: Sequence[Path]) -> TrainingConfig:
    """Note where the images of a run are now; nothing is learned yet.

    Args:
        run: The run folder.
        folders: Where images and labels are, with the names that they had.

    Raises:
        UserError: If the run is going on, or an image is not found there or is not the same; nothing is changed then.
    """
    from desktop_app.ml.training.moved_images import note_moved

    with FolderLock(run, partial(_busy, run.name)):
        before = load_run_config(run)
        config = moved(before, [folder.absolute() for folder in folders])
        note_moved(run, before.dataset.pairs, config.dataset.pairs)
        write_text(run / CONFIG_FILE, config.model_dump_json(indent=2) + "\n")
    return config


def finish_run(run: Path) -> TrainingResult:
    """Make a model of the best state of a stopped run, with object making tuned on its validation images.

    Raises:
        UserError: If the run was stopped before there was anything to keep.
    """
    from desktop_app.ml.training import finish_training

    return finish_training(load_run_config(run), run)


def kept_of(run: Path) -> str:
    """What a run that was stopped has kept, in a sentence."""
    models = models_in(run) if was_checked(run) else []
    if models:
        return f"The best state so far is kept: {models[0]}"
    return "It was stopped before its first check: no model is kept."


def was_checked(run: Path) -> bool:
    """Whether a run came as far as its first validation, so that it has a best state to make a model of."""
    state = saved_state(run)
    return state is not None and state.checked > 0


@dataclass(frozen=True, slots=True)
class SavedState:
    """The last state of a run that was saved, from which it goes on.

    Attributes:
        step: Steps that it has learned.
        checked: The step of its last validation; 0 before the first.
        ended: Whether it has come to its end, by itself or because nothing got better, and has made its model.
        unmade: Whether it has learned to its end, and was stopped before its model was tuned and saved.
    """

    step: int
    checked: int
    ended: bool
    unmade: bool = False


def saved_state(run: Path) -> SavedState | None:
    """What a run goes on from; None where nothing is saved, or it cannot be read."""
    try:
        told = read_json(run / "checkpoints" / "last" / "state.json")["progression"]
        stopped, unmade = bool(told.get("stopped")), bool(told.get("unmade"))
        return SavedState(int(told["step"]), int(told["validated"]), stopped and not unmade, unmade)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def load_run_config(run: Path) -> TrainingConfig:
    """The configuration of a run.

    Raises:
        UserError: If it is missing or damaged.
    """
    path = run / CONFIG_FILE
    try:
        return TrainingConfig.model_validate(read_json(path))
    except OSError as error:
        hint = "Choose the folder of a training run."
        raise UnreadableFileError(path, "the folder holds no training run.", hint=hint, details=str(error)) from error
    except ValidationError as error:
        raise explain(error, f"The configuration of the run {run.name}") from error
    except ValueError as error:
        raise UnreadableFileError(path, "it is damaged.", details=str(error)) from error


def _run(config: TrainingConfig, run: Path, ctx: JobContext, *, resume: bool) -> TrainingResult:
    from desktop_app.jobs.train.tracking.tracked import tracked
    from desktop_app.ml.training import run_training

    forward = ForwardContext(ctx)
    with (
        FolderLock(run, partial(_busy, run.name)),
        _logged(run, forward) as heard,
        tracked(config, run, heard) as logged,
    ):
        remove_all_leftovers(run)
        restore_set_aside(run)
        while True:
            try:
                config = _timed(config, run, logged)
                return run_training(config, run, logged, resume=resume)
            except NotEnoughMemoryError:
                less = smaller(config)
                if less is None:
                    raise
            told = smaller_in_words(config, less) + _lost(config, run, forward.reached)
            logged.report(Note("warning", told))
            config, resume = less, True
            write_text(run / CONFIG_FILE, config.model_dump_json(indent=2) + "\n")


def _lost(config: TrainingConfig, run: Path, reached: float) -> str:
    """Which steps are done again after memory ran out; nothing is said where several models are trained in turn."""
    if config.dataset.split.folds:
        return ""
    saved = saved_state(run)
    return done_again(saved.step if saved else 0, round(reached * config.optimisation.iterations))


def _timed(config: TrainingConfig, run: Path, ctx: JobContext) -> TrainingConfig:
    """The configuration with its minutes turned into steps, which are written down and stay as they are; measured anew
    only in a run that has no state yet.
    """
    from desktop_app.ml.training.checkpoints import has_checkpoint
    from desktop_app.ml.training.folds import has_part_begun
    from desktop_app.ml.training.pace import measure_pace

    minutes = config.optimisation.minutes
    if not minutes or has_checkpoint(run / "checkpoints" / "last") or has_part_begun(run):
        return config
    measured, folder, each = _measured(config, run)
    pace = measure_pace(measured, folder, ctx)
    fixed = with_time(config, pace)
    write_text(run / CONFIG_FILE, fixed.model_dump_json(indent=2) + "\n")
    steps = fixed.optimisation.iterations
    text = f"About {minutes:g} minutes{each}: {steps:,} steps here, {pace.step:.2g} s each, and checks."
    ctx.report(Note("info", text))
    longer = pace.seconds(fixed) / 60
    if longer > _MUCH_LONGER * minutes:
        text = f"{steps} steps, the fewest that make sense, and the checks take about {longer:.0f} minutes here."
        ctx.report(Note("warning", text))
    return fixed


def _measured(config: TrainingConfig, run: Path) -> tuple[TrainingConfig, Path, str]:
    """What is timed: the run itself, or the first part of a cross-validation; where, and of what the minutes are."""
    from desktop_app.ml.training.folds import config_of_part, folder_of_part, kept_folds

    if not config.dataset.split.folds:
        return config, run, ""
    folds, folder = kept_folds(config, run), folder_of_part(run, 1)
    make_folder(folder)
    return config_of_part(config, folds, 1), folder, f" for each of {models_in_turn(config)} models"


def _busy(run: str, holder: str, details: str) -> UserError:
    return UserError(f"The run {run} is going on already ({holder}).", hint="Wait until it is done.", details=details)


@dataclass(frozen=True, slots=True)
class _LoggedContext:
    """Writes notes into the run's log on their way."""

    ctx: JobContext
    logger: logging.Logger

    def report(self, event: JobEvent) -> None:
        """Pass on; notes are written down, too."""
        if isinstance(event, Note):
            self.logger.log(getattr(logging, event.level.upper()), event.text)
        self.ctx.report(event)

    def raise_if_cancelled(self) -> None:
        """Stop where the job is asked to stop."""
        self.ctx.raise_if_cancelled()


class _LogFile(logging.FileHandler):
    """Lacks lines where the disk is full: what must be written tells of that, in a sentence."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Go on."""

    def close(self) -> None:
        """Let go of the file, whether or not its last lines can be written."""
        with suppress(OSError):
            super().close()


@contextmanager
def _logged(run: Path, ctx: JobContext) -> Iterator[JobContext]:
    logger = logging.Logger(f"training.{run.name}")
    with writing(run / LOG_FILE):
        handler = _LogFile(run / LOG_FILE, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    try:
        yield OnceContext(_LoggedContext(ctx, logger))
        logger.info("Done.")
    except UserError as error:
        logger.error(str(error))
        raise
    finally:
        handler.close()
