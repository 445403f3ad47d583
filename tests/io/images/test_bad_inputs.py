"""Images that are half there, promise too much, or go away: one sentence that names the file, and no wrong voxels."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr

from desktop_app.core.errors import UnreadableFileError, UserError
from desktop_app.core.imaging import Volume
from desktop_app.io.images.formats import FORMATS
from desktop_app.io.images.registry import open_volume, write_volume
from tests.io.images.n5_files import write_n5

DATA = np.random.default_rng(1).integers(1, 999, (40, 60, 70), np.uint16)
WRITTEN = [form.endings[0] for form in FORMATS.values() if form.write is not None]


def _written(path: Path, flavour: str = "") -> Path:
    volume = Volume.from_array(DATA)
    write_volume(path, volume.source, volume, flavour=flavour)
    return path


@pytest.mark.parametrize("ending", [*WRITTEN, ".nii.gz", ".n5"])
def test_a_drive_that_vanishes_and_comes_back(ending: str, tmp_path: Path) -> None:
    drive, away = tmp_path / "drive", tmp_path / "away"
    path = drive / f"größe{ending}"
    if ending == ".n5":
        write_n5(path, DATA, (16, 32, 32))
    else:
        _written(path)
    volume = open_volume(path)
    drive.rename(away)
    seen = _read(volume)
    if isinstance(seen, str):
        assert "größe" in seen
    else:
        np.testing.assert_array_equal(seen, DATA)  # read through a file that is still open
    with pytest.raises(UnreadableFileError, match="größe"):
        open_volume(path)
    away.rename(drive)
    np.testing.assert_array_equal(volume.read(), DATA)
    np.testing.assert_array_equal(open_volume(path).read(), DATA)


def _read(volume: Volume) -> np.ndarray | str:
    """The voxels, or what the user is told."""
    try:
        return volume.read()
    except UserError as error:
        return str(error)


def _mrc(path: Path) -> None:
    head = bytearray(1024)
    head[:16] = struct.pack("<4i", 8192, 8192, 2400, 6)
    head[208:216] = b"MAP DA\0\0"
    path.write_bytes(bytes(head) + bytes(2**20))


def _nrrd(path: Path) -> None:
    text = "NRRD0004\ntype: uint16\ndimension: 3\nsizes: 8192 8192 2400\nencoding: raw\nendian: little\n\n"
    path.write_bytes(text.encode() + bytes(2**20))


def _npy(path: Path) -> None:
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "<u2", "fortran_order": False, "shape": (2400, 8192, 8192)}
        )
        file.write(bytes(2**20))


def _tiff(path: Path) -> None:
    text = "ImageJ=1.11a\nimages=2400\nslices=2400\nhyperstack=false\n"
    tifffile.imwrite(path, np.zeros((700, 700), np.uint16), description=text, metadata=None)
    assert path.stat().st_size < 2**20


@pytest.mark.parametrize(("name", "write"), [("a.mrc", _mrc), ("a.nrrd", _nrrd), ("a.npy", _npy)])
def test_a_header_of_300_gigabytes_with_a_megabyte_behind_it(name: str, write: object, tmp_path: Path) -> None:
    write(tmp_path / name)  # type: ignore[operator]
    with pytest.raises(UnreadableFileError, match=rf"{name}: it is cut off: it promises 322 GB"):
        open_volume(tmp_path / name)


def test_a_tiff_that_promises_slices_it_has_not(tmp_path: Path) -> None:
    _tiff(tmp_path / "a.tif")
    with pytest.raises(UnreadableFileError, match=r"a\.tif"):
        open_volume(tmp_path / "a.tif")


@pytest.mark.parametrize("kind", ["zarr", "n5"])
def test_a_description_of_300_gigabytes_without_pieces_is_said_and_takes_no_memory(kind: str, tmp_path: Path) -> None:
    path, shape = tmp_path / f"a.{kind}", (2400, 8192, 8192)
    if kind == "zarr":
        zarr.create_array(str(path), shape=shape, dtype="uint16", chunks=(16, 256, 256))
    else:
        path.mkdir()
        told = {
            "dimensions": shape[::-1],
            "blockSize": [256, 256, 16],
            "dataType": "uint16",
            "compression": {"type": "raw"},
        }
        (path / "attributes.json").write_text(json.dumps(told))
    volume = open_volume(path)
    assert "pieces are not there" in volume.notes[0]
    with pytest.raises(UnreadableFileError, match="the part asked for needs"):
        volume.read()


@pytest.mark.parametrize("flavour", ["0.4", "0.5"])
def test_an_ome_zarr_that_was_being_written_when_it_was_copied(flavour: str, tmp_path: Path) -> None:
    whole = sorted(p for p in _written(tmp_path / "a.ome.zarr", flavour).rglob("*") if p.is_file())
    assert open_volume(tmp_path / "a.ome.zarr").notes == ()
    for number, file in enumerate(whole):
        data = file.read_bytes()
        for left in (None, data[: len(data) // 2]):
            if left is None:
                file.unlink()
            else:
                file.write_bytes(left)
            told = _opened_and_read(tmp_path / "a.ome.zarr")
            assert "a.ome.zarr" in told if isinstance(told, str) else told, (number, file)
            file.write_bytes(data)


def _opened_and_read(path: Path) -> bool | str:
    """What the user is told by an error; else whether all is right, or something is said of it."""
    try:
        volume = open_volume(path)
        return bool(volume.notes) or np.array_equal(volume.read(), DATA)
    except UserError as error:
        return str(error)
