"""OME-Zarr images as they are written: texts, resolutions, versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.errors import UnwritableFileError
from desktop_app.core.imaging import ArraySource, Movie, Region, Volume, VoxelSize
from desktop_app.io.images import ome_zarr_image
from desktop_app.io.images.label_writer import label_writer
from desktop_app.io.images.ome_zarr_image import halved, level_factors
from desktop_app.io.images.registry import open_volume, write_volume

SIZE = VoxelSize(z=2.0, y=0.5, x=0.25, unit="µm")


def _texts(value: Any) -> list[str]:
    """All texts in a JSON value, keys too."""
    if isinstance(value, dict):
        return [text for item in value.items() for text in _texts(item)]
    if isinstance(value, list | tuple):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []


def _movie() -> Volume:
    points = [ArraySource(np.full((2, 3, 8, 9), i, np.uint16)) for i in range(4)]
    movie = Movie(4, lambda t: points[t], 1.5)
    return Volume(points[0], SIZE, "source", axes="TCZYX", channel_names=("DAPI", "GFP"), movie=movie)


@pytest.mark.parametrize("flavour", ["", "0.5"])
def test_every_text_of_the_metadata(tmp_path: Path, flavour: str) -> None:
    volume = _movie()
    write_volume(tmp_path / "größe.1.ome.zarr", volume.source, volume, flavour=flavour)
    found = dict(zarr.open_group(tmp_path / "größe.1.ome.zarr", mode="r").attrs)
    told = found["ome"] if flavour else found
    multiscale = {
        "name": "größe.1",
        "axes": [
            {"name": "t", "type": "time", "unit": "second"},
            {"name": "c", "type": "channel"},
            *({"name": axis, "type": "space", "unit": "micrometer"} for axis in "zyx"),
        ],
        "datasets": [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [1.5, 1, 2, 0.5, 0.25]}]}],
    }
    if flavour:
        assert told.pop("version") == "0.5"
    else:
        multiscale["version"] = "0.4"
    window = {"min": 0, "max": 65535, "start": 0, "end": 65535}
    channels = [
        {"label": "DAPI", "active": True, "color": "00FF00", "window": window},
        {"label": "GFP", "active": True, "color": "FF00FF", "window": window},
    ]
    assert told == {"multiscales": [multiscale], "omero": {"channels": channels}}


def test_no_temporary_name_stays_in_any_file(tmp_path: Path) -> None:
    volume = _movie()
    for flavour in ("0.4", "0.5"):
        write_volume(tmp_path / f"a{flavour}.ome.zarr", volume.source, volume, flavour=flavour)
    with label_writer(tmp_path / "labels.ome.zarr", volume.alone()) as writer:
        writer.write(Region.whole(volume.shape), np.ones(volume.shape, np.uint8))
    for file in tmp_path.rglob("*"):
        if file.is_file() and (file.suffix == ".json" or file.name.startswith(".z")):
            texts = _texts(json.loads(file.read_text()))
            assert not [text for text in texts if "tmp" in text], file


def test_colours_stay_colours(tmp_path: Path) -> None:
    voxels = np.random.default_rng(1).integers(0, 255, (3, 1, 20, 18), np.uint8)
    volume = Volume.from_array(voxels, rgb=True)
    write_volume(tmp_path / "a.ome.zarr", volume.source, volume)
    back = open_volume(tmp_path / "a.ome.zarr")
    assert back.rgb
    np.testing.assert_array_equal(back.read_channels(), voxels)


@pytest.mark.parametrize("flavour", ["0.4", "0.5"])
def test_smaller_resolutions(tmp_path: Path, flavour: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ome_zarr_image, "_SMALL_ENOUGH", 64)
    voxels = np.random.default_rng(1).integers(0, 2**16, (2, 37, 129, 250), np.uint16)
    volume = Volume.from_array(voxels, voxel_size=VoxelSize(z=0.4, y=0.25, x=0.25))
    write_volume(tmp_path / "a.ome.zarr", volume.source, volume, flavour=flavour)
    group = zarr.open_group(tmp_path / "a.ome.zarr", mode="r")
    attributes = dict(group.attrs)
    scale = attributes.get("ome", attributes)["multiscales"][0]
    assert [d["path"] for d in scale["datasets"]] == ["0", "1", "2"]
    assert [group[str(i)].shape for i in range(3)] == [(2, 37, 129, 250), (2, 37, 65, 125), (2, 19, 33, 63)]
    assert scale["datasets"][2]["coordinateTransformations"] == [
        {"type": "scale", "scale": [1, 0.8, 1, 1]}, {"type": "translation", "translation": [0, 0.2, 0.375, 0.375]},
    ]  # fmt: skip
    np.testing.assert_array_equal(open_volume(tmp_path / "a.ome.zarr").read_channels(), voxels)
    for channel in range(2):
        first = halved(voxels[channel], (1, 2, 2))
        np.testing.assert_array_equal(group["1"][channel], first)
        np.testing.assert_array_equal(group["2"][channel], halved(first, (2, 2, 2)))


def test_large_slices_are_written_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ome_zarr_image, "_LARGE_SLICE", 300_000)
    voxels = np.random.default_rng(1).integers(0, 255, (1, 2, 2500, 300), np.uint8)
    seen = []

    class Source(ArraySource):
        def read(self, channel: int, region: Region) -> np.ndarray:
            seen.append(region.shape)
            return super().read(channel, region)

    volume = Volume(Source(voxels))
    write_volume(tmp_path / "a.ome.zarr", volume.source, volume)
    assert set(seen) == {(1, 1024, 300), (1, 452, 300)}
    np.testing.assert_array_equal(open_volume(tmp_path / "a.ome.zarr").read_channels(), voxels)


@given(values=st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=7))
def test_means_never_overflow(values: list[int]) -> None:
    row = np.array(values, np.uint64).reshape(1, 1, -1)
    pairs = [*values, values[-1]][: 2 * -(-len(values) // 2)]
    expected = [(a + b) // 2 for a, b in zip(pairs[::2], pairs[1::2], strict=True)]
    assert halved(row, (1, 1, 2)).ravel().tolist() == expected


def test_slices_far_apart_are_not_joined() -> None:
    assert level_factors((100, 4096, 3000), SIZE) == [(1, 1, 1), (1, 2, 2), (1, 4, 4)]
    assert level_factors((100, 4096, 3000), VoxelSize.unknown())[-1] == (1, 4, 4)
    cubes = VoxelSize(z=8, y=8, x=8, unit="nm")
    assert level_factors((100, 4096, 3000), cubes) == [(1, 1, 1), (2, 2, 2), (4, 4, 4)]
    assert level_factors((100, 900, 1024), SIZE) == [(1, 1, 1)]


def test_shards_make_few_files(tmp_path: Path) -> None:
    volume = Volume.from_array(np.random.default_rng(1).integers(0, 255, (20, 700, 700), np.uint8))
    for flavour in ("0.4", "0.5"):
        write_volume(tmp_path / f"{flavour}.ome.zarr", volume.source, volume, flavour=flavour)
    counts = [sum(p.is_file() for p in (tmp_path / f"{f}.ome.zarr" / "0").rglob("*")) for f in ("0.4", "0.5")]
    assert counts == [2 * 9 + 2, 2 + 1]
    with pytest.raises(UnwritableFileError, match=r"OME-Zarr is not written as “0\.6”"):
        write_volume(tmp_path / "b.ome.zarr", volume.source, volume, flavour="0.6")


def test_missing_pieces_are_said(tmp_path: Path) -> None:
    volume = Volume.from_array(np.ones((20, 300, 300), np.uint8))
    path = tmp_path / "a.ome.zarr"
    write_volume(path, volume.source, volume)
    assert open_volume(path).notes == ()
    (path / "0" / "1" / "1" / "1").unlink()
    (back,) = open_volume(path).notes
    assert back == "1 of its 8 pieces are not there; they are shown as 0. Is the copy complete?"
    (path / "0" / ".zarray").unlink()
    with pytest.raises(Exception, match=r"a\.ome\.zarr: the OME-Zarr image is incomplete"):
        open_volume(path)


@pytest.mark.parametrize("place", ["0/0/0", "0/9/9"])
def test_of_many_pieces_some_are_looked_at_the_first_and_the_last_among_them(place: str, tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    array = zarr.create_array(
        str(path), shape=(1, 100, 100), chunks=(1, 10, 10), dtype="u1", zarr_format=2,
        chunk_key_encoding={"name": "v2", "separator": "/"},
    )  # fmt: skip
    array[:] = 1
    assert not any("not there" in note for note in open_volume(path).notes)
    (path / place).unlink()
    assert any(note.startswith("About 2% of its 100 pieces are not there") for note in open_volume(path).notes)
