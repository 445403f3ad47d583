from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.imaging import ArraySource, Plane, Region, Volume
from desktop_app.core.imaging.resolutions import usable_resolutions
from desktop_app.gui.viewer import detail as module
from desktop_app.gui.viewer.detail import Detail, Frame, Sight, image_details, label_detail, overview_detail
from desktop_app.gui.viewer.geometry import Box2


class FileSource:
    """An array that does not say that it is one, and remembers the largest part that was read."""

    def __init__(self, array: np.ndarray) -> None:
        self.array, self.largest = array, 0

    @property
    def shape(self) -> tuple[int, int, int, int]:
        return (1, *self.array.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.array.dtype

    def read(self, channel: int, region: Region) -> np.ndarray:
        self.largest = max(self.largest, region.size)
        return self.array[region.slices].copy()


def pyramid(shape: tuple[int, int, int] = (8, 400, 600), *, halved_slices: bool = False) -> Volume:
    data = np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8)
    found = []
    for factor in (2, 4):
        z = factor if halved_slices else 1
        small = data[::z, ::factor, ::factor]
        found.append((small.shape, lambda _time, small=small: ArraySource(small[None])))
    return replace(Volume(FileSource(data)), smaller=usable_resolutions(shape, found))


def sight(scale: float, box: Box2 | None = None) -> Sight:
    return Sight(box or Box2(0, 0, 400, 600), (scale, scale))


@pytest.mark.parametrize(("scale", "resolution"), [(2.0, 0), (1.0, 0), (0.6, 0), (0.5, 1), (0.3, 1), (0.2, 2)])
def test_no_pixel_is_shown_larger_than_one_of_the_screen_unless_it_has_to_be(scale: float, resolution: int) -> None:
    (only,) = image_details(pyramid(), Plane.XY, sight(scale))
    assert only.resolution == resolution
    assert only.frame(Plane.XY) == Frame(0, 0, 2**resolution, 2**resolution)


def test_where_slices_are_halved_the_slice_itself_follows_at_rest() -> None:
    quick, sharp = image_details(pyramid(halved_slices=True), Plane.XY, sight(0.25))
    assert (quick.resolution, quick.depth(Plane.XY, 7)) == (2, 1)
    assert (sharp.resolution, sharp.depth(Plane.XY, 7)) == (0, 7)


def test_from_the_side_slices_count_as_rows() -> None:
    quick, sharp = image_details(pyramid(), Plane.XZ, Sight(Box2(0, 0, 8, 600), (1.0, 0.25)))
    assert (quick.resolution, sharp.resolution) == (2, 0)  # rows of the image are halved, slices are not
    (only,) = image_details(pyramid(halved_slices=True), Plane.XZ, Sight(Box2(0, 0, 8, 600), (1.0, 0.25)))
    assert only.resolution == 0  # half as many slices would be seen as pixels


def test_of_a_large_slice_a_part_around_what_is_seen_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WHOLE_BYTES", 100_000)
    monkeypatch.setattr(module, "_BLOCK", 64)
    volume = pyramid()
    seen = Box2(100, 200, 150, 280)
    (part,) = image_details(volume, Plane.XY, sight(1.0, seen))
    assert part.box == Box2(64, 128, 192, 320)
    pixels = part.read(lambda region: volume.read(region), volume.shape, Plane.XY, 3)
    np.testing.assert_array_equal(pixels, volume.source.array[3, 64:192, 128:320])


@given(step=st.tuples(st.integers(1, 9), st.integers(1, 9)), box=st.tuples(*[st.integers(0, 90)] * 4))
def test_pixels_left_out_are_those_between_the_steps(step: tuple[int, int], box: tuple[int, int, int, int]) -> None:
    data = np.arange(2 * 90 * 90, dtype=np.uint16).reshape(2, 90, 90)
    top, bottom = sorted((box[0], box[1]))
    left, right = sorted((box[2], box[3]))
    part = Detail(Box2(top, left, bottom, right), step=step)
    found = part.read(lambda region: data[region.slices], data.shape, Plane.XY, 1)
    expected = data[1, top : bottom : step[0], left : right : step[1]]
    assert found.size == expected.size
    np.testing.assert_array_equal(found.ravel(), expected.ravel())
    assert part.samples(Plane.XY, data.shape) == expected.shape


def test_a_slice_of_which_pixels_are_left_out_is_read_in_strips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WHOLE_BYTES", 100_000)
    monkeypatch.setattr(module, "_STRIP_BYTES", 64_000)
    volume = replace(pyramid(), smaller=())
    (every_fourth,) = image_details(volume, Plane.XY, sight(0.25))
    assert every_fourth.step == (4, 4)
    pixels = every_fourth.read(lambda region: volume.read(region), volume.shape, Plane.XY, 0)
    np.testing.assert_array_equal(pixels, volume.source.array[0, ::4, ::4])
    assert volume.source.largest <= 64_000 // 8


def test_labels_are_never_means_of_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WHOLE_BYTES", 1000)
    part = label_detail((1, 400, 600), Plane.XY, sight(0.3))
    assert (part.resolution, part.step) == (0, (3, 3))


def test_an_overview_is_the_smallest_resolution() -> None:
    found = overview_detail(pyramid(), Plane.XY)
    assert found is not None
    assert (found.resolution, found.box) == (2, Box2(0, 0, 400, 600))
    assert overview_detail(replace(pyramid(), smaller=()), Plane.XY) is None


def test_a_frame_says_which_pixel_a_place_is() -> None:
    frame = Frame(10, 20, 2, 4)
    assert frame.pixel(13.5, 27.9, (5, 5)) == (1, 1)
    assert frame.pixel(9.9, 20, (5, 5)) is None
    assert frame.inside(Box2(9, 21, 13, 41), (5, 5)) == Box2(0, 0, 2, 5)
