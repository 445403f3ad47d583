"""What the grey scale of new models costs or gains on real images, beside the one before.

    python tests/benchmarks/bench_scale.py DATA {nuclei2d_dsb,nuclei3d_embryo} [--splits N] [--steps N] [--train N]

From the repository's root with ``PYTHONPATH=.``; DATA holds the sets, each with ``images`` and ``labels``. Both scales
see the same images, split by image, with the same seeds, and models of objects are scored on images that no training
saw.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from desktop_app.core.config.dataset import DatasetConfig, PairConfig
from desktop_app.core.config.model_card import Normalisation, new_scale
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.job import RecordingContext
from desktop_app.jobs.train.run import train_model
from desktop_app.ml.recipes import base

SCALES = {"before": Normalisation(), "now": new_scale()}
NETWORKS: dict[str, dict[str, Any]] = {
    "nuclei2d_dsb": {"network": "unet2d", "patch_size": (1, 128, 128), "batch": 4},
    "nuclei3d_embryo": {"network": "unet3d", "patch_size": (16, 64, 64), "batch": 2},
}
CHECKED, TESTED = 4, 8
"""Images for validation, on which thresholds are tuned, and images that decide."""


def roles(folder: Path, seed: int, learned: int) -> tuple[PairConfig, ...]:
    """Some images in random parts."""
    files = sorted((folder / "images").iterdir())
    order = np.random.default_rng(seed).permutation(len(files))[: learned + CHECKED + TESTED]
    parts = ["train"] * learned + ["validation"] * CHECKED + ["test"] * TESTED
    return tuple(
        PairConfig.model_validate(
            {
                "name": files[i].stem,
                "image": str(files[i]),
                "labels": str(folder / "labels" / files[i].name),
                "role": part,
            }
        )
        for i, part in zip(order, parts, strict=True)
    )


def scores(folder: Path, seed: int, steps: int, learned: int) -> dict[str, float]:
    """Of a model on the images that decide."""
    chosen = NETWORKS[folder.name]
    with tempfile.TemporaryDirectory() as run:
        config = TrainingConfig.model_validate(
            {
                "output": f"{run}/run",
                "dataset": DatasetConfig(pairs=roles(folder, seed, learned), class_names=("Nucleus",)).model_dump(),
                "network": chosen["network"],
                "network_arguments": {"channels": 8, "levels": 3, "norm": "batch"},
                "patch_size": chosen["patch_size"],
                "augmentation": {"empty": 0.125},
                "optimisation": {"iterations": steps, "batch_size": chosen["batch"]},
                "validation": {"every": steps},
                "device": "cpu",
                "seed": seed,
            }
        )
        return train_model(config, RecordingContext()).scores


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("set", choices=list(NETWORKS))
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--train", type=int, default=10, metavar="IMAGES")
    options = parser.parse_args()
    gained: dict[str, list[float]] = {}
    for split in range(options.splits):
        for name, scale in SCALES.items():
            begin = time.perf_counter()
            with patch.object(base, "new_scale", lambda scale=scale: scale):
                got = scores(options.data / options.set, split, options.steps, options.train)
            f1, overlap = got["test/f1"], got["test/dice"]
            gained.setdefault(f"F1 {name}", []).append(f1)
            gained.setdefault(f"Dice {name}", []).append(overlap)
            took = time.perf_counter() - begin
            print(f"split {split}, {name:6}: F1 {f1:.4f}, Dice {overlap:.4f}, {took:.0f} s", flush=True)
    for what, values in gained.items():
        print(f"{what:11}: mean {np.mean(values):.4f}, {min(values):.4f} to {max(values):.4f}")
    for kind in ("F1", "Dice"):
        more = np.subtract(gained[f"{kind} now"], gained[f"{kind} before"])
        print(f"{kind} now less before: mean {more.mean():+.4f}, {more.min():+.4f} to {more.max():+.4f}")
