"""What a network learns lies where it lies in the picture, however much that is shrunk before the network sees it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from desktop_app.core.config.learning import AugmentationParameters
from desktop_app.core.imaging import Index3, Region, Volume
from desktop_app.core.job import RecordingContext
from desktop_app.core.recipes.registry import RECIPES as INFOS
from desktop_app.ml.data.augmentation import Placement, plain_grid
from desktop_app.ml.data.greys import GreyScale
from desktop_app.ml.data.images import TrainingImage, as_seen
from desktop_app.ml.data.patch_source import Batch, PatchRequest
from desktop_app.ml.data.sampler import sampled_patches
from desktop_app.ml.recipes.base import Task
from desktop_app.ml.recipes.registry import recipe_named

STILL = AugmentationParameters(flip=False, rotate=False, scale=0, elastic=0, intensity=0, noise=0, blur=0)
PATCH, RADIUS, MANY = 48, 7, 24
"""Edge of a patch and radius of a disc in pixels that the network sees, and how many discs are looked at."""
CLOSE = 0.08
"""Pixels by which labels may lie beside the picture on average; once it was half a pixel and more."""


def _disc(edge: int, radius: float, middle: NDArray[np.float64]) -> TrainingImage:
    """A bright disc in a dark picture, labelled."""
    rows, columns = np.mgrid[:edge, :edge]
    disc = (np.hypot(rows - middle[0], columns - middle[1]) < radius)[None]
    image = Volume.from_array(disc.astype(np.float32))
    labels = Volume.from_array(disc.astype(np.uint16))
    return TrainingImage("disc", image, labels, Region.whole(disc.shape), greys=GreyScale((0.0,), (1.0,)))


def _batch(recipe: str, image: TrainingImage, folder: Path, count: int) -> Batch:
    task = Task("objects", ("Disc",), (1,), INFOS[recipe].training(), 2)
    request = PatchRequest((image,), (1, PATCH, PATCH), count, STILL, 1.0, 0, True, folder, RecordingContext())
    source = sampled_patches(request, recipe_named(recipe).label_targets(task))
    assert source is not None
    return source.batch(0)


def _beside(batch: Batch) -> Iterator[NDArray[np.float64]]:
    """How far what is learned lies from the disc that is seen, (y, x) in px, of each disc that is seen whole."""
    rows, columns = torch.meshgrid(torch.arange(PATCH).double(), torch.arange(PATCH).double(), indexing="ij")
    places = torch.stack([rows, columns])
    for number in range(len(batch.image)):
        light = batch.image[number, 0, 0].double()
        rim = torch.cat([light[:2].flatten(), light[-2:].flatten(), light[:, :2].flatten(), light[:, -2:].flatten()])
        if float(rim.max()) > 0 or float(light.max()) == 0:
            continue
        seen = (places * light).sum((1, 2)) / light.sum()
        targets = {name: target[number, 0] for name, target in batch.targets.items()}
        inside = targets["classes"] == 1
        yield (places[:, inside].mean(1) - seen).numpy()
        if "offset_y" in targets:
            goals = places + torch.stack([targets["offset_y"], targets["offset_x"]])
            yield (goals[:, inside].mean(1) - seen).numpy()


@pytest.mark.parametrize("recipe", ["semantic", "panoptic"])
@pytest.mark.parametrize("times", [1, 2, 4, 8])
def test_labels_of_a_shrunk_image_lie_where_it_shows_them(recipe: str, times: int, tmp_path: Path) -> None:
    rng, found = np.random.default_rng(times), []
    for _ in range(MANY):
        middle = (times * PATCH - 1) / 2 + rng.uniform(-2 * times, 2 * times, 2)
        image = as_seen(_disc(times * PATCH, times * RADIUS, middle), times)
        found += _beside(_batch(recipe, image, tmp_path, 1))
    assert len(found) >= MANY
    assert np.abs(np.mean(found, axis=0)).max() < CLOSE


@pytest.mark.parametrize("recipe", ["semantic", "panoptic"])
@pytest.mark.parametrize("times", [1, 2, 4, 8])
def test_labels_of_a_shrunk_patch_lie_where_it_shows_them(
    recipe: str, times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shrunk(patch: Index3, *_others: object) -> Placement:
        grid = plain_grid(patch)
        grid[..., 1:] *= times
        return Placement(grid)

    monkeypatch.setattr("desktop_app.ml.data.sampler.random_placement", shrunk)
    edge = 2 * times * PATCH
    image = as_seen(_disc(edge, times * RADIUS, np.full(2, (edge - 1) / 2)), 1)
    found = list(_beside(_batch(recipe, image, tmp_path, 3 * MANY)))
    assert len(found) >= MANY / 2
    assert np.abs(np.mean(found, axis=0)).max() < CLOSE
