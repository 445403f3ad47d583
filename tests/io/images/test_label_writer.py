"""Label files keep ids, shape, axes and voxel size, and are whole or not there."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.core.errors import UnwritableFileError
from desktop_app.core.imaging import Region, Volume, VoxelSize
from desktop_app.io.images.formats import label_ending
from desktop_app.io.images.label_dtype import smallest_label_dtype
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.label_writer import label_writer
from desktop_app.io.images.registry import open_volume

SIZES = st.builds(
    VoxelSize, z=st.floats(1e-3, 99), y=st.floats(1e-3, 99), x=st.floats(1e-3, 99),
    unit=st.sampled_from(["nm", "µm", "mm"]),
) | st.just(VoxelSize.unknown())  # fmt: skip


def _write(path: Path, labels: np.ndarray, like: Volume, slabs: int = 1) -> np.dtype:
    with label_writer(path, like, np.uint8) as writer:
        for z in range(0, labels.shape[0], slabs):
            region = Region((z, 0, 0), (min(z + slabs, labels.shape[0]), *labels.shape[1:]))
            writer.write(region, labels[region.slices])
        return writer.dtype


@settings(max_examples=60, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 20), st.integers(1, 20), st.integers(1, 20)), size=SIZES, slabs=st.integers(1, 20),
    suffix=st.sampled_from([".tif", ".tiff", ".ome.zarr"]),
    largest=st.sampled_from([0, 1, 255, 256, 65535, 65536, 2**32 - 1]),
)  # fmt: skip
def test_what_is_written_is_read(
    tmp_path: Path, shape: tuple[int, int, int], size: VoxelSize, slabs: int, suffix: str, largest: int
) -> None:
    labels = np.random.default_rng(1).integers(0, largest, shape, dtype=np.uint32, endpoint=True)
    labels[-1, -1, -1] = largest
    like = Volume.from_array(np.zeros(shape, np.float32), voxel_size=size)
    path = tmp_path / f"a{suffix}"
    dtype = _write(path, labels, like, slabs)
    back = open_labels(path)
    np.testing.assert_array_equal(back.read(), labels)
    assert np.iinfo(dtype).max >= largest
    assert back.shape == shape
    assert back.voxel_size.same_as(size, 1e-6)
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


@pytest.mark.parametrize(("largest", "name"), [(0, "uint8"), (255, "uint8"), (256, "uint16"), (65536, "uint32")])
def test_smallest_type(largest: int, name: str) -> None:
    assert smallest_label_dtype(largest) == np.dtype(name)


@pytest.mark.parametrize("largest", [-1, 2**32])
def test_no_type_for_absurd_ids(largest: int) -> None:
    with pytest.raises(ValueError, match="No label type"):
        smallest_label_dtype(largest)


def test_seventy_thousand_objects_stay_apart(tmp_path: Path) -> None:
    labels = np.arange(70_400, dtype=np.uint32).reshape(4, 160, 110)
    like = Volume.from_array(np.zeros(labels.shape, np.uint8), voxel_size=VoxelSize(z=2, y=1, x=1))
    _write(tmp_path / "a.tif", labels, like)
    assert np.unique(open_labels(tmp_path / "a.tif").read()).size == 70_400
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        assert tif.is_ome
        assert tif.series[0].dtype == np.uint32


def test_fiji_finds_unit_and_slice_distance(tmp_path: Path) -> None:
    like = Volume.from_array(np.zeros((3, 4, 5), np.uint8), voxel_size=VoxelSize(z=47, y=4.6, x=4.6, unit="nm"))
    _write(tmp_path / "a.tif", np.ones((3, 4, 5), np.uint32), like)
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        assert tif.is_imagej
        assert tif.imagej_metadata is not None
        assert (tif.imagej_metadata["unit"], tif.imagej_metadata["spacing"], tif.imagej_metadata["slices"]) == (
            "nm",
            47,
            3,
        )
        assert tif.series[0].axes == "ZYX"


def test_channels_of_the_image_are_dropped(tmp_path: Path) -> None:
    like = Volume.from_array(np.zeros((2, 3, 4, 5), np.uint8))
    _write(tmp_path / "a.tif", np.ones((3, 4, 5), np.uint32), like)
    assert open_volume(tmp_path / "a.tif").axes == "ZYX"


def _write_first_slice_twice(path: Path, like: Volume) -> None:
    with label_writer(path, like) as writer:
        for _ in range(2):
            writer.write(Region((0, 0, 0), (1, 4, 5)), np.ones((1, 4, 5), np.uint8))


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    like = Volume.from_array(np.zeros((3, 4, 5), np.uint8))
    for path in (tmp_path / "a.tif", tmp_path / "b.ome.zarr"):
        _write(path, np.full((3, 4, 5), 7, np.uint32), like)
        with pytest.raises(ValueError, match="Expected the slab"):
            _write_first_slice_twice(path, like)
        assert open_labels(path).read().min() == 7
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.tif", "b.ome.zarr"]


@pytest.mark.parametrize("suffix", [".tif", ".ome.zarr"])
def test_missing_slices_leave_no_file(tmp_path: Path, suffix: str) -> None:
    like = Volume.from_array(np.zeros((3, 4, 5), np.uint8))
    with pytest.raises(ValueError, match="Only 1 of 3"), label_writer(tmp_path / f"a{suffix}", like) as writer:
        writer.write(Region((0, 0, 0), (1, 4, 5)), np.ones((1, 4, 5), np.uint8))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("region", "values"),
    [
        (Region((1, 0, 0), (2, 4, 5)), np.ones((1, 4, 5), np.uint8)),
        (Region((0, 0, 0), (1, 4, 4)), np.ones((1, 4, 4), np.uint8)),
        (Region((0, 0, 0), (4, 4, 5)), np.ones((4, 4, 5), np.uint8)),
        (Region((0, 0, 0), (1, 4, 5)), np.ones((1, 4, 5), np.float32)),
        (Region((0, 0, 0), (1, 4, 5)), np.full((1, 4, 5), -1, np.int16)),
    ],
)
def test_slabs_must_follow_each_other(tmp_path: Path, region: Region, values: np.ndarray) -> None:
    like = Volume.from_array(np.zeros((3, 4, 5), np.uint8))
    with pytest.raises(ValueError), label_writer(tmp_path / "a.tif", like) as writer:  # noqa: PT011
        writer.write(region, values)


def test_full_disk_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    like = Volume.from_array(np.zeros((3, 4, 5), np.uint8))
    monkeypatch.setattr(tifffile.TiffWriter, "write", full)
    with pytest.raises(UnwritableFileError, match=r"Cannot write cells\.tif: the disk is full"):
        _write(tmp_path / "cells.tif", np.ones((3, 4, 5), np.uint32), like)
    assert list(tmp_path.iterdir()) == []


def test_unknown_ending(tmp_path: Path) -> None:
    like = Volume.from_array(np.zeros((3, 4, 5), np.uint8))
    with pytest.raises(UnwritableFileError, match=r"saved as \.tif"), label_writer(tmp_path / "a.png", like):
        pass


@pytest.mark.parametrize(("image", "ending"), [("a.ome.zarr", ".ome.zarr"), ("a.tif", ".tif"), ("a.png", ".tif")])
def test_labels_stay_in_the_images_format_family(image: str, ending: str) -> None:
    assert label_ending(Path(image)) == ending
