from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from desktop_app.core.config.learning import AugmentationParameters
from desktop_app.core.config.model_card import Normalisation
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.imaging.grey import as_grey
from desktop_app.core.job import RecordingContext
from desktop_app.core.recipes.panoptic.parameters import PanopticTraining
from desktop_app.ml.data.augmentation import random_placement
from desktop_app.ml.data.greys import grey_scale
from desktop_app.ml.data.images import TrainingImage, as_seen
from desktop_app.ml.data.patch_source import PatchRequest
from desktop_app.ml.data.preparation import PreparedImage, prepared_images
from desktop_app.ml.data.sampler import PatchSampler
from desktop_app.ml.recipes.base import Task
from desktop_app.ml.recipes.panoptic.recipe import PanopticRecipe

RANGE = Normalisation(kind="range", mean=0.57571, std=0.12765)
STILL = AugmentationParameters(flip=False, rotate=False, scale=0, elastic=0, intensity=0, noise=0, blur=0)
TASK = Task("objects", ("Spot",), (1,), PanopticTraining(), 2)


def _ramp() -> NDArray[np.float64]:
    return np.linspace(0, 1, 64 * 64).reshape(1, 64, 64)


def _scaled(array: NDArray[Any], **details: Any) -> NDArray[np.float32]:
    volume = as_grey(Volume.from_array(array, **details))
    greys = grey_scale(volume, (0,), RANGE)
    return greys.apply(volume.read()[None])[0, 0]


def test_eight_bits_are_taken_as_they_are() -> None:
    dim = (_ramp() * 100).astype(np.uint8)
    assert np.allclose(_scaled(dim), (dim[0] / 255 - 0.57571) / 0.12765, atol=1e-5)


@pytest.mark.parametrize(
    ("array", "tolerance"),
    [
        ((_ramp() * 65535).astype(np.uint16), 0.15),
        ((_ramp() * 4095).astype(np.uint16), 0.15),
        ((_ramp() * 2000 - 1000).astype(np.int16), 0.15),
        ((_ramp() * 3e-3).astype(np.float32), 0.15),
    ],
    ids=["16 bits", "12 in 16 bits", "signed", "float"],
)
def test_other_types_are_stretched_to_what_the_data_show(array: NDArray[Any], tolerance: float) -> None:
    wanted = (_ramp()[0] - 0.57571) / 0.12765
    found = _scaled(array)
    assert np.abs(found - wanted).max() < tolerance
    assert found.dtype == np.float32


def test_broken_values_are_dark_and_outliers_are_cut() -> None:
    array = (_ramp() * 4095).astype(np.float32)
    array[0, 0, :3] = np.nan, np.inf, 1e9
    found = _scaled(array)
    assert found[0, 0] == pytest.approx(-0.57571 / 0.12765, rel=1e-4)
    assert found[0, 1] == found[0, 2] == pytest.approx((1.5 - 0.57571) / 0.12765, rel=1e-4)


def test_colours_become_brightness_of_eight_bits() -> None:
    colours = np.stack([(_ramp() * 200).astype(np.uint8)] * 3)
    assert np.allclose(_scaled(colours, rgb=True), _scaled(colours[0]), atol=1e-5)
    grey = as_grey(Volume.from_array(colours, rgb=True))
    assert (grey.channels, grey.dtype, grey.rgb) == (1, np.uint8, False)
    assert as_grey(grey) is grey


def _prepared(tmp_path: Path, *, in_memory: bool) -> PreparedImage:
    labels = np.zeros((2, 96, 96), np.uint32)
    labels[:, 10:40, 10:40], labels[:, 50:90, 48:80] = 70_001, 70_002
    image = Volume.from_array((labels > 0).astype(np.uint8) * 200)
    source = TrainingImage(
        "a", image, Volume.from_array(labels), Region.whole(labels.shape), greys=grey_scale(image, (0,), RANGE)
    )
    return _ready(source, tmp_path, in_memory=in_memory)


def _ready(source: TrainingImage, folder: Path, *, in_memory: bool = True) -> PreparedImage:
    request = PatchRequest(
        (as_seen(source, 1),), (1, 64, 64), 4, STILL, 1.0, 0, in_memory, folder / "cache", RecordingContext()
    )
    return prepared_images(request, PanopticRecipe().label_targets(TASK))[0]


def _sampler(images: list[PreparedImage], **changes: Any) -> PatchSampler:
    targets = PanopticRecipe().label_targets(TASK)
    values: dict[str, Any] = {
        "images": images,
        "interpolation": targets.interpolation,
        "patch": (1, 64, 64),
        "batch_size": 4,
        "augmentation": STILL,
        "anisotropy": 1.0,
        "seed": 3,
        "finish": targets.of_patch,
    }
    return PatchSampler(**{**values, **changes})


