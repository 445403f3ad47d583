"""How fast and how surely objects are made of spatial embeddings: ``python -m tests.benchmarks.bench_embedding``.

Beside the published rule in NumPy, in which every centre looks at every foreground voxel. Processor seconds; the
budget is a twentieth of the 17.2 that were measured for the existing tool on 64 × 256 × 256 voxels with 100 objects
and noise 0.15. ``--plain-most N`` leaves the published rule out where there are more than N objects. ``--share`` tells
in place of that which share of labelling an image goes into objects: maps of that size by networks that have learned
nothing, then objects of ideal maps with noise 0.15, both as the product makes them.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

import numpy as np
import torch

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Volume
from desktop_app.core.job import RecordingContext
from desktop_app.core.networks.base import ImageFacts
from desktop_app.core.networks.registry import NETWORKS, network_divisor
from desktop_app.core.recipes.embedding.parameters import EmbeddingDecode, EmbeddingTraining
from desktop_app.core.recipes.looks import LooksPrediction
from desktop_app.ml.inference.engine import InferencePlan, Room, named_labels
from desktop_app.ml.inference.loading import network_of, predictor_of
from desktop_app.ml.inference.maps import VoxelMaps
from desktop_app.ml.recipes.embedding.decode import decode_embedding
from desktop_app.ml.recipes.embedding.engine import EmbeddingEngine, map_names
from desktop_app.objects.embedding.clustering import ClusterRules, clustered
from tests.objects.embedding.fields import counts, ideal_field, plainly_clustered
from tests.objects.panoptic.ideal import ellipsoids

BUDGET = 17.2 / 20  # processor seconds
SHAPE, OBJECTS, RADII = (64, 256, 256), 100, (6.0, 14.0)


def timed(work: Callable[[], np.ndarray]) -> tuple[np.ndarray, float]:
    start = time.process_time()
    found = work()
    return found, time.process_time() - start


def share(name: str) -> None:
    """Seconds of maps and of objects of the usual image."""
    torch.set_num_threads(1)
    settings = NETWORKS[name].suggest(ImageFacts((SHAPE,), (2 * RADII[0], 2 * RADII[1], 2 * RADII[1])))
    card = ModelCard(
        name=name, recipe="embedding", network=name, network_arguments=settings.arguments,
        recipe_parameters=EmbeddingTraining(span=100).model_dump(), dimensions=3, input_channels=1, output_channels=7,
        patch_size=settings.patch_size, divisor=network_divisor(name, settings.arguments),
    )  # fmt: skip
    true = ellipsoids(SHAPE, OBJECTS, RADII)
    volume = Volume.from_array((200 * (true > 0)).astype(np.uint8), name="balls")
    predictor = predictor_of(card, network_of(card), torch.device("cpu"))
    plan, ctx = InferencePlan("volume", LooksPrediction()), RecordingContext()
    start = time.process_time()
    EmbeddingEngine().predict(predictor, volume, None, plan, ctx).close()
    maps_took = time.process_time() - start
    field = ideal_field(true, noise=0.15)
    maps = VoxelMaps.of(map_names(3), np.concatenate([field.seeds[None], field.offsets, field.radii]))
    decode = EmbeddingDecode()
    found, took = timed(lambda: named_labels(decode_embedding(maps, decode, card, Room(), ctx))[0])
    part = took / (took + maps_took)
    sys.stdout.write(f"{name}: maps {maps_took:.2f} s, {found.max()} objects {took:.2f} s, {part:.1%} of both\n")
    sys.stdout.flush()


def main(most: int) -> None:
    rules = ClusterRules()
    sys.stdout.write("times  voxels     objects noise   ours: s  TP/FP/FN          published: s  TP/FP/FN\n")
    for times in (1, 4, 16):
        shape = (
            SHAPE[0] * (4 if times > 4 else 1),
            SHAPE[1] * (2 if times > 1 else 1),
            SHAPE[2] * (2 if times > 1 else 1),
        )
        true = ellipsoids(shape, OBJECTS * times, RADII)
        for noise in (0.05, 0.15, 0.25) if times == 1 else (0.15,):
            field = ideal_field(true, noise=noise)
            found, seconds = timed(lambda field=field: clustered(field, rules))
            said = f"{times:4d}×  {true.size:>10,d} {true.max():5d}  {noise:.2f}"
            line = f"{said}   {seconds:6.2f}  {counts(found, true)!s:18s}"
            if true.max() <= most:
                found, seconds = timed(lambda field=field: plainly_clustered(field, rules))
                line += f"{seconds:8.2f}  {counts(found, true)}"
            sys.stdout.write(line + (f"   budget {BUDGET:.2f}\n" if times == 1 and noise == 0.15 else "\n"))
            sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plain-most", type=int, default=100)
    parser.add_argument("--share", action="store_true")
    given = parser.parse_args()
    if given.share:
        for name in ("quick_unet3d", "unet3d"):
            share(name)
    else:
        main(given.plain_most)
