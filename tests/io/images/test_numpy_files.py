"""Arrays of NumPy."""

from __future__ import annotations

import io
import os
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from numpy.lib import format as npy

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import ImageReading
from desktop_app.io.images.registry import list_series, open_volume
from tests.peak_memory import takes_at_most


def _saved(path: Path, array: np.ndarray) -> Path:
    np.save(path, array)
    return path


@pytest.mark.parametrize(
    ("shape", "dtype", "found"),
    [
        ((20, 30), "u2", (1, 1, (1, 20, 30))),
        ((5, 20, 30), ">f4", (1, 1, (5, 20, 30))),
        ((20, 30, 3), "u1", (1, 3, (1, 20, 30))),
        ((4, 20, 30, 3), "u1", (1, 3, (4, 20, 30))),
        ((2, 9, 20, 30), "u2", (1, 2, (9, 20, 30))),
        ((4, 2, 5, 20, 30), "u2", (4, 2, (5, 20, 30))),
        ((5, 20, 30), "?", (1, 1, (5, 20, 30))),
    ],
)
def test_shapes(tmp_path: Path, shape: tuple[int, ...], dtype: str, found: tuple[object, ...]) -> None:
    array = np.random.default_rng(1).integers(0, 2, shape).astype(dtype)
    volume = open_volume(_saved(tmp_path / "a.npy", array))
    assert (volume.times, volume.channels, volume.shape) == found
    if array.ndim <= 3 and not volume.rgb:
        np.testing.assert_array_equal(volume.read(), array.reshape(volume.shape))


def test_arrays_in_the_order_of_fortran(tmp_path: Path) -> None:
    array = np.arange(5 * 20 * 30, dtype=np.uint16).reshape(5, 20, 30)
    volume = open_volume(_saved(tmp_path / "a.npy", np.asfortranarray(array)))
    np.testing.assert_array_equal(volume.read(), array)


def test_the_arrays_of_an_archive_are_a_choice(tmp_path: Path) -> None:
    first, second = np.arange(60, dtype=np.uint8).reshape(3, 4, 5), np.ones((6, 7), np.float32)
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "a.npz", image=first, other=second, number=np.array(3))
        path = tmp_path / "a.npz"
        assert [s.name for s in list_series(path)] == ["image", "other"]
        volume = open_volume(path)
        np.testing.assert_array_equal(volume.read(), first)
        assert "“other”" in volume.notes[0]
        np.testing.assert_array_equal(open_volume(path, reading=ImageReading(series="other")).read()[0], second)
        with pytest.raises(UnreadableFileError, match="no image “third”"):
            open_volume(path, reading=ImageReading(series="third"))


class _Trap:
    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("trapped",)


def test_pickled_objects_are_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("a.npy", np.array([[_Trap()] * 3] * 3, object))
    with pytest.raises(UnreadableFileError, match="other things than numbers"):
        open_volume(tmp_path / "a.npy")
    assert not (tmp_path / "trapped").exists()


def test_other_archives_and_odd_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / "numbers.npz", a=np.arange(4))
    with pytest.raises(UnreadableFileError, match="no array with rows and columns"):
        open_volume(tmp_path / "numbers.npz")
    with pytest.raises(UnreadableFileError, match="1 dimensions is no image"):
        open_volume(_saved(tmp_path / "line.npy", np.arange(4)))
    with pytest.raises(UnreadableFileError, match="complex128 are not supported"):
        open_volume(_saved(tmp_path / "complex.npy", np.ones((4, 4), complex)))


def _archive(path: Path, packing: int, shape: tuple[int, ...], megabytes: int) -> Path:
    """An array's head in an archive, and zeros behind it."""
    head = io.BytesIO()
    npy.write_array_header_1_0(head, {"descr": "|u1", "fortran_order": False, "shape": shape})
    with zipfile.ZipFile(path, "w", packing) as archive, archive.open("a.npy", "w", force_zip64=True) as file:
        file.write(head.getvalue())
        for _ in range(megabytes):
            file.write(bytes(2**20))
    return path


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_archives_that_unpack_without_end_are_refused_without_the_memory(tmp_path: Path, packing: int) -> None:
    path = _archive(tmp_path / "a.npz", packing, (4, 64, 64), 64)
    with takes_at_most(20 * 2**20):
        for read in (open_volume, list_series):
            with pytest.raises(UnreadableFileError, match=r"not known here\. Save it with NumPy's savez_compressed"):
                read(path)


def test_a_head_that_promises_300_gigabytes_is_refused_at_once(tmp_path: Path) -> None:
    packed = _archive(tmp_path / "a.npz", zipfile.ZIP_DEFLATED, (3000, 10_000, 10_000), 1)
    plain = tmp_path / "a.npy"
    with zipfile.ZipFile(packed) as archive:
        plain.write_bytes(archive.read("a.npy"))
    for path in (packed, plain):
        with takes_at_most(20 * 2**20), pytest.raises(UnreadableFileError, match="it promises 300 GB"):
            open_volume(path)


def test_what_follows_the_array_of_an_archive_is_not_unpacked(tmp_path: Path) -> None:
    path = _archive(tmp_path / "a.npz", zipfile.ZIP_DEFLATED, (4, 64, 64), 256)
    with takes_at_most(20 * 2**20):
        assert open_volume(path).read().shape == (4, 64, 64)


def test_a_damaged_head_is_one_sentence(tmp_path: Path) -> None:
    """NumPy reads it as a piece of Python, which may then end in the middle of a statement."""
    path = tmp_path / "a.npy"
    np.save(path, np.zeros((4, 8, 8), np.uint16))
    whole = path.read_bytes()
    for place in range(8, 80):
        for byte in (b"\xff", b"(", b"\0", b"'"):
            path.write_bytes(whole[:place] + byte + whole[place + 1 :])
            with suppress(UnreadableFileError):
                open_volume(path)
