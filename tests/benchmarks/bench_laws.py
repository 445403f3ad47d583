"""What the grey scale of new models does to emptiness, to black frames and to real images, beside the one before.

    python tests/benchmarks/bench_laws.py [FOLDER WITH IMAGES …]

From the repository's root with ``PYTHONPATH=.``. With ``--train SEEDS`` also agreement and false pixels of trained
models of regions: half a minute for each scale and seed on a quiet core.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.model_card import Normalisation, new_scale
from desktop_app.core.imaging import Volume
from desktop_app.io.images.registry import open_volume
from desktop_app.ml.data.greys import grey_scale
from desktop_app.ml.recipes import base
from tests.laws.discs import EDGE, dice, found, picture, trained_regions

SCALES = {"before": Normalisation(), "now": new_scale()}


def framed(image: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """A picture in the middle of black."""
    return np.pad(image, EDGE)


def seen(image: NDArray[np.uint16], scale: Normalisation) -> NDArray[np.float32]:
    """Network input of a picture."""
    volume = Volume.from_array(image[None])
    return grey_scale(volume, (0,), scale).apply(volume.read()[None])[0]


def show_pictures() -> None:
    """Spread of an empty picture, and how far a picture changes with a black frame around it."""
    for seed in range(3):
        full, empty = (picture(np.random.default_rng(seed), share)[0] for share in (1, 0))
        for name, scale in SCALES.items():
            inside = seen(framed(full), scale)[..., EDGE : 2 * EDGE, EDGE : 2 * EDGE]
            moved = np.abs(inside - seen(full, scale)).max()
            print(f"seed {seed}, {name:6}: empty spreads {seen(empty, scale).std():.3f}, frame moves {moved:.3f}")


def show_real(folder: Path) -> None:
    """By how much the span of real images differs from the one before."""
    ratios = []
    for path in sorted(folder.iterdir()):
        volume = open_volume(path)
        spans = {name: grey_scale(volume, (0,), scale).spans[0] for name, scale in SCALES.items()}
        ratios.append(spans["now"] / spans["before"])
    low, middle, high = np.quantile(ratios, (0, 0.5, 1))
    print(f"{folder}: {len(ratios)} images, span now over before {low:.3f}, {middle:.3f}, {high:.3f}")


def show_training(seeds: int) -> None:
    """Agreement and false pixels of trained models."""
    for name, scale in SCALES.items():
        for seed in range(seeds):
            with patch.object(base, "new_scale", lambda scale=scale: scale), tempfile.TemporaryDirectory() as folder:
                begin, place = time.perf_counter(), Path(folder)
                model = trained_regions(place / "run", seed)
                took = time.perf_counter() - begin
                rng = np.random.default_rng(100 + seed)
                (full, truth), (corner, few), (empty, _) = (picture(rng, share) for share in (1, 0.35, 0))
                alone, within = found(model, full, place / "full"), found(model, framed(full), place / "framed")
                inner = within[EDGE : 2 * EDGE, EDGE : 2 * EDGE]
                print(
                    f"{name:6} seed {seed}: trained {took:.0f} s, Dice {dice(alone, truth):.4f} full, "
                    f"{dice(found(model, corner, place / 'corner'), few):.4f} one corner, "
                    f"{dice(inner, alone):.4f} framed as alone; false pixels: "
                    f"{found(model, empty, place / 'empty').sum()} empty, {within.sum() - inner.sum()} in the frame"
                )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--train", type=int, default=0, metavar="SEEDS")
    chosen = parser.parse_args()
    show_pictures()
    for one in chosen.folders:
        show_real(one)
    show_training(chosen.train)
