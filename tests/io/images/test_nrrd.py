"""NRRD files as other programs write them."""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import Volume, VoxelSize
from desktop_app.io.images.nrrd import open_nrrd
from desktop_app.io.images.registry import files_of, open_volume, write_volume

VOXELS = np.arange(4 * 5 * 6, dtype=np.int16).reshape(4, 5, 6)  # z, y, x
HEAD = "NRRD0004\n# a remark\ntype: short\ndimension: 3\nsizes: 6 5 4\nendian: little\n"


def _file(path: Path, more: str, data: bytes = VOXELS.tobytes()) -> Path:
    path.write_bytes((HEAD + more).encode() + b"\n" + data)
    return path


@pytest.mark.parametrize(
    ("encoding", "pack"), [("raw", bytes), ("gzip", gzip.compress), ("gz", gzip.compress), ("bzip2", bz2.compress)]
)
def test_encodings(tmp_path: Path, encoding: str, pack: object) -> None:
    path = _file(tmp_path / "a.nrrd", f"encoding: {encoding}\n", pack(VOXELS.tobytes()))
    volume = open_volume(path)
    np.testing.assert_array_equal(volume.read(), VOXELS)
    assert not volume.voxel_size.known


def test_place_of_a_scanner_that_counts_to_the_left(tmp_path: Path) -> None:
    path = _file(
        tmp_path / "a.nrrd",
        "encoding: raw\nspace: left-posterior-superior\nspace directions: (0.5,0,0) (0,0.5,0) (0,0,2)\n"
        "space origin: (10,20,30)\nkinds: domain domain domain\n",
    )
    volume = open_volume(path)
    assert volume.voxel_size == VoxelSize(z=2, y=0.5, x=0.5, unit="mm")
    expected = [[-0.5, 0, 0, -10], [0, -0.5, 0, -20], [0, 0, 2, 30], [0, 0, 0, 1]]
    np.testing.assert_allclose(volume.affine, expected)
    write_volume(tmp_path / "b.nii.gz", volume.source, volume)
    np.testing.assert_allclose(open_volume(tmp_path / "b.nii.gz").affine, expected)


def test_spacings_with_their_units(tmp_path: Path) -> None:
    path = _file(tmp_path / "a.nrrd", 'encoding: raw\nspacings: 0.2 0.2 1\nunits: "um" "um" "um"\n')
    assert open_volume(path).voxel_size == VoxelSize(z=1, y=0.2, x=0.2, unit="µm")
    path = _file(tmp_path / "b.nrrd", "encoding: raw\nspacings: 0.2 nan 1\n")
    assert not open_volume(path).voxel_size.known


def test_channels_in_front(tmp_path: Path) -> None:
    head = "NRRD0004\ntype: uchar\ndimension: 4\nsizes: 2 6 5 4\nencoding: raw\n"
    data = np.arange(240, dtype=np.uint8).reshape(4, 5, 6, 2)
    for kinds in ("kinds: vector domain domain domain\n", "space directions: none (1,0,0) (0,1,0) (0,0,1)\n"):
        (tmp_path / "a.nrrd").write_bytes((head + kinds + "\n").encode() + data.tobytes())
        volume = open_volume(tmp_path / "a.nrrd")
        assert (volume.channels, volume.shape) == (2, (4, 5, 6))
        np.testing.assert_array_equal(volume.read(channel=1), data[..., 1])


def test_big_endian_and_bytes_to_skip(tmp_path: Path) -> None:
    text = HEAD.replace("little", "big")
    for skip, junk in (("byte skip: 7", bytes(7)), ("byte skip: -1", bytes(99)), ("line skip: 1", b"abc\n")):
        data = junk + VOXELS.astype(">i2").tobytes()
        (tmp_path / "a.nrrd").write_bytes(f"{text}encoding: raw\n{skip}\n\n".encode() + data)
        np.testing.assert_array_equal(open_volume(tmp_path / "a.nrrd").read(), VOXELS)


