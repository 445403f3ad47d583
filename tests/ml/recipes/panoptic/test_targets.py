from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from desktop_app.core.recipes.panoptic.parameters import PanopticTraining
from desktop_app.ml.recipes.base import Task
from desktop_app.ml.recipes.panoptic.targets import centre_maps, panoptic_targets, patch_targets


def _task(**changes: Any) -> Task:
    values: dict[str, Any] = {
        "kind": "objects",
        "class_names": ("Mitochondrion",),
        "class_values": (1,),
        "parameters": PanopticTraining(),
        "dimensions": 2,
    }
    return Task(**{**values, **changes})


def _slowly(ids: NDArray[np.integer], width: float) -> tuple[NDArray[Any], NDArray[Any]]:
    """Heatmap and offsets, object by object and by a filter."""
    spots = np.zeros(ids.shape)
    offsets = np.zeros((2, *ids.shape))
    for number in np.unique(ids[ids > 0]):
        y, x = np.nonzero(ids == number)
        centre = y.mean(), x.mean()
        spots[int(centre[0]), int(centre[1])] = 1
        offsets[0, y, x], offsets[1, y, x] = centre[0] - y, centre[1] - x
    heat = ndimage.gaussian_filter(spots, width, mode="constant", truncate=9)
    return heat / max(heat.max(), 1e-30), offsets


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31 - 1))
def test_heatmap_and_offsets_equal_a_slow_computation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 9, (5, 6)).astype(np.int32)
    ids = np.where(blocks > 3, blocks, 0).repeat(9, 0).repeat(8, 1)
    heatmap, offsets, inside = centre_maps(ids, 4.0)
    slow_heat, slow_offsets = _slowly(ids, 4.0)
    assert np.allclose(heatmap, slow_heat, atol=2e-4)
    assert np.allclose(offsets, slow_offsets, atol=1e-4)
    assert np.array_equal(inside, ids > 0)


def test_without_objects_there_is_no_heat() -> None:
    heatmap, offsets, inside = centre_maps(np.zeros((8, 8), np.int32), 6.0)
    assert not heatmap.any()
    assert not offsets.any()
    assert not inside.any()


def test_an_object_cut_by_the_rim_has_its_centre_in_what_is_seen() -> None:
    ids = np.zeros((1, 16, 16), np.int32)
    ids[0, :4, :] = 7
    made = patch_targets({"classes": torch.ones(1, 16, 16, dtype=torch.uint8), "objects": torch.tensor(ids)}, _task())
    assert made["offset_y"][0, 0, 0] == 1.5
    assert made["offset_x"][0, 0, 0] == 7.5
    assert made["heatmap"][0].argmax() == 1 * 16 + 7
    assert made["heatmap"].shape == made["inside"].shape == (1, 16, 16)


def test_cross_sections_of_one_object_are_objects_of_their_own() -> None:
    labels = np.zeros((2, 8, 12), np.uint16)
    labels[0, 2:6, 1:4] = labels[0, 2:6, 7:10] = 300
    labels[1, 2:6, 1:10] = 300
    made = panoptic_targets(labels, _task())
    assert made["objects"].dtype == np.int32
    assert made["classes"].dtype == np.uint8
    assert [len(np.unique(picture)) - 1 for picture in made["objects"]] == [2, 1]


def test_touching_objects_stay_apart_and_corners_hold_together() -> None:
    labels = np.array([[[3, 3, 4, 4], [3, 0, 0, 4], [0, 3, 4, 0]]], np.uint32)
    objects = panoptic_targets(labels, _task())["objects"][0]
    assert len(np.unique(objects)) == 3
    assert objects[2, 1] == objects[0, 0] != objects[2, 2]


def test_large_numbers_fit() -> None:
    labels = np.full((1, 4, 4), 2**32 - 1, np.uint32)
    labels[0, :2] = 5
    assert set(np.unique(panoptic_targets(labels, _task())["objects"])) == {1, 2}


def test_classes_become_islands_and_stuff_has_none() -> None:
    task = _task(
        kind="classes", class_names=("A", "Membrane"), class_values=(5, 9),
        parameters=PanopticTraining(stuff=("Membrane",)), unlabelled=255,
    )  # fmt: skip
    labels = np.zeros((1, 6, 9), np.uint8)
    labels[0, 1:3, 1:3] = labels[0, 1:3, 5:8] = 5
    labels[0, 4] = 9
    labels[0, 5] = 255
    made = panoptic_targets(labels, task)
    assert made["classes"][0, :, 1].tolist() == [0, 1, 1, 0, 2, 255]
    assert sorted(np.unique(made["objects"]).tolist()) == [0, 1, 2]
    assert not made["objects"][0, 4:].any()


def test_a_divisor_tells_classes_and_objects() -> None:
    task = _task(kind="classes", class_names=("A", "B"), class_values=(1, 3), label_divisor=1000, unlabelled=7)
    labels = np.array([[[1001, 1001, 1002, 3004, 0, 7, 2001]]], np.int32)
    made = panoptic_targets(labels, task)
    assert made["classes"][0, 0].tolist() == [1, 1, 1, 2, 0, 255, 0]
    objects = made["objects"][0, 0]
    assert objects[0] == objects[1]
    assert len({int(n) for n in objects[1:4]}) == 3
    assert not objects[4:].any()


@pytest.mark.parametrize("width", [2.0, 6.0])
def test_the_highest_centre_is_one(width: float) -> None:
    ids = np.zeros((64, 64), np.int32)
    ids[4:12, 4:12], ids[40:60, 30:50] = 1, 2
    assert centre_maps(ids, width)[0].max() == 1
