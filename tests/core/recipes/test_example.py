"""A slice to show settings in."""

from __future__ import annotations

import numpy as np

from desktop_app.core.recipes.example import example_of, patch_frame


def test_the_part_with_labels_is_shown() -> None:
    labels = np.zeros((40, 100), np.uint16)
    labels[5:10, 80:90] = 3
    example = example_of("a", np.arange(4000, dtype=np.uint8).reshape(40, 100), labels, 30)
    assert example.picture.shape == example.labels.shape == (30, 30)
    assert np.count_nonzero(example.labels == 3) == 50
    whole = example_of("a", np.zeros((10, 12), np.uint8), np.zeros((10, 12), np.uint16), 30)
    assert whole.picture.shape == (10, 12)


def test_a_patch_lies_around_the_middlemost_object_and_within_the_slice() -> None:
    labels = np.zeros((40, 40), np.uint16)
    labels[18:22, 25:29], labels[0:4, 0:4] = 1, 2
    example = example_of("a", np.zeros((40, 40), np.uint8), labels, 40)
    assert patch_frame(example, 10, 10) == (14, 21, 24, 31)
    assert patch_frame(example, 10, 30) == (14, 10, 24, 40)
    assert patch_frame(example, 64, 64) == (0, 0, 64, 64)
