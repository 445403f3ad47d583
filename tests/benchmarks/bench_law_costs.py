"""What each law of same labels costs in seconds and gains in accuracy: each is left out in turn, by a stand-in.

    python -m tests.benchmarks.bench_law_costs DATA {nuclei2d_dsb,nuclei3d_embryo} [--steps N] [--train N] [--test N]

DATA holds the sets, each with ``images`` and ``labels``. All models have the same seed, images and steps. They are
scored on images that no training saw, alone and in the middle of black three times as high and wide, in processor time.

What is left out: ``scale``, which looked at 24 slices and took 0 to 255 for 8 bits; ``statistics``, which group
normalisation takes of each tile; ``emptiness`` among the training patches; ``joining``, without which objects and holes
are decided window by window.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.dataset import DatasetConfig, PairConfig
from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.learning import EMPTY_SHARE
from desktop_app.core.config.model_card import Normalisation
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.job import RecordingContext
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.opening import open_file
from desktop_app.jobs.train.run import train_model
from desktop_app.ml.data import greys
from desktop_app.ml.data.grey_samples import GreySamples, grey_samples
from desktop_app.ml.inference.engine import InferencePlan, labelled, named_labels
from desktop_app.ml.inference.loading import load_predictor
from desktop_app.ml.inference.maps import VoxelMaps
from desktop_app.ml.recipes import base
from desktop_app.ml.recipes.registry import recipe_named
from desktop_app.ml.training import plan as training_plan
from desktop_app.objects.agreement import object_scores, scores_from_counts, voxel_scores
from tests.benchmarks.bench_scale import NETWORKS, roles
from tests.laws.discs import framed

SLICES, WINDOW = 24, 64
"""Slices that the scale once looked at, and the edge in px of windows in which objects were decided."""


@dataclass(frozen=True)
class Tried:
    """A way to train and to look: what stands in for the law, and which settings differ."""

    stand_ins: tuple[tuple[Any, str, Any], ...] = ()
    norm: str = "batch"
    empty: float = EMPTY_SHARE
    joined: bool = True


def some_slices(volume: Volume, channel: int, check: Callable[[], None]) -> GreySamples:
    """The grey values of evenly spread slices alone."""
    depth = volume.shape[0]
    chosen = np.unique(np.linspace(0, depth - 1, min(depth, SLICES)).round().astype(int)).tolist()
    parts = [volume.read(Region((z, 0, 0), (z + 1, *volume.shape[1:])), channel) for z in chosen]
    return grey_samples(Volume.from_array(np.concatenate(parts)), 0, check)


TRIED = {
    "all laws": Tried(),
    "scale": Tried(((base, "new_scale", lambda: Normalisation(kind="range")), (greys, "grey_samples", some_slices))),
    "statistics": Tried(((training_plan, "parts_of_the_tile", lambda _network: []),), norm="group"),
    "emptiness": Tried(empty=0.0),
    "joining": Tried(joined=False),
}


def trained(pairs: tuple[PairConfig, ...], chosen: dict[str, Any], tried: Tried, steps: int, folder: Path) -> Path:
    """A model of objects."""
    config = {
        "output": str(folder / "run"),
        "dataset": DatasetConfig(pairs=pairs, class_names=("Nucleus",)).model_dump(),
        "network": chosen["network"],
        "network_arguments": {"channels": 8, "levels": 3, "norm": tried.norm},
        "patch_size": chosen["patch_size"],
        "augmentation": {"empty": tried.empty},
        "optimisation": {"iterations": steps, "batch_size": chosen["batch"]},
        "validation": {"every": steps},
        "device": "cpu",
        "seed": 1,
    }
    return train_model(TrainingConfig.model_validate(config), RecordingContext()).model


class Finder:
    """A model at work.

    Args:
        model: Its folder.
        joined: Whether objects are decided in the whole image, not window by window.
    """

    def __init__(self, model: Path, *, joined: bool) -> None:
        self._predictor = load_predictor(model, "cpu")
        self._joined, card = joined, self._predictor.card
        self._plan = InferencePlan.of(card, InferenceConfig(model="", inputs=(), output=""))
        self._parameters = RECIPES[card.recipe].decode.model_validate(card.decode)
        self._engine = recipe_named(card.recipe).engine

    def found(self, volume: Volume) -> NDArray[np.uint32]:
        """Objects of an image ``(Z, Y, X)``."""
        ctx = RecordingContext()
        if self._joined:
            return named_labels(
                labelled(self._engine, self._predictor, volume, self._parameters, self._plan, ctx)
            )[0]  # fmt: skip
        maps = self._engine.predict(self._predictor, volume, None, self._plan, ctx)
        out, last = np.zeros(maps.shape, np.uint32), 0
        for window in _windows(maps.shape):
            part = VoxelMaps.of(maps.channels, maps.read(window))
            labels, _ = named_labels(
                self._engine.decode(part, self._parameters, self._predictor.card, self._plan.room, ctx)
            )
            out[window.slices] = np.where(labels > 0, labels + last, 0)
            last = int(out.max())
        return out


def _windows(shape: tuple[int, int, int]) -> Iterator[Region]:
    for y in range(0, shape[1], WINDOW):
        for x in range(0, shape[2], WINDOW):
            yield Region((0, y, x), (shape[0], min(y + WINDOW, shape[1]), min(x + WINDOW, shape[2])))


def scores(finder: Finder, pairs: list[PairConfig]) -> str:
    """F1 and Dice of images alone, how alike they are labelled in black, and the seconds of all alone."""
    counts, overlaps, alike, took = [], [], [], 0.0
    for pair in pairs:
        volume, truth = open_file(Path(pair.image)), open_labels(Path(str(pair.labels))).read()
        begin = time.process_time()
        alone = finder.found(volume)
        took += time.process_time() - begin
        matched = object_scores(alone, truth, iou=0.5)
        counts.append((matched.tp, matched.fp, matched.fn))
        overlaps.append(voxel_scores(alone > 0, truth > 0, np.ones(truth.shape, bool)).dice or 0.0)
        larger, inside = framed(volume.read(), "black")
        seen = finder.found(Volume.from_array(larger, voxel_size=volume.voxel_size)) > 0
        both = 2 * int((seen[inside] & (alone > 0)).sum())
        alike.append(both / max(1, int(seen.sum()) + int((alone > 0).sum())))
    tp, fp, fn = np.sum(counts, axis=0).tolist()
    f1 = scores_from_counts(tp, fp, fn, 0.0).f1 or 0.0
    return (
        f"F1 {f1:.4f}, Dice {np.mean(overlaps):.4f}, in black like alone {np.mean(alike):.4f}; found in {took:5.1f} s"
    )


def scale_seconds(pairs: list[PairConfig], tried: Tried) -> float:
    """To look at the grey values of images, one by one."""
    normalisation = next((make() for _, name, make in tried.stand_ins if name == "new_scale"), base.new_scale())
    begin = time.process_time()
    for pair in pairs:
        greys.grey_scale(open_file(Path(pair.image)), (0,), normalisation)
    return time.process_time() - begin


def main(given: argparse.Namespace) -> None:
    pairs = roles(given.data / given.set, 0, given.train)
    tested = [pair for pair in pairs if pair.role == "test"][: given.test]
    learned = tuple(pair for pair in pairs if pair.role != "test")
    with tempfile.TemporaryDirectory() as room:
        models: dict[Tried, tuple[Path, float]] = {}
        for name, tried in TRIED.items():
            with ExitStack() as laws:
                for where, what, stand_in in tried.stand_ins:
                    laws.enter_context(patch.object(where, what, stand_in))
                key = Tried(tried.stand_ins, tried.norm, tried.empty)
                if key not in models:
                    begin = time.process_time()
                    model = trained(learned, NETWORKS[given.set], tried, given.steps, Path(room) / name)
                    models[key] = model, time.process_time() - begin
                model, took = models[key]
                said = scores(Finder(model, joined=tried.joined), tested)
                looked = scale_seconds(tested, tried)
            without = name if name == "all laws" else f"without {name}"
            sys.stdout.write(f"{without:18} trained in {took:5.1f} s, {said}; scale {looked:.3f} s\n")
            sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("set", choices=list(NETWORKS))
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--train", type=int, default=10, metavar="IMAGES")
    parser.add_argument("--test", type=int, default=6, metavar="IMAGES")
    main(parser.parse_args())
