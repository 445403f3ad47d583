"""What a check hands over to be laid over the image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.imaging import Region
from desktop_app.core.imaging.volume import Volume
from desktop_app.core.job import FoundLabels, RecordingContext
from desktop_app.jobs.train.run import train_model
from desktop_app.ml.data.images import TrainingImage
from desktop_app.ml.training import live_labels
from desktop_app.ml.training.live_labels import labels_in_file

SHAPE = (6, 4, 5)
WHOLE = TrainingImage(
    "a", Volume.from_array(np.zeros(SHAPE, np.uint8)), None, Region.whole(SHAPE), files=(Path("a.tif"),), time=2
)
LABELS = np.arange(1, 121, dtype=np.uint32).reshape(SHAPE)


def test_labels_lie_where_the_part_of_the_image_lies_in_its_file() -> None:
    part = replace(WHOLE, corner=(10, 20, 30))
    found = labels_in_file(part, LABELS, 3, 40, classes=False)
    assert found.box == Region((10, 20, 30), (16, 24, 35))
    assert found.voxel == (13, 22, 32)
    assert (found.file, found.time, found.step) == (str(Path("a.tif").absolute()), 2, 40)
    np.testing.assert_array_equal(found.labels, LABELS)


def test_slices_that_were_picked_go_back_to_their_places() -> None:
    picked = replace(WHOLE, planes=(1, 2, 4, 7, 8, 9))
    found = labels_in_file(picked, LABELS, 0, 1, classes=False)
    assert found.box == Region((1, 0, 0), (10, 4, 5))
    np.testing.assert_array_equal(found.labels[[0, 1, 3, 6, 7, 8]], LABELS)
    assert not found.labels[[2, 4, 5]].any()


@pytest.mark.parametrize(("z", "first"), [(0, 0), (3, 2), (5, 3)])
def test_of_a_large_volume_the_slices_around_that_with_most_are_handed_over(
    z: int, first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_labels, "_MOST_VOXELS", 3 * 4 * 5)
    found = labels_in_file(WHOLE, LABELS, z, 1, classes=False)
    assert found.box == Region((first, 0, 0), (first + 3, 4, 5))
    np.testing.assert_array_equal(found.labels, LABELS[first : first + 3])


def test_of_slices_larger_than_the_bound_one_is_handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_labels, "_MOST_VOXELS", 1)
    found = labels_in_file(replace(WHOLE, planes=(0, 3, 5, 9, 11, 30)), LABELS, 5, 1, classes=True)
    assert found.box == Region((30, 0, 0), (31, 4, 5))
    assert found.classes
    np.testing.assert_array_equal(found.labels[0], LABELS[5])


def test_each_check_of_a_training_hands_over_what_it_found_in_each_image(
    phantom_pairs: Callable[[int], tuple[PairConfig, ...]], tiny_config: Callable[..., TrainingConfig]
) -> None:
    pairs = phantom_pairs(3)
    roles = [
        pair.model_copy(update={"role": role})
        for pair, role in zip(pairs, ("train", "validation", "validation"), strict=True)
    ]
    ctx = RecordingContext()
    train_model(tiny_config(tuple(roles), 4, validation={"every": 2}), ctx)
    found: list[FoundLabels] = ctx.of_kind(FoundLabels)
    files = [str(Path(pair.image).absolute()) for pair in roles[1:]]
    assert [(one.step, one.file) for one in found] == [(2, files[0]), (2, files[1]), (4, files[0]), (4, files[1])]
    assert all(one.labels.shape == one.box.shape for one in found)
