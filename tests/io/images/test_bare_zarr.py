"""Zarr arrays without OME metadata, as xarray, funlib, ilastik and plain scripts write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import ImageReading, VoxelSize
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.registry import list_series, open_volume

DATA = np.random.default_rng(1).integers(0, 200, (3, 6, 8), np.uint16)


def _group(path: Path, arrays: dict[str, np.ndarray], version: Any = 2, **attributes: Any) -> Path:
    group = zarr.open_group(str(path), mode="w", zarr_format=version)
    for name, values in arrays.items():
        array = group.create_array(
            name, shape=values.shape, dtype=values.dtype, chunks=tuple(min(4, n) for n in values.shape)
        )
        array[:] = values
        array.attrs.update(attributes)
    return path


@pytest.mark.parametrize("version", [2, 3])
def test_arrays_of_a_group_are_a_choice_the_image_first(version: int, tmp_path: Path) -> None:
    labels = (DATA > 100).astype(np.uint32)
    arrays = {"volumes/labels": labels, "volumes/raw": DATA, "table": np.arange(5)}
    path = _group(tmp_path / "cremi.zarr", arrays, version, resolution=[40, 4, 4], units=["nm", "nm", "nm"])
    assert [s.name for s in list_series(path)] == ["volumes/raw", "volumes/labels"]
    volume = open_volume(path)
    np.testing.assert_array_equal(volume.read(), DATA)
    assert volume.voxel_size.same_as(VoxelSize(z=40, y=4, x=4, unit="nm"), 1e-9)
    assert volume.notes[-1].startswith("The file holds one more image")
    np.testing.assert_array_equal(open_labels(path).read(), labels)
    assert open_volume(path, reading=ImageReading(series="volumes/labels")).dtype == np.uint32


@pytest.mark.parametrize(
    "attributes",
    [
        {"_ARRAY_DIMENSIONS": ["time", "channel", "y", "x"]},
        {"axistags": {"axes": [{"key": k} for k in "tcyx"]}},
        {"axis_names": ["t", "c^", "y", "x"]},
        {"axes": "tcyx"},
    ],
)
def test_axes_by_the_words_of_other_programs(attributes: dict[str, Any], tmp_path: Path) -> None:
    data = DATA.reshape(3, 2, 3, 8)
    volume = open_volume(_group(tmp_path / "a.zarr", {"x": data}, **attributes))
    assert (volume.times, volume.channels, volume.shape) == (3, 2, (1, 3, 8))
    np.testing.assert_array_equal(volume.at_time(2).read_channels()[:, 0], data[2])


def test_names_of_dimensions_in_version_3(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    array = zarr.create_array(
        str(path), shape=(2, 6, 8), dtype="uint8", chunks=(1, 6, 8), dimension_names=["c", "y", "x"]
    )
    array[:] = DATA[:2].astype(np.uint8)
    assert open_volume(path).channels == 2


def test_a_description_that_is_gone_leaves_the_arrays(tmp_path: Path) -> None:
    path = _group(tmp_path / "a.zarr", {"0": DATA})
    assert open_volume(path).shape == (3, 6, 8)
    (path / "0/0.0.0").unlink()
    assert "pieces are not there" in open_volume(path).notes[0]


def test_a_folder_without_arrays_is_one_sentence(tmp_path: Path) -> None:
    path = _group(tmp_path / "a.zarr", {"table": np.arange(5)})
    with pytest.raises(UnreadableFileError, match="no image in this Zarr folder"):
        open_volume(path)
