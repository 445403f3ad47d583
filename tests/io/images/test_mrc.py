"""MRC files as other programs write them."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import Volume, VoxelSize
from desktop_app.io.images.registry import open_volume, write_volume
from tests.peak_memory import takes_at_most

VOXELS = np.arange(4 * 5 * 6, dtype=np.int16).reshape(4, 5, 6)  # z, y, x


def _head(order: str = "<", **changed: object) -> bytearray:
    """A header of 10 Å pixels, from the table of the format: words of four bytes, by number."""
    words = np.zeros(256, order + "i4")
    words[:4], words[7:10], words[16:19] = (6, 5, 4, 1), (6, 5, 4), (1, 2, 3)
    data = bytearray(words.tobytes())
    data[40:52] = np.array([60, 50, 80], order + "f4").tobytes()  # of the cell, in Å
    data[208:212] = b"MAP "
    for at, value in changed.items():
        start = int(at.removeprefix("at"))
        data[start : start + len(value)] = value
    return data


def test_size_in_angstrom(tmp_path: Path) -> None:
    (tmp_path / "a.mrc").write_bytes(_head() + VOXELS.tobytes())
    volume = open_volume(tmp_path / "a.mrc")
    assert volume.voxel_size == VoxelSize(z=2, y=1, x=1, unit="nm")
    np.testing.assert_array_equal(volume.read(), VOXELS)


def test_big_endian_packed_and_an_extended_header(tmp_path: Path) -> None:
    head = _head(">", at92=np.array([100], ">i4").tobytes())
    data = bytes(head) + bytes(100) + VOXELS.astype(">i2").tobytes()
    (tmp_path / "a.rec").write_bytes(data)
    (tmp_path / "b.rec").write_bytes(gzip.compress(data))
    for name in ("a.rec", "b.rec"):
        np.testing.assert_array_equal(open_volume(tmp_path / name).read(), VOXELS)


def test_bytes_with_and_without_a_sign(tmp_path: Path) -> None:
    values = np.full((4, 5, 6), 200, np.uint8)
    stamp = np.array([1146047817, 0], "<i4").tobytes()
    mode = np.array([0], "<i4").tobytes()
    (tmp_path / "a.mrc").write_bytes(_head(at12=mode) + values.tobytes())
    (tmp_path / "b.mrc").write_bytes(_head(at12=mode, at152=stamp) + values.tobytes())
    assert open_volume(tmp_path / "a.mrc").read()[0, 0, 0] == 200 - 256
    assert open_volume(tmp_path / "b.mrc").read()[0, 0, 0] == 200


def test_columns_that_are_slices(tmp_path: Path) -> None:
    order = np.array([3, 1, 2], "<i4").tobytes()  # columns are z, rows x, sections y
    (tmp_path / "a.map").write_bytes(_head(at64=order) + VOXELS.tobytes())
    np.testing.assert_array_equal(open_volume(tmp_path / "a.map").read(), VOXELS.transpose(2, 0, 1))


@pytest.mark.parametrize("cell", [(0, 0, 0), (6, 5, 4)])
def test_files_without_a_size(tmp_path: Path, cell: tuple[int, ...]) -> None:
    (tmp_path / "a.mrc").write_bytes(_head(at40=np.array(cell, "<f4").tobytes()) + VOXELS.tobytes())
    volume = open_volume(tmp_path / "a.mrc")
    assert not volume.voxel_size.known
    assert volume.notes == ()


def test_nonsense_sizes_are_said(tmp_path: Path) -> None:
    (tmp_path / "a.mrc").write_bytes(_head(at40=np.array([np.nan, 5, 4], "<f4").tobytes()) + VOXELS.tobytes())
    volume = open_volume(tmp_path / "a.mrc")
    assert not volume.voxel_size.known
    assert "makes no sense" in volume.notes[0]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"at12": np.array([4], "<i4").tobytes()}, "kind 4 are not supported"),
        ({"at0": np.array([9000, 9000, 2000], "<i4").tobytes()}, "promises 324 GB"),
        ({"at64": np.array([1, 1, 2], "<i4").tobytes()}, "impossible axes"),
    ],
)
def test_what_is_refused(tmp_path: Path, changed: dict[str, bytes], words: str) -> None:
    (tmp_path / "scan.mrc").write_bytes(_head(**changed) + VOXELS.tobytes())
    with pytest.raises(UnreadableFileError, match=words) as caught:
        open_volume(tmp_path / "scan.mrc")
    assert "scan.mrc" in caught.value.message


def test_what_is_written_follows_the_table_of_the_format(tmp_path: Path) -> None:
    volume = Volume.from_array(VOXELS, voxel_size=VoxelSize(z=2, y=1, x=0.5, unit="nm"))
    write_volume(tmp_path / "a.mrc", volume.source, volume)
    data = (tmp_path / "a.mrc").read_bytes()
    assert len(data) == 1024 + VOXELS.nbytes
    words = np.frombuffer(data[:1024], "<i4")
    assert words[:4].tolist() == [6, 5, 4, 1]
    assert words[16:19].tolist() == [1, 2, 3]
    assert np.frombuffer(data[40:64], "<f4").tolist() == [30, 50, 80, 90, 90, 90]
    assert (data[208:212], data[212:216]) == (b"MAP ", b"\x44\x44\0\0")
    assert np.frombuffer(data[1024:], "<i2").tolist() == VOXELS.ravel().tolist()


@pytest.mark.parametrize("packed", [False, True])
def test_a_header_that_promises_300_gigabytes_is_refused_at_once(tmp_path: Path, packed: bool) -> None:
    data = bytes(_head(at0=np.array([10_000, 10_000, 3000], "<i4").tobytes())) + bytes(10**6)
    path = tmp_path / "a.mrc"
    path.write_bytes(gzip.compress(data) if packed else data)
    with takes_at_most(20 * 2**20), pytest.raises(UnreadableFileError, match="it promises 600 GB"):
        open_volume(path)


def test_what_follows_the_voxels_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.mrc"
    path.write_bytes(gzip.compress(bytes(_head()) + VOXELS.tobytes() + bytes(256 * 2**20), 1))
    with takes_at_most(20 * 2**20):
        np.testing.assert_array_equal(open_volume(path).read(), VOXELS)
