"""Sizes that follow from a box drawn around a small object."""

from __future__ import annotations

import pytest

from desktop_app.core.imaging import Region
from desktop_app.core.imaging.drawn_box import DrawnBox, box_fields
from desktop_app.core.imaging.voxel_size import VoxelSize
from desktop_app.core.recipes.panoptic.parameters import PanopticDecode
from desktop_app.core.recipes.registry import RECIPES

UNKNOWN = VoxelSize.unknown()


def test_the_edge_that_was_not_drawn_is_as_long_as_the_others() -> None:
    box = DrawnBox.of(Region((7, 10, 10), (8, 20, 22)), UNKNOWN, flat=False)
    assert box.edges == (11, 10, 12)
    assert box.size("volume") == 528  # 0.4 of 11 x 10 x 12
    assert box.size("area") == 48
    assert box.size("extent") == 9


def test_thick_slices_are_fewer() -> None:
    thick = VoxelSize(z=4.0, y=1.0, x=1.0, unit="µm")
    box = DrawnBox.of(Region((7, 10, 10), (8, 18, 18)), thick, flat=False)
    assert box.edges == (2, 8, 8)
    assert box.size("extent") == 7, "in pixels of a slice"
    side = DrawnBox.of(Region((2, 5, 10), (5, 6, 22)), thick, flat=False)
    assert side.edges == (3, 12, 12)


def test_a_picture_has_no_third_edge() -> None:
    box = DrawnBox.of(Region((0, 10, 10), (1, 20, 20)), UNKNOWN, flat=True)
    assert box.size("volume") == box.size("area") == 40
    assert box.size("extent") == 9


def test_a_shrunk_image_has_fewer_voxels() -> None:
    box = DrawnBox((10, 10, 10))
    assert box.size("volume", (1.0, 2.0, 2.0)) == 100
    assert box.size("area", (1.0, 2.0, 2.0)) == 10


def test_the_smallest_box_gives_no_negative_size() -> None:
    assert DrawnBox((1, 1, 1)).size("extent") == 0


def test_parameters_say_what_sets_them() -> None:
    assert box_fields(PanopticDecode.model_fields) == {"min_size": "volume", "min_area": "area", "min_extent": "extent"}


@pytest.mark.parametrize("recipe", ["panoptic", "semantic", "embedding", "unsupervised"])
def test_each_family_has_a_size_that_a_box_sets(recipe: str) -> None:
    assert "min_size" in box_fields(RECIPES[recipe].decode.model_fields)
