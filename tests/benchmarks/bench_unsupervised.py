"""Structures found without labels, beside Otsu's threshold on the same images.

    python -m tests.benchmarks.bench_unsupervised FOLDER [--steps N] [--seeds N] [--train N] [--test N] [--set K=V]

FOLDER holds ``images`` and ``labels``. Each seed learns from other images, without their labels, and is scored on
images that it never saw: Dice of the foreground, and F1 of objects at an IoU of 0.5 after the same watershed. No
parameter is tuned on labels.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skimage.filters import threshold_otsu

from desktop_app.cli.configurations import training_config
from desktop_app.cli.training_data import TrainingRequest
from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.job import RecordingContext
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.opening import open_file
from desktop_app.objects.agreement import object_scores, scores_from_counts, voxel_scores

RECIPE = "unsupervised"


def agreement(found: NDArray[np.uint32], true: NDArray[np.uint32]) -> tuple[float, tuple[int, int, int]]:
    """Dice of the foreground, and objects right, false and missed."""
    overlap = voxel_scores(found > 0, true > 0, np.ones(true.shape, bool)).dice
    matched = object_scores(found, true, iou=0.5)
    return overlap if overlap is not None else 1.0, (matched.tp, matched.fp, matched.fn)


def summary(rows: list[tuple[float, tuple[int, int, int]]]) -> tuple[float, float]:
    """Mean Dice, and F1 of all objects together."""
    tp, fp, fn = np.sum([counts for _, counts in rows], axis=0).tolist()
    return float(np.mean([dice for dice, _ in rows])), scores_from_counts(tp, fp, fn, 0.0).f1 or 0.0


def by_threshold(images: list[Path], truths: list[NDArray[np.uint32]], card: ModelCard) -> tuple[float, float]:
    """Otsu's threshold of each image, then the same way to objects."""
    from desktop_app.ml.inference.engine import Room, named_labels
    from desktop_app.ml.inference.maps import VoxelMaps
    from desktop_app.ml.recipes.registry import recipe_named

    engine = recipe_named(RECIPE).engine
    parameters = RECIPES[RECIPE].decode.model_validate(card.decode)
    rows = []
    for path, true in zip(images, truths, strict=True):
        grey = _grey(path)
        mask = (grey > threshold_otsu(grey)).astype(np.float32)
        maps = VoxelMaps.of(("kind:1", "kind:2"), np.stack([mask, 1 - mask]))
        found, _ = named_labels(engine.decode(maps, parameters, card, Room(), RecordingContext()))
        rows.append(agreement(found, true))
    return summary(rows)


def _grey(path: Path) -> NDArray[np.generic]:
    """The first channel ``(Z, Y, X)``."""
    from desktop_app.core.imaging import Region

    volume = open_file(path)
    return volume.read(Region.whole(volume.shape), 0)


def by_model(model: Path, images: list[Path], truths: list[NDArray[np.uint32]]) -> tuple[float, float]:
    """What the model finds."""
    from desktop_app.ml.inference.engine import InferencePlan, labelled, named_labels
    from desktop_app.ml.inference.loading import load_predictor
    from desktop_app.ml.recipes.registry import recipe_named

    predictor = load_predictor(model, "cpu")
    card = predictor.card
    plan = InferencePlan.of(card, InferenceConfig(model="", inputs=(), output=""))
    parameters = RECIPES[RECIPE].decode.model_validate(card.decode)
    engine, rows = recipe_named(RECIPE).engine, []
    for path, true in zip(images, truths, strict=True):
        stream = labelled(engine, predictor, open_file(path), parameters, plan, RecordingContext())
        rows.append(agreement(named_labels(stream)[0], true))
    return summary(rows)


def main(given: argparse.Namespace) -> None:
    from desktop_app.io.models import load_card
    from desktop_app.jobs.train.run import train_model

    files = sorted((given.folder / "images").iterdir())
    for seed in range(given.seeds):
        order = np.random.default_rng(seed).permutation(len(files))
        tested = [files[i] for i in order[: given.test]]
        truths = [open_labels(given.folder / "labels" / path.name).read() for path in tested]
        with tempfile.TemporaryDirectory() as room:
            bare = Path(room) / "images"
            bare.mkdir()
            for i in order[given.test : given.test + given.train]:
                shutil.copy(files[i], bare)
            request = TrainingRequest(
                Path(room), Path(room) / "run", None, RECIPE, device="cpu", assignments=tuple(given.set)
            )
            config = training_config(request, RecordingContext())
            rates = config.optimisation.model_copy(update={"iterations": given.steps})
            watched = config.validation.model_copy(update={"every": given.steps})
            changes = {"optimisation": rates, "validation": watched, "seed": seed}
            start = time.process_time()
            result = train_model(config.model_copy(update=changes), RecordingContext())
            took = time.process_time() - start
            model = Path(result.model)
            ours, otsu = by_model(model, tested, truths), by_threshold(tested, truths, load_card(model))
        sys.stdout.write(
            f"seed {seed}: without labels Dice {ours[0]:.3f} F1 {ours[1]:.3f} ({took:.0f} s of processor); "
            f"Otsu Dice {otsu[0]:.3f} F1 {otsu[1]:.3f}\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--train", type=int, default=10)
    parser.add_argument("--test", type=int, default=8)
    parser.add_argument("--set", action="append", default=[])
    main(parser.parse_args())