def test_voxels_in_a_file_of_their_own(tmp_path: Path) -> None:
    header, data = tmp_path / "a.nhdr", tmp_path / "a.raw"
    header.write_text(HEAD + "encoding: raw\ndata file: a.raw\n")
    with pytest.raises(UnreadableFileError, match=r"in a\.raw, which is not there"):
        open_volume(header)
    data.write_bytes(VOXELS.tobytes())
    np.testing.assert_array_equal(open_volume(header).read(), VOXELS)
    assert files_of(header) == (header, data)
    header.write_text(HEAD + "encoding: raw\ndata file: a%03d.raw 1 4 1\n")
    with pytest.raises(UnreadableFileError, match="its slices are in many files"):
        open_volume(header)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD + "encoding: ascii\n\n", "stored as “ascii”"),
        (HEAD.replace("short", "block") + "encoding: raw\n\n", "type block are not supported"),
        (HEAD.replace("6 5 4", "6 -5 4") + "encoding: raw\n\n", "impossible size"),
        (HEAD.replace("sizes: 6 5 4\n", "") + "encoding: raw\n\n", "states no sizes"),
        (HEAD.replace("6 5 4", "8000 8000 3000") + "encoding: raw\n\n" + "x" * 1000, "promises 384 GB"),
        (HEAD, "ends within its header"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "scan.nrrd").write_text(text)
    with pytest.raises(UnreadableFileError, match=words) as caught:
        open_volume(tmp_path / "scan.nrrd").read()
    assert "scan.nrrd" in caught.value.message


def test_the_header_is_plain_for_others(tmp_path: Path) -> None:
    volume = Volume.from_array(VOXELS, voxel_size=VoxelSize(z=2, y=0.5, x=0.25, unit="µm"))
    write_volume(tmp_path / "a.nrrd", volume.source, volume)
    head, data = (tmp_path / "a.nrrd").read_bytes().split(b"\n\n", 1)
    assert head.decode("ascii").splitlines() == [
        "NRRD0005", "type: int16", "dimension: 3", "space dimension: 3", "sizes: 6 5 4", "kinds: domain domain domain",
        "endian: little", "encoding: gzip", "space directions: (0.25,0.0,0.0) (0.0,0.5,0.0) (0.0,0.0,2.0)",
        'space units: "um" "um" "um"',
    ]  # fmt: skip
    assert gzip.decompress(data) == VOXELS.tobytes()


def test_voxels_outside_of_the_folder_of_their_header_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.raw").write_bytes(VOXELS.tobytes())
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for named in ("../secret.raw", str(tmp_path / "secret.raw"), "deep/../../secret.raw"):
        path = _file(tmp_path / "in" / "a.nhdr", f"encoding: raw\ndata file: {named}\n", b"")
        with pytest.raises(UnreadableFileError, match="a file outside of its folder"):
            open_volume(path)
        assert files_of(path) == (path,)
    (tmp_path / "in" / "deep" / "a.raw").write_bytes(VOXELS.tobytes())
    path = _file(tmp_path / "in" / "a.nhdr", "encoding: raw\ndata file: deep/a.raw\n", b"")
    np.testing.assert_array_equal(open_volume(path).read(), VOXELS)
    assert files_of(path) == (path, tmp_path / "in" / "deep" / "a.raw")


@pytest.mark.parametrize("budget", [2**30, 0])
@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("bzip2", bz2.compress)])
def test_packed_voxels_that_do_not_fit_their_checksum_are_damaged(
    tmp_path: Path, encoding: str, pack: Callable[[bytes], bytes], budget: int
) -> None:
    """A wrong byte inside can unpack to as many voxels as there should be; what stands behind the voxels is no harm."""
    head, noise = f"encoding: {encoding}\n", np.random.default_rng(0).integers(0, 99, VOXELS.shape, np.int16)
    packed = pack(noise.tobytes())
    for behind in (b"", b"a signature"):
        path = _file(tmp_path / "whole.nrrd", head, packed + behind)
        np.testing.assert_array_equal(open_nrrd(path, budget).read(), noise)
    np.testing.assert_array_equal(open_nrrd(_file(tmp_path / "a.nrrd", head, packed[:-2]), budget).read(), noise)
    wrong = bytearray(packed)
    wrong[-8] ^= 1  # the checksum of gzip; of bzip2 the end of the voxels
    with pytest.raises(UnreadableFileError, match=r"wrong\.nrrd: it is cut off or damaged"):
        open_nrrd(_file(tmp_path / "wrong.nrrd", head, bytes(wrong)), budget).read()
