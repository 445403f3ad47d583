"""OME-Zarr of versions 0.4 and 0.5, and what is said about broken ones."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import Plane, Region, Volume, VoxelSize
from desktop_app.io.images.registry import open_volume, write_volume


def _ome_zarr(
    path: Path, voxels: np.ndarray, version: str, axes: str, scale: list[float], unit: str = "micrometer"
) -> None:
    group = zarr.open_group(str(path), mode="w", zarr_format=2 if version == "0.4" else 3)
    group.create_array("s0", data=voxels, chunks=tuple(min(4, n) for n in voxels.shape))
    kinds = {"t": "time", "c": "channel"}
    listed = [{"name": a, "type": kinds.get(a, "space"), **({} if a in kinds else {"unit": unit})} for a in axes]
    scales: dict[str, Any] = {
        "axes": listed, "version": version,
        "datasets": [{"path": "s0", "coordinateTransformations": [{"type": "scale", "scale": scale}]}],
    }  # fmt: skip
    group.attrs.update(
        {"multiscales": [scales]} if version == "0.4" else {"ome": {"version": "0.5", "multiscales": [scales]}}
    )


@pytest.mark.parametrize("version", ["0.4", "0.5"])
@pytest.mark.parametrize(
    ("axes", "shape"), [("zyx", (5, 6, 7)), ("czyx", (2, 5, 6, 7)), ("tczyx", (2, 3, 5, 6, 7)), ("yx", (6, 7))]
)
def test_both_versions(tmp_path: Path, version: str, axes: str, shape: tuple[int, ...]) -> None:
    voxels = np.arange(np.prod(shape), dtype=np.uint16).reshape(shape)
    scale = [{"z": 2.0, "y": 0.5, "x": 0.25}.get(a, 1.0) for a in axes]
    _ome_zarr(tmp_path / "a.ome.zarr", voxels, version, axes, scale)
    volume = open_volume(tmp_path / "a.ome.zarr")
    first = voxels[0] if axes.startswith("t") else voxels
    np.testing.assert_array_equal(volume.read_channels().squeeze(), first)
    assert (volume.voxel_size.y, volume.voxel_size.x, volume.voxel_size.unit) == (0.5, 0.25, "µm")
    assert "z" not in axes or volume.voxel_size.z == 2.0
    assert volume.times == (2 if axes.startswith("t") else 1)
    assert volume.notes == ()


def test_any_box_and_plane(tmp_path: Path) -> None:
    voxels = np.random.default_rng(1).integers(0, 999, (9, 14, 11), dtype=np.uint16)
    _ome_zarr(tmp_path / "a.zarr", voxels, "0.4", "zyx", [1.0, 1.0, 1.0])
    volume = pickle.loads(pickle.dumps(open_volume(tmp_path / "a.zarr")))
    region = Region((3, 2, 1), (8, 13, 4))
    np.testing.assert_array_equal(volume.read(region), voxels[region.slices])
    np.testing.assert_array_equal(volume.plane(Plane.XZ, 5), voxels[:, 5])
    np.testing.assert_array_equal(volume.plane(Plane.YZ, 5), voxels[:, :, 5].T)


def test_first_series_of_a_collection(tmp_path: Path) -> None:
    zarr.open_group(str(tmp_path / "a.zarr"), mode="w", zarr_format=2).attrs.update({"bioformats2raw.layout": 3})
    _ome_zarr(tmp_path / "a.zarr" / "0", np.ones((2, 3, 4), np.uint8), "0.4", "zyx", [1.0, 1.0, 1.0])
    assert open_volume(tmp_path / "a.zarr").shape == (2, 3, 4)


def test_bare_array(tmp_path: Path) -> None:
    zarr.create_array(str(tmp_path / "a.zarr"), data=np.ones((2, 3, 4), np.uint8))
    volume = open_volume(tmp_path / "a.zarr")
    assert (volume.shape, volume.voxel_size.known) == ((2, 3, 4), False)


def test_without_unit_the_size_is_unknown(tmp_path: Path) -> None:
    _ome_zarr(tmp_path / "a.zarr", np.ones((2, 3, 4), np.uint8), "0.5", "zyx", [2.0, 1.0, 1.0], unit="")
    assert open_volume(tmp_path / "a.zarr").voxel_size == VoxelSize.unknown()


@pytest.mark.parametrize("how", ["empty folder", "cut description", "cut chunk"])
def test_broken_ones_get_one_sentence(tmp_path: Path, how: str) -> None:
    path = tmp_path / "cells.ome.zarr"
    volume = Volume.from_array(np.random.default_rng(1).integers(0, 255, (4, 30, 30), dtype=np.uint8))
    write_volume(path, volume.source, volume)
    attributes = path / ".zattrs"
    if how == "empty folder":
        path = tmp_path / "empty.zarr"
        path.mkdir()
    elif how == "cut description":
        attributes.write_text(attributes.read_text()[:50])
    else:
        chunk = path / "0" / "0" / "0" / "0"
        chunk.write_bytes(chunk.read_bytes()[:40])
    with pytest.raises(UnreadableFileError, match=path.name):
        open_volume(path).read()
