from __future__ import annotations

import numpy as np
import pytest

from desktop_app.core.config.learning import UNCHANGED
from desktop_app.ml.data.preparation import PreparedImage
from desktop_app.ml.data.sampler import PatchSampler
from desktop_app.ml.data.targets import CLASSES, Interpolation
from desktop_app.objects.resampling import Scales

SHAPE = (8, 40, 40)


def sampler(scales: Scales) -> PatchSampler:
    """Of one image whose grey values grow along x, with class 1 in its right half, and a depth that grows, too."""
    x = np.broadcast_to(np.arange(SHAPE[2], dtype=np.float32), SHAPE)
    classes = (x >= SHAPE[2] // 2).astype(np.uint8)
    targets = {CLASSES: classes, "depth": (x * 6).astype(np.uint8)}
    points = {1: np.argwhere(classes).astype(np.int32), 0: np.argwhere(classes == 0).astype(np.int32)}
    voxels = {number: len(places) for number, places in points.items()}
    image = PreparedImage("a", SHAPE, lambda box: x[box.slices][None], targets, points, voxels)
    interpolation: dict[str, Interpolation] = {CLASSES: "nearest", "depth": "linear"}
    return PatchSampler([image], interpolation, (4, 8, 8), 2, UNCHANGED, 1.0, 1, scales=scales)


@pytest.mark.parametrize("times", [0.5, 2.0, 4.0])
def test_a_patch_shows_so_many_times_more_of_the_image(times: float) -> None:
    batch = sampler((1.0, times, times)).batch(3)
    assert batch.image.shape == (2, 1, 4, 8, 8)
    steps = batch.image[:, 0, :, :, 2:-1] - batch.image[:, 0, :, :, 1:-2]
    assert steps.numpy() == pytest.approx(times, abs=1e-3)
    right = batch.image[:, 0] > SHAPE[2] / 2 + times
    left = batch.image[:, 0] < SHAPE[2] / 2 - 1 - times
    assert (batch.targets[CLASSES][right] == 1).all()
    assert (batch.targets[CLASSES][left] == 0).all()
    shown = batch.image[:, 0].numpy()[..., 2:-2] * 6 / 255
    assert batch.targets["depth"].numpy()[..., 2:-2] == pytest.approx(shown, abs=0.02 * times)


def test_at_its_own_size_nothing_is_resampled() -> None:
    batch = sampler((1.0, 1.0, 1.0)).batch(0)
    assert (batch.image == batch.image.round()).all()
