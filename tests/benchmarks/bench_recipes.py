"""Objects by watershed against objects by centres, after equal processor time of learning.

``python -m tests.benchmarks.bench_recipes FOLDER objects2d --seconds 120`` learns from all specimens but those of a
split, and prints AP (right over right, false and missed objects, averaged over images, as in Lalit et al. 2021) at
overlaps of 0.5 to 0.9 of the specimens left out, seconds of learning and of labelling a megavoxel. A specimen is what
the name of an image says before its last ``_``. Steps are timed first, so that each method gets as many as fit into the
time; its learning rate is planned for that. ``--splits 3`` leaves other specimens out each time.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from desktop_app.cli.configurations import training_config
from desktop_app.cli.training_data import TrainingRequest
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.job import JobCancelled, JobEvent, Progress, RecordingContext
from desktop_app.objects.agreement import find_overlaps, scores_at

OVERLAPS = (0.5, 0.6, 0.7, 0.8, 0.9)
EVERY = 4  # one specimen of so many is kept for the test
TRIED = (3, 11)  # steps between which a step is timed


@dataclass(slots=True)
class StepClock(RecordingContext):
    """Notes processor seconds at each step, and stops the trial after the last of ``TRIED``."""

    at: dict[int, float] = field(default_factory=dict)

    def report(self, event: JobEvent) -> None:
        """Note when a step is done."""
        if isinstance(event, Progress) and event.message.startswith("Step "):
            self.at[int(event.done)] = time.process_time()

    def raise_if_cancelled(self) -> None:
        """Stop after the last step that is timed."""
        if TRIED[1] in self.at:
            raise JobCancelled


def with_test_specimens(config: TrainingConfig, most: int, split: int) -> TrainingConfig:
    """Every fourth specimen for the test, counted from that of the split on, and no more images than wanted."""
    step = max(1, len(config.dataset.pairs) // most)
    chosen = config.dataset.pairs[::step][:most]
    specimens = sorted({specimen(pair.name) for pair in chosen})
    every = min(EVERY, len(specimens))
    left_out = {name for n, name in enumerate(specimens) if n % every == split % every}
    pairs = tuple(
        pair.model_copy(update={"role": "test" if specimen(pair.name) in left_out else "auto"}) for pair in chosen
    )
    return config.model_copy(update={"dataset": config.dataset.model_copy(update={"pairs": pairs})})


def specimen(name: str) -> str:
    """What the name says before its last ``_``."""
    return name.rpartition("_")[0] or name


def learned(config: TrainingConfig, steps: int, folder: Path, ctx: RecordingContext) -> tuple[Any, float]:
    """The result of a run of so many steps, None if the context stopped it, and its processor seconds."""
    from desktop_app.jobs.train.run import train_model

    rates = config.optimisation.model_copy(update={"iterations": steps})
    watched = config.validation.model_copy(update={"every": max(1, steps)})
    changed = config.model_copy(update={"optimisation": rates, "validation": watched, "output": str(folder)})
    start = time.process_time()
    try:
        return train_model(changed, ctx), time.process_time() - start
    except JobCancelled:
        return None, time.process_time() - start


def seconds_of_a_step(config: TrainingConfig, folder: Path) -> float:
    """Processor seconds, without what comes before the first and after the last step."""
    clock = StepClock()
    learned(config, TRIED[1] + 1, folder, clock)
    first, last = TRIED
    return max(1e-3, (clock.at[last] - clock.at[first]) / (last - first))


def measured(model: Path, config: TrainingConfig, changes: dict[str, Any]) -> tuple[list[float], float]:
    """AP at each overlap on the test images, and processor seconds a megavoxel."""
    from desktop_app.core.config.inference import InferenceConfig
    from desktop_app.core.recipes.registry import RECIPES
    from desktop_app.io.images.label_reader import open_labels
    from desktop_app.io.images.opening import open_file
    from desktop_app.ml.inference.engine import InferencePlan, labelled, named_labels
    from desktop_app.ml.inference.loading import load_predictor
    from desktop_app.ml.recipes.registry import recipe_named

    predictor = load_predictor(model, "cpu")
    card = predictor.card
    plan = InferencePlan.of(card, InferenceConfig(model="", inputs=(), output="", prediction=changes))
    parameters = RECIPES[card.recipe].decode.model_validate(card.decode)
    rows, seconds, voxels = [], 0.0, 0
    for pair in config.dataset.pairs:
        if pair.role != "test":
            continue
        volume, true = open_file(Path(pair.image)), open_labels(pair.label_path).read()
        start = time.process_time()
        stream = labelled(recipe_named(card.recipe).engine, predictor, volume, parameters, plan, RecordingContext())
        found, _ = named_labels(stream)
        seconds, voxels = seconds + time.process_time() - start, voxels + true.size
        overlaps = find_overlaps(found, true)
        agreed = [scores_at(overlaps, overlap) for overlap in OVERLAPS]
        rows.append([one.tp / max(1, one.tp + one.fp + one.fn) for one in agreed])
    return np.mean(rows, axis=0).tolist(), 1e6 * seconds / max(1, voxels)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(given: argparse.Namespace) -> None:
    say(
        f"{given.folder.name}: method      split  steps  learning s  "
        + "  ".join(f"AP {o}" for o in OVERLAPS)
        + "  s/Mvox"
    )
    means: dict[str, list[list[float]]] = {}
    for split in range(given.first_split, given.first_split + given.splits):
        for recipe in given.methods:
            with tempfile.TemporaryDirectory() as room:
                request = TrainingRequest(
                    given.folder, Path(room) / "run", given.goal, recipe, device="cpu", assignments=tuple(given.set)
                )
                config = with_test_specimens(training_config(request, RecordingContext()), given.images, split)
                steps = max(20, int(given.seconds / seconds_of_a_step(config, Path(room) / "try")))
                result, took = learned(config, steps, Path(room) / "whole", RecordingContext())
                views = ({}, {"turned": True}) if recipe == "embedding" and given.views else ({},)
                for changes in views:
                    scores, speed = measured(Path(result.model), config, changes)
                    name = recipe + (", views" if changes else "")
                    means.setdefault(name, []).append(scores)
                    line = f"{name:24s} {split:5d} {steps:6d} {took:10.0f}   " + "  ".join(f"{s:6.3f}" for s in scores)
                    say(f"{line}  {speed:6.2f}")
    for name, rows in means.items():
        say(f"{name:24s}  mean of {len(rows)} splits         " + "  ".join(f"{s:6.3f}" for s in np.mean(rows, axis=0)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("goal", choices=["objects2d", "objects3d"])
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--images", type=int, default=40)
    parser.add_argument("--splits", type=int, default=1)
    parser.add_argument("--first-split", type=int, default=0)
    parser.add_argument("--methods", nargs="+", default=["semantic", "embedding"])
    parser.add_argument("--views", action="store_true")
    parser.add_argument("--set", action="append", default=[])
    main(parser.parse_args())
