"""NIfTI files as other programs write them."""

from __future__ import annotations

import gzip
from pathlib import Path

import nibabel
import numpy as np
import pytest

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import ImageReading, Region, Volume, VoxelSize
from desktop_app.io.images.registry import open_volume, write_volume
from tests.peak_memory import takes_at_most


def _saved(path: Path, array: np.ndarray, affine: np.ndarray | None = None, **header: object) -> Path:
    image = nibabel.Nifti1Image(array, np.diag([0.5, 0.5, 2.0, 1.0]) if affine is None else affine)
    image.header.set_xyzt_units("mm", "sec")
    for name, value in header.items():
        image.header[name] = value
    nibabel.save(image, path)
    return path


@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_axes_are_turned_round(tmp_path: Path, ending: str) -> None:
    array = np.arange(4 * 5 * 6, dtype=np.int16).reshape(4, 5, 6)  # x, y, z
    volume = open_volume(_saved(tmp_path / f"a{ending}", array))
    assert volume.shape == (6, 5, 4)
    assert volume.name == "a"
    np.testing.assert_array_equal(volume.read(), array.T)
    part = Region((1, 2, 1), (4, 5, 3))
    np.testing.assert_array_equal(volume.read(part), array.T[part.slices])
    assert volume.voxel_size == VoxelSize(z=2, y=0.5, x=0.5, unit="mm")
    np.testing.assert_allclose(volume.affine, np.diag([0.5, 0.5, 2.0, 1.0]))
    assert volume.notes == ()


def test_scaled_values_are_scaled(tmp_path: Path) -> None:
    path = _saved(tmp_path / "a.nii", np.arange(24, dtype=np.int16).reshape(2, 3, 4))
    data = bytearray(path.read_bytes())
    data[112:120] = np.array([0.5, -1], "<f4").tobytes()
    path.write_bytes(data)
    volume = open_volume(path)
    assert volume.dtype == np.float32
    np.testing.assert_array_equal(volume.read(), np.arange(24).reshape(2, 3, 4).T * 0.5 - 1)


def test_time_and_its_step(tmp_path: Path) -> None:
    array = np.arange(3 * 4 * 5 * 6, dtype=np.uint8).reshape(3, 4, 5, 6)
    path = _saved(tmp_path / "a.nii.gz", array, pixdim=[1, 0.5, 0.5, 2, 0.1, 1, 1, 1])
    volume = open_volume(path)
    assert (volume.times, volume.shape, volume.channels) == (6, (5, 4, 3), 1)
    assert volume.movie is not None
    assert volume.movie.step == pytest.approx(0.1)
    np.testing.assert_array_equal(volume.at_time(4).read(), array[..., 4].T)
    channels = open_volume(path, reading=ImageReading(axes="CZYX"))
    assert (channels.times, channels.channels) == (1, 6)


