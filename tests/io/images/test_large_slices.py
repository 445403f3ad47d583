"""A slice that does not fit into memory is read by parts where the file allows it, and refused in a sentence else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tifffile

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import Region, Volume
from desktop_app.io.images import memory, tiff_pages
from desktop_app.io.images.registry import open_volume, write_volume

EDGE = 700
SLICE = np.random.default_rng(0).integers(0, 4000, (1, EDGE, EDGE), dtype=np.uint16)
FREE = 400_000  # bytes: less than half of the slice
PART = Region((0, 300, 100), (1, 340, 180))


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_ALWAYS_THERE", 1000)
    monkeypatch.setattr(tiff_pages, "_LARGE_PAGE_BYTES", 1000)
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: SimpleNamespace(available=FREE))


def tiled(path: Path) -> None:
    tifffile.imwrite(path, SLICE, compression="zlib", tile=(64, 64))


def stripped(path: Path) -> None:
    tifffile.imwrite(path, SLICE, compression="zlib", rowsperstrip=50)


def plain(path: Path) -> None:
    tifffile.imwrite(path, SLICE)


def written(path: Path) -> None:
    volume = Volume.from_array(SLICE)
    write_volume(path, volume.source, volume)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("tiles.tif", tiled),
        ("strips.tif", stripped),
        ("plain.tif", plain),
        ("image.nii", written),
        ("image.mrc", written),
        ("image.npy", written),
        ("image.h5", written),
    ],
)
def test_a_part_is_read_without_the_slice(
    tmp_path: Path, name: str, write: Callable[[Path], Any], request: pytest.FixtureRequest
) -> None:
    write(tmp_path / name)
    request.getfixturevalue("little_memory")
    volume = open_volume(tmp_path / name)
    np.testing.assert_array_equal(volume.read(PART), SLICE[PART.slices])


@pytest.mark.usefixtures("little_memory")
def test_a_slice_packed_as_one_piece_is_refused_with_what_to_do(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "one.tif", SLICE, compression="zlib", rowsperstrip=EDGE)
    with pytest.raises(UnreadableFileError, match=r"one slice needs 0\.0 GB of memory") as told:
        open_volume(tmp_path / "one.tif").read(PART)
    assert "tiles or strips" in told.value.hint


def test_an_image_packed_as_one_piece_is_refused_too(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    written(tmp_path / "packed.nrrd")
    request.getfixturevalue("little_memory")
    with pytest.raises(UnreadableFileError, match="the unpacked image needs"):
        open_volume(tmp_path / "packed.nrrd").read(PART)
