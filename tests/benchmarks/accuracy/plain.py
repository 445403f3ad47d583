"""What somebody who knows MONAI writes in an hour: a U-Net that learns inside, boundary and outside.

Random patches with mirroring and brightness, Dice and cross-entropy, Adam, until the time is over; then a sliding
window and, for objects, a watershed from the islands of “inside”. Of classes: one output a class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from monai.inferers import sliding_window_inference
from monai.losses import DiceCELoss
from monai.networks.nets import UNet
from numpy.typing import NDArray
from skimage.measure import label
from skimage.morphology import remove_small_objects
from skimage.segmentation import find_boundaries, watershed

from tests.benchmarks.accuracy.clock import Watch
from tests.benchmarks.accuracy.sets import BenchSet, Sample

_PATCH = {2: (128, 128), 3: (32, 64, 64)}
_BATCH = {2: 8, 3: 2}
_UNKNOWN = 255


@dataclass(frozen=True, slots=True)
class Plain:
    """A trained network and what belongs to it.

    Attributes:
        network: From ``(B, 1, [Z,] Y, X)`` to logits of the classes.
        bench: What was learned.
        values: Label values of the classes after the background.
        least: Voxels of the smallest object that is kept.
        steps: How many fitted into the time.
    """

    network: torch.nn.Module
    bench: BenchSet
    values: tuple[int, ...]
    least: int
    steps: int

    @torch.inference_mode()
    def labelled(self, sample: Sample) -> NDArray[np.uint32]:
        """Labels ``(Z, Y, X)`` of an image."""
        grey = torch.from_numpy(_scaled(sample.grey()))
        flat = self.bench.dimensions == 2
        parts = grey[:, None] if flat else grey[None, None]
        maps = []
        for part in parts:
            outputs = sliding_window_inference(
                part[None], _PATCH[self.bench.dimensions], 4, self.network, overlap=0.25, mode="gaussian"
            )
            maps.append(torch.softmax(outputs[0], 0).numpy())
        if self.bench.kind == "classes":
            table = np.array((0, *self.values), np.uint32)
            found = [table[one.argmax(0)] for one in maps]
        else:
            found = [self._objects(one) for one in maps]
        return np.stack(found) if flat else found[0]

    def _objects(self, maps: NDArray[np.float32]) -> NDArray[np.uint32]:
        inside = remove_small_objects(maps.argmax(0) == 1, max_size=self.least // 4)
        found = watershed(-maps[1], label(inside), mask=maps[0] < 0.5)
        return remove_small_objects(found, max_size=self.least).astype(np.uint32)


def train_plain(bench: BenchSet, learned: Sequence[Sample], seconds: float, seed: int) -> Plain:
    """A network after so many processor seconds, reading the images among them."""
    watch, rng = Watch(), np.random.default_rng(seed)
    torch.manual_seed(seed)
    truths = [sample.truth() for sample in learned]
    values = _class_values(truths, bench)
    images = [(_scaled(s.grey()), _targets(t, bench, values)) for s, t in zip(learned, truths, strict=True)]
    network = UNet(bench.dimensions, 1, 1 + len(values), channels=(16, 32, 64, 128), strides=(2, 2, 2), num_res_units=2)
    optimiser = torch.optim.Adam(network.parameters(), 1e-3)
    loss = torch.nn.CrossEntropyLoss(ignore_index=_UNKNOWN)
    both = DiceCELoss(to_onehot_y=True, softmax=True)
    steps = 0
    while watch.processor < seconds:
        image, target = _batch(images, bench.dimensions, rng)
        output = network(image)
        lost = loss(output, target) if bench.unlabelled is not None else both(output, target[:, None])
        optimiser.zero_grad()
        lost.backward()
        optimiser.step()
        steps += 1
    return Plain(network.eval(), bench, values, _least(truths, bench), steps)


def _class_values(truths: Sequence[NDArray[Any]], bench: BenchSet) -> tuple[int, ...]:
    if bench.kind == "objects":
        return 1, 2
    known = sorted({int(v) for truth in truths for v in np.unique(truth)} - {0})
    return tuple(known if bench.unlabelled is None else known[1:])  # the first known class is the background


def _targets(truth: NDArray[Any], bench: BenchSet, values: tuple[int, ...]) -> NDArray[np.uint8]:
    """0 outside, 1 inside, 2 boundary; or class numbers with 255 for what is unknown."""
    targets = np.zeros(truth.shape, np.uint8)
    if bench.kind == "classes":
        for number, value in enumerate(values, start=1):
            targets[truth == value] = number
        if bench.unlabelled is not None:
            targets[truth == bench.unlabelled] = _UNKNOWN
        return targets
    targets[truth > 0] = 1
    pictures = [(slice(z, z + 1),) for z in range(len(truth))] if bench.dimensions == 2 else [(slice(None),)]
    for place in pictures:
        part = truth[place][0] if bench.dimensions == 2 else truth[place]
        targets[place][np.reshape(find_boundaries(part, mode="inner"), truth[place].shape)] = 2
    return targets


def _least(truths: Sequence[NDArray[Any]], bench: BenchSet) -> int:
    """A quarter of a small object."""
    if bench.kind == "classes":
        return 0
    counts = [
        np.unique(t[t > 0], return_counts=True)[1]
        for truth in truths
        for t in (truth if bench.dimensions == 2 else [truth])
    ]
    return int(np.quantile(np.concatenate(counts), 0.05) / 4)


def _scaled(grey: NDArray[Any]) -> NDArray[np.float32]:
    low, high = np.percentile(grey, (1, 99.8))
    return ((grey.astype(np.float32) - low) / max(1e-6, high - low)).astype(np.float32)


def _batch(
    images: Sequence[tuple[NDArray[np.float32], NDArray[np.uint8]]], dimensions: int, rng: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    greys, targets = [], []
    for _ in range(_BATCH[dimensions]):
        grey, target = _patch(*images[rng.integers(len(images))], dimensions, rng)
        flips = [axis for axis in range(grey.ndim) if rng.random() < 0.5]
        grey, target = np.flip(grey, flips), np.flip(target, flips)
        turns = int(rng.integers(4))
        grey, target = np.rot90(grey, turns, (-2, -1)), np.rot90(target, turns, (-2, -1))
        greys.append(grey * rng.uniform(0.8, 1.2) + rng.uniform(-0.1, 0.1))
        targets.append(target)
    image = torch.from_numpy(np.stack(greys).astype(np.float32))[:, None]
    return image, torch.from_numpy(np.stack(targets).astype(np.int64))


def _patch(
    grey: NDArray[np.float32], target: NDArray[np.uint8], dimensions: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """A random box, padded where the image is smaller; every second one has something labelled in its middle."""
    if dimensions == 2:
        z = int(rng.integers(len(grey)))
        grey, target = grey[z], target[z]
    size = _PATCH[dimensions]
    wider = [(0, max(0, want - have)) for want, have in zip(size, grey.shape, strict=True)]
    grey, target = np.pad(grey, wider, mode="reflect"), np.pad(target, wider, mode="reflect")
    start = [int(rng.integers(0, have - want + 1)) for want, have in zip(size, grey.shape, strict=True)]
    places = np.argwhere((target > 0) & (target != _UNKNOWN)) if rng.random() < 0.5 else np.zeros((0, grey.ndim), int)
    if len(places):
        middle = places[rng.integers(len(places))]
        start = [
            int(np.clip(m - want // 2, 0, have - want)) for m, want, have in zip(middle, size, grey.shape, strict=True)
        ]
    box = tuple(slice(begin, begin + want) for begin, want in zip(start, size, strict=True))
    return grey[box], target[box]
