"""The last checkpoint of a run, prepared for going on otherwise than before."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from desktop_app.core.config.continuation import Continuation
from desktop_app.core.errors import UserError
from desktop_app.io.atomic import atomic_path, writing
from desktop_app.io.training_curves import METRICS_FILE, PICTURES
from desktop_app.ml.training.checkpoints import (
    AVERAGE,
    NETWORK,
    has_checkpoint,
    has_optimiser,
    load_optimiser,
    load_progression,
    load_weights,
    save_checkpoint,
)


def steps_done(run: Path) -> int:
    """Steps that a run has done.

    Raises:
        UserError: If it was stopped before its first checkpoint.
    """
    last = run / "checkpoints" / "last"
    if not has_checkpoint(last):
        raise UserError(f"The run {run.name} has no state to go on from.", hint="Start the training anew.")
    return load_progression(last).step


def prepare_checkpoint(run: Path, changes: Continuation) -> None:
    """Write the state that a run shall go on from; a run that had ended has not any more.

    Raises:
        UserError: If there is no such state, or a file is damaged.
    """
    last, best = (run / "checkpoints" / name for name in ("last", "best"))
    at = load_progression(last)
    first = changes.first_step(at.step)
    restart: dict[str, Any] = {}
    if changes.restarts_rate:
        restart = {"began": first, "falls": 0, "lowest": None, "flat": 0, "stale": 0}
    elif changes.learning_rate is not None or at.stopped == "early":
        # The rate that is wanted counts, not what is left of it; and another way gets its time.
        restart = {"falls": 0, "flat": 0, "stale": 0}
    if changes.count_from is not None:
        _put_curves_aside(run, at.step)
    optimiser = None
    if changes.state == "best":
        if not has_checkpoint(best):
            raise UserError(
                f"The run {run.name} has no best state: it was stopped before its first check.",
                hint="Go on from the last state.",
            )
        found = load_weights(best)
        weights = {prefix + name: value.clone() for prefix in (NETWORK, AVERAGE) for name, value in found.items()}
    else:
        weights = load_weights(last)
        if has_optimiser(last):  # none of a best state that was not yet gone on from
            optimiser = load_optimiser(last) | ({"losses": []} if changes.count_from is not None else {})
    progression = replace(at, step=first, validated=min(at.validated, first), stopped="", unmade=False, **restart)
    save_checkpoint(last, progression, weights, optimiser)


def _put_curves_aside(run: Path, step: int) -> None:
    """Keep curves and pictures of checks under another name, as those after the step to count from no longer count."""
    curves, pictures = run / METRICS_FILE, run / PICTURES
    if curves.is_file():
        target = run / f"metrics-until-{step}.csv"
        with writing(target), atomic_path(target) as temporary:
            shutil.copyfile(curves, temporary)
    if pictures.is_dir():
        target = run / f"{PICTURES}-until-{step}"
        with writing(target):
            shutil.copytree(pictures, target, dirs_exist_ok=True)
        shutil.rmtree(pictures, ignore_errors=True)
