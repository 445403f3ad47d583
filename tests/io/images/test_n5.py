"""N5 folders of several programs, written here."""

from __future__ import annotations

import json
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import ImageReading, Region, VoxelSize
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.registry import list_images, list_series, open_volume
from tests.io.images.n5_files import PACKED, PACKED_AS_ZLIB, group, write_n5

TYPES = ("uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float32", "float64")


def _voxels(shape: tuple[int, ...], dtype: str = "uint16", seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 100, shape).astype(dtype)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_what_is_written_is_read(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    shape = tuple(data.draw(st.lists(st.integers(1, 9), min_size=3, max_size=3)))
    block = tuple(data.draw(st.lists(st.integers(1, 5), min_size=3, max_size=3)))
    packing, dtype = data.draw(st.sampled_from(sorted(PACKED))), data.draw(st.sampled_from(TYPES))
    array = _voxels(shape, dtype)
    path = write_n5(tmp_path_factory.mktemp("n5") / "a.n5", array, block, packing)
    volume = open_volume(path)
    assert (volume.dtype, volume.notes) == (np.dtype(dtype), ())
    np.testing.assert_array_equal(volume.read().reshape(shape), array)
    z, y, x = (n // 2 for n in volume.shape)
    part = volume.read(Region((z, y, x), volume.shape))
    np.testing.assert_array_equal(part, array.reshape(volume.shape)[z:, y:, x:])


def test_gzip_with_the_head_of_zlib(tmp_path: Path) -> None:
    array = _voxels((3, 4, 5))
    path = write_n5(tmp_path / "a.n5", array, (3, 4, 5), "raw", compression={"type": "gzip", "useZlib": True})
    file = path / "0/0/0"
    data = file.read_bytes()
    file.write_bytes(data[:16] + PACKED_AS_ZLIB(data[16:]))
    np.testing.assert_array_equal(open_volume(path).read(), array)


def test_big_data_viewer(tmp_path: Path) -> None:
    path = group(tmp_path / "fly.n5", n5="4.0.0")
    array = _voxels((2, 3, 6, 8))
    for time in range(2):
        group(path / f"setup0/timepoint{time}", resolution=[0.5, 0.5, 2], multiScale=True)
        write_n5(path / f"setup0/timepoint{time}/s0", array[time], (2, 4, 4))
        write_n5(path / f"setup0/timepoint{time}/s1", array[time, :, ::2, ::2], (2, 4, 4))
    write_n5(path / "setup1/timepoint0/s0", array[0], (2, 4, 4))
    (tmp_path / "fly.xml").write_text(
        "<SpimData><SequenceDescription><ViewSetups><ViewSetup><id>0</id><name>eye</name><voxelSize><unit>micron</unit>"
        "<size>0.5 0.25 2.0</size></voxelSize></ViewSetup></ViewSetups></SequenceDescription></SpimData>"
    )
    assert [s.name for s in list_series(path)] == ["eye", "setup1"]
    volume = open_volume(path)
    assert (volume.times, volume.shape) == (2, (3, 6, 8))
    assert volume.voxel_size.same_as(VoxelSize(z=2, y=0.25, x=0.5, unit="µm"), 1e-9)
    np.testing.assert_array_equal(volume.at_time(1).read(), array[1])
    again = pickle.loads(pickle.dumps(volume.at_time(1).source))
    np.testing.assert_array_equal(again.read(0, Region.whole(volume.shape)), array[1])


def test_channels_of_n5_viewer(tmp_path: Path) -> None:
    path = group(tmp_path / "a.n5", n5="2.5.1", pixelResolution={"unit": "um", "dimensions": [0.1, 0.2, 0.5]})
    arrays = [_voxels((3, 6, 8), seed=i) for i in range(2)]
    for i, array in enumerate(arrays):
        write_n5(path / f"c{i}/s0", array, (2, 4, 4))
        write_n5(path / f"c{i}/s1", array[:, ::2, ::2], (2, 4, 4), downsamplingFactors=[2, 2, 1])
    volume = open_volume(path)
    assert list_series(path) == ()
    assert volume.channels == 2
    np.testing.assert_array_equal(volume.read_channels(), arrays)
    assert volume.voxel_size.same_as(VoxelSize(z=0.5, y=0.2, x=0.1, unit="µm"), 1e-9)


def test_images_and_labels_of_paintera(tmp_path: Path) -> None:
    path = group(tmp_path / "cremi.n5", n5="2.0.0")
    raw, labels = _voxels((3, 6, 8)), _voxels((3, 6, 8), "uint64")
    group(path / "volumes/raw", multiScale=True, resolution=[4, 4, 40], units=["nm", "nm", "nm"])
    write_n5(path / "volumes/raw/s0", raw, (2, 4, 4))
    write_n5(path / "volumes/labels/s0", labels, (2, 4, 4))
    write_n5(path / "volumes/other/s0", _voxels((3, 6, 8), "uint8"), (2, 4, 4), isLabelMultiset=True)
    assert [s.name for s in list_series(path)] == ["volumes/raw", "volumes/labels"]
    volume = open_volume(path)
    np.testing.assert_array_equal(volume.read(), raw)
    assert volume.notes[0].startswith("Label multisets of Paintera are left out (volumes/other)")
    assert volume.voxel_size.same_as(VoxelSize(z=40, y=4, x=4, unit="nm"), 1e-9)
    np.testing.assert_array_equal(open_labels(path).read(), labels)
    chosen = open_volume(path, reading=ImageReading(series="volumes/labels"))
    assert chosen.dtype == np.uint64


def test_axis_tags_of_ilastik_in_either_order(tmp_path: Path) -> None:
    array = _voxels((2, 3, 6, 8))
    for number, order in enumerate(("czyx", "xyzc")):
        tags = {"axes": [{"key": letter, "typeFlags": 2} for letter in order]}
        path = write_n5(tmp_path / f"{number}.n5", array, (1, 3, 6, 8), axistags=tags)
        volume = open_volume(path)
        assert (volume.channels, volume.shape) == (2, (3, 6, 8))
        np.testing.assert_array_equal(volume.read_channels(), array)


def test_sizes_without_a_unit_are_not_guessed(tmp_path: Path) -> None:
    volume = open_volume(write_n5(tmp_path / "a.n5", _voxels((3, 4, 5)), (3, 4, 5), resolution=[4, 4, 40]))
    assert not volume.voxel_size.known
    assert volume.notes == (
        "The file states voxels of 4 × 4 × 40 (x × y × z) without a unit. Set the voxel size by hand.",
    )


def test_found_by_what_the_folder_holds(tmp_path: Path) -> None:
    write_n5(tmp_path / "no ending", _voxels((3, 4, 5)), (3, 4, 5))
    (tmp_path / "other").mkdir()
    (tmp_path / "other/attributes.json").write_text("{}")
    assert [p.name for p in list_images(tmp_path)] == ["no ending"]


def test_damage_is_one_sentence(tmp_path: Path) -> None:
    path = write_n5(tmp_path / "a.n5", _voxels((4, 8, 8)), (2, 4, 4))
    (path / "1/1/1").unlink()
    assert open_volume(path).notes == ("1 of its 8 pieces are not there; they are shown as 0. Is the copy complete?",)
    block = path / "0/0/0"
    whole = block.read_bytes()
    heads = (struct.pack(">HHIII", 0, 3, 4, 4, 2**31), struct.pack(">HHIII", 1, 3, 4, 4, 2))
    for data in (b"", whole[:9], whole[:-20], *(head + whole[16:] for head in heads)):
        block.write_bytes(data)
        with pytest.raises(UnreadableFileError, match=r"a\.n5"):
            open_volume(path).read()
    for text, words in (
        ("{", "damaged"),
        ("{}", "no N5 array"),
        (json.dumps({"dimensions": [0, 4], "blockSize": [4, 4], "dataType": "uint8"}), "makes no sense"),
        (json.dumps({"dimensions": [9, 4], "blockSize": [4, 4], "dataType": "object"}), "not supported"),
        (json.dumps({"dimensions": [9, 4], "blockSize": [4, 4], "dataType": "uint8", "compression": "x"}), "packed"),
    ):
        (path / "attributes.json").write_text(text)
        with pytest.raises(UnreadableFileError, match=words):
            open_volume(path)


@pytest.mark.parametrize("packing", ["gzip", "bzip2", "xz", "lz4", "zstd", "blosc"])
def test_a_block_that_becomes_huge_is_not_unpacked(packing: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="damaged"):
        open_volume(_huge(tmp_path, packing)).read()


def _huge(folder: Path, packing: str) -> Path:
    path = write_n5(folder / "a.n5", np.zeros((1, 64, 64), np.uint8), (1, 64, 64), packing)
    block = path / "0/0/0"
    block.write_bytes(block.read_bytes()[:16] + PACKED[packing](bytes(2**22)))
    return path
