"""Overlays show the picture, the labels and their borders."""

from __future__ import annotations

import numpy as np

from desktop_app.core.imaging.label_colors import color_of
from desktop_app.core.imaging.overlay import outline, overlay, side_by_side

LABELS = np.zeros((8, 8), np.uint32)
LABELS[1:6, 1:4] = 1
LABELS[1:6, 4:7] = 2
GREY = np.full((8, 8), 100, np.uint8)


def test_background_keeps_its_grey() -> None:
    np.testing.assert_array_equal(overlay(GREY, LABELS)[0, 0], (100, 100, 100))


def test_outlines_have_the_label_colour_and_insides_are_tinted() -> None:
    shown = overlay(GREY, LABELS, opacity=0.5)
    assert tuple(shown[1, 1]) == color_of(1)
    np.testing.assert_allclose(shown[3, 2], (100 + np.array(color_of(1))) / 2, atol=1)


def test_touching_labels_are_separated_by_their_outlines() -> None:
    edge = outline(LABELS)
    assert edge[3, 3]
    assert edge[3, 4]
    assert not edge[3, 2]
    assert not edge[0].any()


def test_border_of_the_picture_is_no_outline() -> None:
    assert not outline(np.ones((5, 5), np.uint32)).any()


def test_ids_beyond_the_colour_table_are_coloured() -> None:
    shown = overlay(GREY, np.where(LABELS > 0, 70_000, 0).astype(np.uint32))
    assert not np.array_equal(shown[1, 1], (100, 100, 100))


def test_side_by_side_keeps_every_picture() -> None:
    red, blue = np.zeros((4, 3, 3), np.uint8), np.zeros((4, 5, 3), np.uint8)
    red[..., 0], blue[..., 2] = 255, 255
    joined = side_by_side([red, blue], gap=2, magnify=3)
    assert joined.shape == (12, 30, 3)
    assert tuple(joined[0, 8]) == (255, 0, 0)
    assert tuple(joined[0, 9]) == (255, 255, 255)
    assert tuple(joined[0, 15]) == (0, 0, 255)
