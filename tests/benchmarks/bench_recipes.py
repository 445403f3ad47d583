"""Objects by watershed against objects by centres, after equal processor time of learning.

``python -m tests.benchmarks.bench_recipes FOLDER objects2d --seconds 120`` learns from three of four images and prints
AP (right over right, false and missed objects, averaged over images, as in Lalit et al. 2021) at overlaps of 0.5 to
0.9 of the others, seconds of learning and of labelling a megavoxel. Steps are timed first, so that each method gets as
many as fit into the time; its learning rate is planned for that.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from desktop_app.cli.configurations import TrainingRequest, training_config
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.job import RecordingContext
from desktop_app.objects.agreement import find_overlaps, scores_at

OVERLAPS = (0.5, 0.6, 0.7, 0.8, 0.9)
EVERY = 4  # one image of so many is kept for the test
TRIED = (3, 13)  # steps of the two trials by which a step is timed


def with_test_images(config: TrainingConfig, most: int) -> TrainingConfig:
    """Every fourth image for the test, and no more images than wanted."""
    step = max(1, len(config.dataset.pairs) // most)
    chosen = config.dataset.pairs[::step][:most]
    pairs = tuple(
        pair.model_copy(update={"role": "test" if n % EVERY == EVERY - 1 else "auto"}) for n, pair in enumerate(chosen)
    )
    return config.model_copy(update={"dataset": config.dataset.model_copy(update={"pairs": pairs})})


def learned(config: TrainingConfig, steps: int, folder: Path) -> tuple[Any, float]:
    """The result of a run of so many steps, and its processor seconds."""
    from desktop_app.jobs.train.run import train_model

    rates = config.optimisation.model_copy(update={"iterations": steps})
    watched = config.validation.model_copy(update={"every": max(1, steps)})
    changed = config.model_copy(update={"optimisation": rates, "validation": watched, "output": str(folder)})
    start = time.process_time()
    return train_model(changed, RecordingContext()), time.process_time() - start


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


def main(folder: Path, goal: str, seconds: float, most: int, settings: tuple[str, ...]) -> None:
    sys.stdout.write(
        f"{folder.name}: method      steps  learning s  " + "  ".join(f"AP {o}" for o in OVERLAPS) + "  s/Mvox\n"
    )
    for recipe in ("semantic", "embedding"):
        with tempfile.TemporaryDirectory() as room:
            request = TrainingRequest(folder, Path(room) / "run", goal, recipe, device="cpu", assignments=settings)
            config = with_test_images(training_config(request, RecordingContext()), most)
            first, second = (learned(config, steps, Path(room) / f"try{steps}")[1] for steps in TRIED)
            each = max(1e-3, (second - first) / (TRIED[1] - TRIED[0]))
            steps = max(20, int(seconds / each))
            result, took = learned(config, steps, Path(room) / "whole")
            views = ({}, {"turned": True}) if recipe == "embedding" else ({},)
            for changes in views:
                scores, speed = measured(Path(result.model), config, changes)
                name = recipe + (", views" if changes else "")
                line = f"{name:24s} {steps:6d} {took:10.0f}   " + "  ".join(f"{s:6.3f}" for s in scores)
                sys.stdout.write(f"{line}  {speed:6.2f}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("goal", choices=["objects2d", "objects3d"])
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--images", type=int, default=40)
    parser.add_argument("--set", action="append", default=[])
    given = parser.parse_args()
    main(given.folder, given.goal, given.seconds, given.images, tuple(given.set))