@pytest.mark.parametrize("in_memory", [True, False])
def test_objects_survive_with_large_numbers(tmp_path: Path, in_memory: bool) -> None:
    image = _prepared(tmp_path, in_memory=in_memory)
    assert image.targets["objects"].dtype == np.int32
    assert image.targets["classes"].dtype == np.uint8


@pytest.mark.parametrize("augmentation", [STILL, AugmentationParameters(scale=1.0, shrink=0.9)])
def test_offsets_lead_to_the_middle_of_what_a_patch_shows(tmp_path: Path, augmentation: AugmentationParameters) -> None:
    sampler = _sampler([_prepared(tmp_path, in_memory=True)], augmentation=augmentation)
    seen = 0
    for step in range(6):
        targets = sampler.batch(step).targets
        y, x = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
        for k in range(4):
            inside = targets["inside"][k, 0]
            if not inside.any():
                continue
            goals = torch.stack([(y + targets["offset_y"][k, 0])[inside], (x + targets["offset_x"][k, 0])[inside]], 1)
            assert len(torch.unique((goals * 50).round(), dim=0)) <= 8
            assert targets["heatmap"][k, 0].max() == 1
            assert (targets["classes"][k, 0][inside] == 1).all()
            seen += 1
    assert seen > 8


def test_beyond_the_image_classes_are_unknown_and_there_are_no_objects(tmp_path: Path) -> None:
    sampler = _sampler([_prepared(tmp_path, in_memory=True)], patch=(1, 128, 128))
    targets = sampler.batch(0).targets
    unknown = targets["classes"] == 255
    assert unknown.any()
    assert not targets["inside"][unknown].any()


def test_the_same_step_gives_the_same_patches(tmp_path: Path) -> None:
    image = _prepared(tmp_path, in_memory=True)
    one, two = (_sampler([image], augmentation=AugmentationParameters(shrink=0.5)).batch(7) for _ in range(2))
    assert torch.equal(one.image, two.image)
    assert all(torch.equal(one.targets[name], two.targets[name]) for name in one.targets)


def test_heavier_images_are_drawn_more_often() -> None:
    def image(value: float, weight: float) -> PreparedImage:
        classes = np.zeros((1, 64, 64), np.uint8)
        classes[0, :32] = 1
        targets = {"classes": classes, "objects": classes.astype(np.int32)}
        points = {0: np.array([[0, 40, 40]], np.int32), 1: np.array([[0, 20, 20]], np.int32)}
        filled = np.full((1, 1, 64, 64), value, np.float32)
        return PreparedImage(
            "x", (1, 64, 64), lambda region: filled[(slice(None), *region.slices)], targets, points, {}, weight
        )

    images = [image(1.0, 0.75), image(2.0, 0.25)]
    sampler = _sampler(images, batch_size=200)
    share = float((sampler.batch(0).image[:, 0, 0, 32, 32] == 1).float().mean())
    assert 0.65 < share < 0.85


def test_shrinking_reaches_a_tenth_and_never_enlarges_beyond_the_scale() -> None:
    augmentation = AugmentationParameters(rotate=False, elastic=0, scale=1.0, shrink=0.9)
    rng = np.random.default_rng(0)
    sizes = []
    for _ in range(400):
        grid = random_placement((1, 32, 32), augmentation, 1.0, rng).grid
        if grid is not None:
            sizes.append(31 / (grid[0, 0, -1, 2] - grid[0, 0, 0, 2]))
    assert 0.1 <= min(sizes) < 0.2
    assert 1.85 < max(sizes) <= 2.0001
    assert np.mean(sizes) == pytest.approx(1.05, abs=0.12)


def test_far_shrunk_patches_show_the_mean_of_what_they_cover(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 255, (1, 700, 700)).astype(np.uint8)
    image = Volume.from_array(noise)
    labels, greys = Volume.from_array((noise > 0).astype(np.uint8)), grey_scale(image, (0,), RANGE)
    prepared = _ready(TrainingImage("n", image, labels, Region.whole((1, 700, 700)), greys=greys), tmp_path)
    whole = _sampler([prepared], patch=(1, 64, 64), batch_size=60).batch(0).image.std(dim=(2, 3, 4))
    augmentation = STILL.model_copy(update={"shrink": 0.9})
    shrunk = _sampler([prepared], patch=(1, 64, 64), batch_size=60, augmentation=augmentation).batch(0).image
    assert float(shrunk.std(dim=(2, 3, 4)).min()) < 0.4 * float(whole.min())
