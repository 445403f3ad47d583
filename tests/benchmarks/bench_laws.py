"""What the grey scale of new models does to emptiness, to black frames and to real images, beside the one before.

    python tests/benchmarks/bench_laws.py [FOLDER WITH IMAGES …]

From the repository's root with ``PYTHONPATH=.``. With ``--train SEEDS`` also agreement and false pixels of trained
models of regions: some 20 s of processor time for each scale and seed. ``--models`` trains others instead, such as
``"panoptic, BiFPN"``: the names are those of ``tests/laws/discs.py``, and panoptic ones take three minutes each.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.model_card import Normalisation, new_scale
from desktop_app.core.imaging import Volume
from desktop_app.io.images.registry import open_volume
from desktop_app.ml.data.greys import grey_scale
from desktop_app.ml.recipes import base
from tests.laws.discs import LEARNERS, REGIONS, RIM, Learner, dice, framed, labelled, picture, rimmed, scene, trained

SCALES = {"before": Normalisation(), "now": new_scale()}


def seen(image: NDArray[np.uint16], scale: Normalisation) -> NDArray[np.float32]:
    """Network input of a picture."""
    volume = Volume.from_array(image[None])
    return grey_scale(volume, (0,), scale).apply(volume.read()[None])[0]


def show_pictures() -> None:
    """Spread of an empty picture, and how far a picture changes with a black frame around it."""
    for seed in range(3):
        full, empty = (picture(np.random.default_rng(seed), share)[0] for share in (1, 0))
        for name, scale in SCALES.items():
            larger, inside = framed(full, "black")
            moved = np.abs(seen(larger, scale)[inside] - seen(full, scale)).max()
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
    """Agreement and false pixels of models of regions, by the scale they were trained with."""
    for name, scale in SCALES.items():
        for seed in range(seeds):
            with patch.object(base, "new_scale", lambda scale=scale: scale):
                show_model(f"scale {name}", REGIONS, seed)


def show_model(name: str, learner: Learner, seed: int) -> None:
    """A model in a full image, one whose corner is filled, an empty one, and in frames of black and of noise."""
    with tempfile.TemporaryDirectory() as folder:
        begin, place = time.process_time(), Path(folder)
        model = trained(place / "run", learner, seed)
        took, rng = time.process_time() - begin, np.random.default_rng(100 + seed)
        images = {share: [part.squeeze() for part in scene(rng, share, learner.shape)] for share in (1, 0.35, 0)}
        labels = {share: labelled(model, image, place / str(share)) for share, (image, _) in images.items()}
        print(f"{name}, seed {seed}: trained in {took:.0f} s of processor time", flush=True)
        for share in (1, 0.35):
            truth = images[share][1]
            print(
                f"  {share:4.0%} filled: Dice {dice(labels[share] > 0, truth > 0):.4f}, "
                f"{labels[share].max()} objects for {truth.max()}"
            )
        print(f"  empty: {(labels[0] > 0).sum()} false pixels, {labels[0].max()} objects")
        for around in ("black", "noise"):
            larger, inside = framed(images[1][0], around)
            seen_within = labelled(model, larger, place / around)
            same = dice(seen_within[inside] > 0, labels[1] > 0)
            seen_within[rimmed(inside, RIM)] = 0
            print(f"  in {around}: Dice {same:.4f} with itself alone, {(seen_within > 0).sum()} false pixels around")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--train", type=int, default=0, metavar="SEEDS")
    parser.add_argument("--steps", type=int, default=0, help="of training; 0 takes those of each model")
    parser.add_argument("--models", nargs="*", default=[], metavar="NAME", help=f"of {', '.join(LEARNERS)}")
    chosen = parser.parse_args()
    if not chosen.models:
        show_pictures()
    for one in chosen.folders:
        show_real(one)
    if not chosen.models:
        show_training(chosen.train)
    for one in chosen.models:
        learner = replace(LEARNERS[one], steps=chosen.steps or LEARNERS[one].steps)
        for seed in range(max(1, chosen.train)):
            show_model(one, learner, seed)
