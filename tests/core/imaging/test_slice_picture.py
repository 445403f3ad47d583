from __future__ import annotations

import numpy as np

from desktop_app.core.imaging import Plane, Volume, VoxelSize
from desktop_app.core.imaging.contrast import Window
from desktop_app.core.imaging.label_colors import color_of, color_table
from desktop_app.core.imaging.look import Shading
from desktop_app.core.imaging.slice_picture import DrawnChannel, DrawnLabels, picture_places, slice_picture

GREY = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
RED = GREY * np.array([1, 0, 0], np.uint8)
SIZE = VoxelSize(z=2, y=0.5, x=0.5)


def volume(channels: int = 1) -> Volume:
    voxels = np.zeros((channels, 4, 6, 8), np.uint8)
    voxels[0, 1], voxels[-1, :, :, 5] = 100, 200
    return Volume.from_array(voxels, voxel_size=SIZE)


def channel(number: int = 0, colors: np.ndarray = GREY) -> DrawnChannel:
    return DrawnChannel(number, Shading(Window(0, 255)), colors)


def test_pixels_are_square_whatever_the_voxels() -> None:
    for plane, expected in ((Plane.XY, (60, 80)), (Plane.XZ, (80, 40)), (Plane.YZ, (30, 80))):
        rows, columns = picture_places(volume(), plane, 80)
        assert (len(rows), len(columns)) == expected
        assert (rows[0], rows[-1] + 1) == (0, plane.shape_of((4, 6, 8))[0])


def test_a_slice_is_enlarged_voxel_by_voxel() -> None:
    shown = slice_picture(volume(), Plane.XY, 1, (channel(),), None, 16)
    assert shown.shape == (12, 16, 3)
    assert (shown[:, :10] == 100).all()
    assert (shown[:, 10:12] == 200).all()


def test_channels_are_added_up() -> None:
    shown = slice_picture(volume(2), Plane.XY, 1, (channel(0), channel(1, RED)), None, 8)
    assert shown[0, 0].tolist() == [100, 100, 100]
    assert shown[0, 5].tolist() == [255, 100, 100]


def test_labels_have_outlines_and_hidden_ones_are_not_drawn() -> None:
    labels = np.zeros((4, 6, 8), np.uint16)
    labels[1, 1:5, 1:5], labels[1, 1:5, 6:8] = 3, 4
    colors = color_table()
    colors[4, 3] = 0
    drawn = DrawnLabels(Volume.from_array(labels), colors, 0.0)
    shown = slice_picture(volume(), Plane.XY, 1, (channel(),), drawn, 8)
    assert shown[1, 1].tolist() == list(color_of(3))
    assert shown[2, 2].tolist() == [100, 100, 100]
    assert shown[2, 6].tolist() == [100, 100, 100]
