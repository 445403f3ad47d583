"""Time points are read one by one, lazily, and written back; nothing of a movie is lost."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.core.errors import UnwritableFileError
from desktop_app.core.imaging import ImageReading, Region, Volume, VoxelSize
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.label_writer import label_writer
from desktop_app.io.images.registry import open_volume, write_volume


def numbers(*shape: int, dtype: str = "uint16") -> np.ndarray:
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


def all_times(volume: Volume) -> np.ndarray:
    """(T, C, Z, Y, X)."""
    return np.stack([one.read_channels() for one in volume.each_time()])


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("imagej", [True, False])
@pytest.mark.parametrize(
    ("axes", "shape", "full"),
    [
        ("TZCYX", (3, 5, 2, 6, 7), (3, 2, 5, 6, 7)),
        ("TYX", (7, 6, 8), (7, 1, 1, 6, 8)),
        ("TCYX", (4, 2, 6, 8), (4, 2, 1, 6, 8)),
    ],
)
def test_movies_of_tiff(
    tmp_path: Path, compression: str | None, imagej: bool, axes: str, shape: tuple[int, ...], full: tuple[int, ...]
) -> None:
    voxels = numbers(*shape)
    path = tmp_path / ("a.tif" if imagej else "a.ome.tif")
    metadata: dict[str, Any] = (
        {"axes": axes, "finterval": 2.5}
        if imagej
        else {"axes": axes, "TimeIncrement": 2500.0, "TimeIncrementUnit": "ms"}
    )
    tifffile.imwrite(
        path, voxels, imagej=imagej, compression=compression, metadata=metadata, photometric="minisblack"
    )  # fmt: skip
    volume = open_volume(path)
    wanted = np.einsum(axes.lower() + "->" + "".join(a for a in "tczyx" if a.upper() in axes), voxels).reshape(full)
    np.testing.assert_array_equal(all_times(volume), wanted)
    np.testing.assert_array_equal(all_times(pickle.loads(pickle.dumps(volume))), wanted)
    last = pickle.loads(pickle.dumps(volume.at_time(volume.times - 1).source))
    np.testing.assert_array_equal(last.read(0, Region.whole(volume.shape)), wanted[-1, 0])
    assert (volume.times, volume.notes, volume.axes) == (full[0], (), axes)
    assert volume.movie is not None
    assert volume.movie.step == 2.5


def test_time_points_are_counted_from_zero(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", numbers(3, 6, 7), imagej=True, metadata={"axes": "TYX"})
    volume = open_volume(tmp_path / "a.tif")
    assert [one.time for one in volume.each_time()] == [0, 1, 2]
    assert (volume.at_time(2).alone().times, volume.at_time(2).alone().axes) == (1, "YX")
    for wrong in (-1, 3):
        with pytest.raises(IndexError):
            volume.at_time(wrong)


@pytest.mark.parametrize(
    ("axes", "slices", "times"), [("TYX", 7, 1), ("ZYX", 1, 7), ("TZYX", 7, 2)], ids=["movie", "stack", "both"]
)
def test_time_and_slices_are_exchanged(tmp_path: Path, axes: str, slices: int, times: int) -> None:
    voxels = numbers(*((7, 2) if len(axes) == 4 else (7,)), 6, 8)
    tifffile.imwrite(tmp_path / "a.tif", voxels, imagej=True, metadata={"axes": axes})
    volume = open_volume(tmp_path / "a.tif", reading=ImageReading(time_as_z=True))
    assert (volume.shape[0], volume.times) == (slices, times)
    assert "exchanged" in volume.notes[0]


@settings(max_examples=25, deadline=None)
@given(
    shape=st.tuples(st.integers(2, 4), st.integers(1, 3), st.integers(1, 18), st.integers(1, 9), st.integers(2, 9)),
    dtype=st.sampled_from(["uint8", "uint16", "float32", "int64", "uint32"]),
    ending=st.sampled_from([".tif", ".ome.zarr"]),
    step=st.sampled_from([None, 0.25, 3600.0]),
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, shape: tuple[int, ...], dtype: str, ending: str, step: float | None
) -> None:
    voxels = numbers(*shape, dtype=dtype)
    path = tmp_path_factory.mktemp("movie") / f"a{ending}"
    size = VoxelSize(z=2.0, y=0.5, x=0.25, unit="µm")
    movie = Volume.of_times(voxels, step=step, voxel_size=size)
    write_volume(path, movie.source, movie)
    volume = open_volume(path)
    np.testing.assert_array_equal(all_times(volume), voxels)
    assert volume.movie is not None
    assert (volume.voxel_size, volume.movie.step, volume.dtype) == (size, step, np.dtype(dtype))


@pytest.mark.parametrize("ending", [".tif", ".ome.zarr"])
@pytest.mark.parametrize(("slices", "slab"), [(1, 1), (5, 2), (40, 40), (33, 9)])
def test_labels_of_a_movie(tmp_path: Path, ending: str, slices: int, slab: int) -> None:
    labels = numbers(3, slices, 6, 7, dtype="uint32") * 100
    movie = Volume.of_times(np.zeros((3, 1, slices, 6, 7), np.uint8), step=2.0)
    path = tmp_path / f"labels{ending}"
    with label_writer(path, movie, all_times=True) as writer:
        for one in labels:
            for z in range(0, slices, slab):
                stop = min(z + slab, slices)
                writer.write(Region((z, 0, 0), (stop, 6, 7)), one[z:stop])
    read = open_labels(path)
    np.testing.assert_array_equal(all_times(read)[:, 0], labels)
    assert read.movie is not None
    assert read.movie.step == 2.0


def test_labels_of_one_time_point_are_no_movie(tmp_path: Path) -> None:
    movie = Volume.of_times(np.zeros((3, 1, 2, 6, 7), np.uint8))
    with label_writer(tmp_path / "a.tif", movie) as writer:
        writer.write(Region.whole((2, 6, 7)), np.ones((2, 6, 7), np.uint8))
    assert (open_labels(tmp_path / "a.tif").times, open_labels(tmp_path / "a.tif").shape) == (1, (2, 6, 7))


def test_missing_time_points_are_noticed(tmp_path: Path) -> None:
    movie = Volume.of_times(np.zeros((2, 1, 2, 6, 7), np.uint8))
    with pytest.raises(ValueError, match="2 of 4 slices"), label_writer(tmp_path / "a.tif", movie, all_times=True) as w:
        w.write(Region.whole((2, 6, 7)), np.ones((2, 6, 7), np.uint8))
    assert not (tmp_path / "a.tif").exists()


def test_pictures_hold_no_movie(tmp_path: Path) -> None:
    movie = Volume.of_times(np.zeros((2, 1, 1, 6, 7), np.uint8))
    with pytest.raises(UnwritableFileError, match="images are saved as"):
        write_volume(tmp_path / "a.png", movie.source, movie)


def test_signed_labels_of_every_time_point(tmp_path: Path) -> None:
    labels = numbers(3, 6, 7, dtype="int32")
    tifffile.imwrite(tmp_path / "a.ome.tif", labels, metadata={"axes": "TYX"}, photometric="minisblack")
    read = pickle.loads(pickle.dumps(open_labels(tmp_path / "a.ome.tif")))
    assert read.dtype == np.uint32
    np.testing.assert_array_equal(all_times(read)[:, 0, 0], labels)
