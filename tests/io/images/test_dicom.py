"""DICOM series, written here slice by slice as scanners write them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
)

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import Region, VoxelSize
from desktop_app.io.images.registry import list_images, open_volume, write_volume
from tests.peak_memory import takes_at_most

DATA = np.random.default_rng(1).integers(0, 2000, (5, 10, 12), np.uint16)


def _slice(path: Path, picture: np.ndarray, z: float | None, number: int, series: str = "1.2.3", **more: Any) -> Path:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = CTImageStorage, ExplicitVRLittleEndian
    meta.MediaStorageSOPInstanceUID = f"1.2.3.{number + 1}"
    dataset = Dataset()
    dataset.file_meta = meta
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, f"1.2.3.{number + 1}"
    dataset.SeriesInstanceUID, dataset.InstanceNumber = series, number
    dataset.Rows, dataset.Columns = picture.shape[:2]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 12, 11, 0
    dataset.PixelSpacing = [0.5, 0.25]
    if z is not None:
        dataset.ImagePositionPatient, dataset.ImageOrientationPatient = [10, 20, z], [1, 0, 0, 0, 1, 0]
    dataset.PixelData = picture.tobytes()
    for name, value in more.items():
        setattr(dataset, name, value)
    dataset.save_as(path, enforce_file_format=True)
    return path


def _series(folder: Path, **more: Any) -> list[Path]:
    """Five slices whose names and numbers run against their places."""
    return [_slice(folder / f"IM{9 - i}.dcm", DATA[i], 2.0 * i - 7, 9 - i, **more) for i in range(5)]


def test_a_series_is_one_image_in_the_order_of_its_places(tmp_path: Path) -> None:
    files = _series(tmp_path, RescaleSlope=1, RescaleIntercept=-1024)
    _slice(tmp_path / "other.dcm", DATA[0], 0, 1, series="9.9")
    assert list_images(tmp_path) == [files[-1], tmp_path / "other.dcm"]
    for file in (files[0], files[3]):
        volume = open_volume(file)
        assert (volume.shape, volume.dtype) == ((5, 10, 12), np.int16)
        np.testing.assert_array_equal(volume.read(), DATA.astype(np.int16) - 1024)
        assert volume.voxel_size == VoxelSize(z=2, y=0.5, x=0.25, unit="mm")
        expected = [[-0.25, 0, 0, -10], [0, -0.5, 0, -20], [0, 0, 2, -7], [0, 0, 0, 1]]
        np.testing.assert_allclose(volume.affine, expected)
        assert volume.notes == ()
    part = Region((1, 2, 3), (4, 9, 11))
    np.testing.assert_array_equal(open_volume(files[0]).read(part), DATA[part.slices].astype(np.int16) - 1024)


def test_the_place_is_kept_in_other_formats(tmp_path: Path) -> None:
    volume = open_volume(_series(tmp_path)[0])
    write_volume(tmp_path / "a.nii.gz", volume.source, volume)
    np.testing.assert_allclose(open_volume(tmp_path / "a.nii.gz").affine, volume.affine)


def test_a_missing_slice_is_said(tmp_path: Path) -> None:
    files = _series(tmp_path)
    files[2].unlink()
    assert "Its slices are 2 to 4 mm apart: some may be missing." in open_volume(files[0]).notes[0]


def test_places_that_repeat_are_time_points(tmp_path: Path) -> None:
    for time in range(3):
        for z in range(4):
            _slice(tmp_path / f"t{time}z{z}.dcm", DATA[z] + time, 1.5 * z, 10 * time + z)
    volume = open_volume(tmp_path / "t1z1.dcm")
    assert (volume.times, volume.shape) == (3, (4, 10, 12))
    np.testing.assert_array_equal(volume.at_time(2).read(), DATA[:4] + 2)


def test_series_without_places_go_by_number(tmp_path: Path) -> None:
    for number in (3, 1, 2):
        _slice(tmp_path / f"{9 - number}.dcm", DATA[number], None, number)
    volume = open_volume(tmp_path / "8.dcm")
    np.testing.assert_array_equal(volume.read(), DATA[1:4])
    assert volume.affine is None
    assert volume.voxel_size.known


def test_fractions_and_frames(tmp_path: Path) -> None:
    path = _slice(tmp_path / "a.dcm", DATA[0], 0, 1, RescaleSlope="0.5", RescaleIntercept="1")
    np.testing.assert_array_equal(open_volume(path).read()[0], DATA[0] * np.float32(0.5) + 1)
    path = _slice(tmp_path / "b.dcm", DATA[0], 0, 1, series="8", NumberOfFrames=5, PixelData=DATA.tobytes())
    np.testing.assert_array_equal(open_volume(path).read(), DATA)


def test_slices_of_other_sizes_and_files_without_a_picture(tmp_path: Path) -> None:
    files = _series(tmp_path)
    _slice(tmp_path / "odd.dcm", np.zeros((4, 4), np.uint16), 50, 99)
    with pytest.raises(UnreadableFileError, match=r"odd\.dcm is 4 × 4, the first"):
        open_volume(files[0])
    dataset = pydicom.dcmread(files[0])
    del dataset.Rows, dataset.PixelData
    dataset.save_as(tmp_path / "report.dcm")
    with pytest.raises(UnreadableFileError, match=r"report\.dcm: there is no picture in it"):
        open_volume(tmp_path / "report.dcm")


def test_a_slice_that_is_cut_off_is_named(tmp_path: Path) -> None:
    files = _series(tmp_path)
    files[2].write_bytes(files[2].read_bytes()[:-100])
    with pytest.raises(UnreadableFileError, match=f"{files[2].name}: it is cut off or damaged"):
        open_volume(files[0]).read()


def _packed(path: Path, syntax: str, frame: bytes, edge: int = 64) -> Path:
    """A slice of 8 bits whose pixels are packed."""
    picture = np.zeros((edge, edge), np.uint8)
    _slice(path, picture[:2], 0.0, 1, series="", BitsAllocated=8, BitsStored=8, HighBit=7)
    dataset = pydicom.dcmread(path)
    dataset.file_meta.TransferSyntaxUID, dataset.Rows, dataset.Columns = syntax, edge, edge
    dataset.PixelData = encapsulate([frame])
    dataset["PixelData"].is_undefined_length = True
    dataset.save_as(path, enforce_file_format=True)
    return path


def _runs(picture: bytes) -> bytes:
    """One segment of run lengths."""
    return struct.pack("<16I", 1, 64, *[0] * 14) + picture


@pytest.mark.parametrize(
    ("syntax", "frame"),
    [
        (RLELossless, lambda: _runs(bytes([129, 0]) * 2_000_000)),
        (JPEGBaseline8Bit, lambda: imagecodecs.jpeg8_encode(np.zeros((8000, 8000), np.uint8))),
        (JPEGBaseline8Bit, lambda: imagecodecs.jpeg8_encode(np.zeros((14_000, 14_000), np.uint8))),
        (JPEG2000Lossless, lambda: imagecodecs.jpeg2k_encode(np.zeros((6000, 6000), np.uint8))),
    ],
)
def test_a_picture_that_unpacks_without_end_is_refused_without_the_memory(
    tmp_path: Path, syntax: str, frame: Callable[[], bytes]
) -> None:
    path = _packed(tmp_path / "a.dcm", syntax, frame())
    volume = open_volume(path)
    with takes_at_most(50 * 2**20), pytest.raises(UnreadableFileError, match="not as large as the file says"):
        volume.read()


def test_packed_pictures_of_their_size_are_read(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)
    literal = b"".join(bytes([127]) + picture.tobytes()[at : at + 128] for at in range(0, picture.size, 128))
    for name, syntax, frame in (
        ("a", RLELossless, _runs(literal)),
        ("b", JPEG2000Lossless, imagecodecs.jpeg2k_encode(picture, reversible=True, level=0)),
    ):
        np.testing.assert_array_equal(open_volume(_packed(tmp_path / f"{name}.dcm", syntax, frame)).read()[0], picture)


def test_run_lengths_that_promise_gigabytes_are_cut_off(tmp_path: Path) -> None:
    path = _packed(tmp_path / "a.dcm", RLELossless, _runs(bytes([129, 0]) * 400), edge=40_000)
    volume = open_volume(path)
    with takes_at_most(20 * 2**20), pytest.raises(UnreadableFileError, match=r"it promises 1\.6 GB"):
        volume.read(Region((0, 0, 0), (1, 8, 8)))


def test_a_file_that_is_deflated_to_gigabytes_is_refused_without_the_memory(tmp_path: Path) -> None:
    path = _slice(tmp_path / "a.dcm", DATA[0], 0.0, 1)
    dataset = pydicom.dcmread(path)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    dataset.save_as(path, enforce_file_format=True)
    np.testing.assert_array_equal(open_volume(path).read()[0], DATA[0])
    dataset.PixelData = bytes(300 * 2**20)
    dataset.save_as(path, enforce_file_format=True)
    del dataset
    with takes_at_most(20 * 2**20), pytest.raises(UnreadableFileError, match="becomes larger than it should be"):
        open_volume(path)


@pytest.mark.parametrize(
    "said",
    [
        {"Rows": 65535, "Columns": 65535}, {"NumberOfFrames": 10**9}, {"NumberOfFrames": -5}, {"BitsStored": 60_000},
        {"BitsAllocated": 0}, {"SamplesPerPixel": 60_000},
    ],
)  # fmt: skip
def test_impossible_sizes_are_one_sentence(tmp_path: Path, said: dict[str, int]) -> None:
    path = _slice(tmp_path / "a.dcm", DATA[0], 0.0, 1, series="", **said)
    with takes_at_most(20 * 2**20), pytest.raises(UnreadableFileError, match=r"a\.dcm: "):
        open_volume(path).read(Region((0, 0, 0), (1, 8, 8)))


@pytest.mark.parametrize("length", [1, 3, 153])
def test_a_number_of_half_a_byte_too_many_is_one_sentence(length: int, tmp_path: Path) -> None:
    """The length of a value stands before it: a byte that is changed there makes numbers of what comes behind."""
    path = _slice(tmp_path / "a.dcm", DATA[0], 0.0, 1)
    head = struct.pack("<HH2sH", 0x28, 0x103, b"US", 2)  # PixelRepresentation
    data = path.read_bytes()
    assert data.count(head) == 1
    path.write_bytes(data.replace(head, head[:-2] + struct.pack("<H", length)))
    with pytest.raises(UnreadableFileError):
        open_volume(path)
    whole = _slice(tmp_path / "b.dcm", DATA[1], 2.0, 2)
    assert open_volume(whole).shape == (1, 10, 12), "the others of its series go on"


def test_a_number_that_only_the_pixels_need_is_no_surprise_either(tmp_path: Path) -> None:
    path = _slice(tmp_path / "a.dcm", DATA[0], 0.0, 1)
    head = struct.pack("<HH2sH", 0x28, 0x100, b"US", 2)  # BitsAllocated
    data = path.read_bytes()
    assert data.count(head) == 1
    path.write_bytes(data.replace(head, head[:-2] + struct.pack("<H", 11)))
    with pytest.raises(UnreadableFileError):
        open_volume(path).read()