def test_other_programs_read_what_is_written(tmp_path: Path) -> None:
    voxels = np.random.default_rng(1).integers(0, 999, (3, 4, 5), np.uint16)
    size = VoxelSize(z=3, y=0.25, x=0.5, unit="µm")
    affine = ((0.0, -0.25e-3, 0.0, 0.1), (0.5e-3, 0.0, 0.0, 0.2), (0.0, 0.0, 3e-3, 0.3), (0.0, 0.0, 0.0, 1.0))
    volume = Volume.from_array(voxels, voxel_size=size, affine=affine)
    write_volume(tmp_path / "a.nii.gz", volume.source, volume)
    image = nibabel.load(tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(np.asarray(image.dataobj), voxels.T)
    assert image.header.get_xyzt_units()[0] == "micron"
    assert image.header.get_zooms() == pytest.approx((0.5, 0.25, 3))
    expected = np.array(affine)
    expected[:3] *= 1000
    np.testing.assert_allclose(image.get_sform(), expected, rtol=1e-6)
    np.testing.assert_allclose(image.get_qform(), expected, rtol=1e-5, atol=1e-5)


def test_a_corrected_size_reaches_the_place(tmp_path: Path) -> None:
    path = _saved(tmp_path / "a.nii", np.zeros((3, 4, 5), np.uint8))
    corrected = VoxelSize(z=4, y=1, x=1, unit="mm")
    volume = open_volume(path, reading=ImageReading(voxel_size=corrected))
    write_volume(tmp_path / "b.nii", volume.source, volume)
    back = open_volume(tmp_path / "b.nii")
    assert back.voxel_size == corrected
    np.testing.assert_allclose(back.affine, np.diag([1.0, 1, 4, 1]))


@pytest.mark.parametrize("edges", [(0, 0, 0), (np.nan, 1, 1), (np.inf, 1, 1), (-1, 0, 2)])
def test_nonsense_sizes_are_said_and_not_taken(tmp_path: Path, edges: tuple[float, ...]) -> None:
    path = _saved(tmp_path / "a.nii", np.zeros((3, 4, 5), np.uint8))
    data = bytearray(path.read_bytes())
    data[80:92] = np.array(edges, "<f4").tobytes()
    data[252:256] = bytes(4)  # no place at all
    path.write_bytes(data)
    volume = open_volume(path)
    assert not volume.voxel_size.known
    assert volume.affine is None
    assert "makes no sense" in " ".join(volume.notes)


def test_a_nonsense_place_is_said(tmp_path: Path) -> None:
    path = _saved(tmp_path / "a.nii", np.zeros((3, 4, 5), np.uint8))
    data = bytearray(path.read_bytes())
    data[280:296] = np.full(4, np.nan, "<f4").tobytes()
    path.write_bytes(data)
    volume = open_volume(path)
    assert volume.affine is None
    assert volume.voxel_size == VoxelSize(z=2, y=0.5, x=0.5, unit="mm")
    assert "place in the scanner makes no sense" in " ".join(volume.notes)


def test_an_oblique_place_is_said_and_kept(tmp_path: Path) -> None:
    angle = np.radians(12)
    affine = np.eye(4)
    affine[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    volume = open_volume(_saved(tmp_path / "a.nii", np.zeros((3, 4, 5), np.uint8), affine))
    assert "turned by 12.0 degrees" in " ".join(volume.notes)
    write_volume(tmp_path / "b.nii.gz", volume.source, volume)
    np.testing.assert_allclose(open_volume(tmp_path / "b.nii.gz").affine, affine, atol=1e-6)


def test_a_size_that_differs_from_the_matrix_is_said(tmp_path: Path) -> None:
    path = _saved(tmp_path / "a.nii", np.zeros((3, 4, 5), np.uint8), pixdim=[1, 3, 3, 3, 1, 1, 1, 1])
    data = bytearray(path.read_bytes())
    data[80:92] = np.array([3, 3, 3], "<f4").tobytes()
    path.write_bytes(data)
    volume = open_volume(path)
    assert volume.voxel_size == VoxelSize(z=2, y=0.5, x=0.5, unit="mm")
    assert "differs from its matrix" in " ".join(volume.notes)


@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_a_header_that_promises_300_gigabytes_is_refused_at_once(tmp_path: Path, ending: str) -> None:
    path = _saved(tmp_path / "a.nii", np.zeros((64, 128, 128), np.uint8))
    data = bytearray(path.read_bytes())
    data[42:48] = np.array([8000, 8000, 5000], "<i2").tobytes()
    if ending.endswith(".gz"):
        path = tmp_path / "b.nii.gz"
        path.write_bytes(gzip.compress(bytes(data)))
    else:
        path.write_bytes(data)
    with pytest.raises(UnreadableFileError, match=r"cut off: it promises 320 GB"):
        open_volume(path)


def test_an_impossible_header_is_one_sentence(tmp_path: Path) -> None:
    path = _saved(tmp_path / "a.nii", np.zeros((3, 4, 5), np.uint8))
    data = bytearray(path.read_bytes())
    data[42:44] = np.array([-5], "<i2").tobytes()
    path.write_bytes(data)
    with pytest.raises(UnreadableFileError, match=r"a\.nii: its header states an impossible size"):
        open_volume(path)


def test_colours_and_pictures(tmp_path: Path) -> None:
    colors = np.zeros((20, 18, 1), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    colors["G"][3, 4, 0] = 200
    volume = open_volume(_saved(tmp_path / "a.nii", colors))
    assert volume.rgb
    assert volume.read(channel=1)[0, 4, 3] == 200
    assert open_volume(_saved(tmp_path / "b.nii", np.zeros((7, 9), np.uint8))).shape == (1, 9, 7)


def test_large_packed_files_do_not_stay_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    array = np.random.default_rng(1).integers(0, 9, (40, 50, 60), np.uint8)
    path = _saved(tmp_path / "a.nii.gz", array)
    monkeypatch.setattr("desktop_app.io.images.raw_files.CACHE_BYTES", 1000)
    volume = open_volume(path, 1000)
    np.testing.assert_array_equal(volume.read(), array.T)


def test_what_lies_before_and_behind_the_voxels_is_not_kept(tmp_path: Path) -> None:
    path = _saved(tmp_path / "a.nii", np.ones((64, 64, 4), np.uint8))
    data, far = bytearray(path.read_bytes()), 64 * 2**20
    data[108:112] = np.array([far], "<f4").tobytes()
    packed = tmp_path / "b.nii.gz"
    packed.write_bytes(gzip.compress(bytes(data) + bytes(4 * far), 1))
    del data
    with takes_at_most(20 * 2**20):
        assert not open_volume(packed).read().any()


@pytest.mark.parametrize("offset", [np.nan, np.inf, 1e30, -1e9])
def test_an_impossible_place_of_the_voxels_is_one_sentence(tmp_path: Path, offset: float) -> None:
    path = _saved(tmp_path / "a.nii", np.ones((4, 4, 4), np.uint8))
    data = bytearray(path.read_bytes())
    data[108:112] = np.array([offset], "<f4").tobytes()
    path.write_bytes(data)
    if offset < 0:
        assert open_volume(path).read().shape == (4, 4, 4)
    else:
        with pytest.raises(UnreadableFileError, match=r"a\.nii: it is cut off"):
            open_volume(path)
