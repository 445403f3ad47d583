"""HDF5 files as other programs write them."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import h5py
import numpy as np
import pytest

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import ImageReading, Volume, VoxelSize
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.registry import list_series, open_volume, write_volume

RAW = np.arange(4 * 20 * 30, dtype=np.uint16).reshape(4, 20, 30)
LABELS = (RAW > 999).astype(np.int64)


def test_image_and_labels_of_one_file(tmp_path: Path) -> None:
    path = tmp_path / "ovule.h5"
    with h5py.File(path, "w") as file:
        file["label"], file["raw"], file["numbers"] = LABELS, RAW, np.arange(5)
        for name in ("raw", "label"):
            file[name].attrs["element_size_um"] = (0.2, 0.1, 0.1)
    assert [series.name for series in list_series(path)] == ["raw", "label"]
    volume = open_volume(path)
    np.testing.assert_array_equal(volume.read(), RAW)
    assert volume.voxel_size == VoxelSize(z=0.2, y=0.1, x=0.1, unit="µm")
    assert "“label”" in volume.notes[0]
    np.testing.assert_array_equal(open_labels(path).read(), LABELS)
    np.testing.assert_array_equal(open_labels(path, reading=ImageReading(series="raw")).read(), RAW)
    with pytest.raises(UnreadableFileError, match="there is no image “predictions”"):
        open_volume(path, reading=ImageReading(series="predictions"))


def test_axes_of_ilastik(tmp_path: Path) -> None:
    data = np.random.default_rng(1).random((2, 4, 20, 30, 3), np.float32)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        exported = file.create_dataset("exported_data", data=data)
        exported.attrs["axistags"] = json.dumps({"axes": [{"key": k} for k in "tzyxc"]})
        other = file.create_dataset("volume/other", data=np.zeros((30, 20, 4), "u1"))
        other.dims[0].label, other.dims[1].label, other.dims[2].label = "x", "y", "z"
    volume = open_volume(tmp_path / "a.h5")
    assert (volume.times, volume.channels, volume.shape) == (2, 3, (4, 20, 30))
    np.testing.assert_array_equal(volume.at_time(1).read(channel=2), data[1, ..., 2])
    assert open_volume(tmp_path / "a.h5", reading=ImageReading(series="volume/other")).shape == (4, 20, 30)


def test_setups_of_big_data_viewer(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for time in range(3):
            for setup in range(2):
                file[f"t{time:05}/s{setup:02}/0/cells"] = (RAW + time + 40_000 * setup).view(np.int16)
        file["s00/resolutions"] = np.ones((1, 3))
    (tmp_path / "a.xml").write_text(
        "<SpimData><SequenceDescription><ViewSetups><ViewSetup><id>0</id><name>DAPI</name><voxelSize><unit>um</unit>"
        "<size>0.5 0.5 2</size></voxelSize></ViewSetup></ViewSetups></SequenceDescription></SpimData>"
    )
    assert [series.name for series in list_series(tmp_path / "a.h5")] == ["DAPI", "s01"]
    volume = open_volume(tmp_path / "a.h5")
    assert (volume.times, volume.voxel_size) == (3, VoxelSize(z=2, y=0.5, x=0.5, unit="µm"))
    np.testing.assert_array_equal(volume.at_time(2).read(), RAW + 2)
    np.testing.assert_array_equal(open_volume(tmp_path / "a.h5", reading=ImageReading(series="2")).read(), RAW + 40_000)


def _letters(text: str) -> np.ndarray:
    return np.array([letter.encode() for letter in text], "S1")


def _imaris(path: Path, **told: str) -> Path:
    """Two time points of three channels; ``told`` are other words on its size."""
    with h5py.File(path, "w") as file:
        for time in range(2):
            for channel in range(3):
                padded = np.pad(RAW + 10 * time + channel, ((0, 4), (0, 12), (0, 2)))
                file[f"DataSet/ResolutionLevel 0/TimePoint {time}/Channel {channel}/Data"] = padded
        info = file.create_group("DataSetInfo/Image").attrs
        sizes = {"X": "30", "Y": "20", "Z": "4", "ExtMax0": "15", "ExtMax1": "10", "ExtMax2": "8", **told}
        for name, text in sizes.items():
            info[name] = _letters(text)
        for name in ("ExtMin0", "ExtMin1", "ExtMin2"):
            info[name] = _letters("0")
        for channel, name in enumerate(("DAPI", "GFP", "RFP")):
            file.create_group(f"DataSetInfo/Channel {channel}").attrs["Name"] = _letters(name)
    return path


def test_imaris(tmp_path: Path) -> None:
    volume = open_volume(_imaris(tmp_path / "a.ims"))
    assert (volume.times, volume.channels, volume.shape) == (2, 3, (4, 20, 30))
    assert volume.channel_names == ("DAPI", "GFP", "RFP")
    assert volume.voxel_size == VoxelSize(z=2, y=0.5, x=0.5, unit="µm")
    assert volume.notes == ()
    np.testing.assert_array_equal(volume.at_time(1).read(channel=2), RAW + 12)


@pytest.mark.parametrize("slices", ["1000000000", "-4", "0"])
def test_imaris_promises_no_more_than_there_is(tmp_path: Path, slices: str) -> None:
    """There are eight slices, as arrays are filled up."""
    volume = open_volume(_imaris(tmp_path / "a.ims", Z=slices))
    assert volume.shape == (8, 20, 30)
    assert f"It states 30 × 20 × {int(slices):,} voxels (x, y, z), and 30 × 20 × 8 are there" in volume.notes[0]


@pytest.mark.parametrize("slices", ["nan", "inf", "1e400"])
def test_imaris_nonsense_is_one_sentence(tmp_path: Path, slices: str) -> None:
    with pytest.raises(UnreadableFileError, match=r"a\.ims: it is cut off or damaged"):
        open_volume(_imaris(tmp_path / "a.ims", Z=slices))


def test_pieces_that_were_never_written_are_said(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        array = file.create_dataset("raw", (4, 20, 30), "u2", chunks=(1, 20, 30), fillvalue=7)
        array[1] = 3
    volume = open_volume(tmp_path / "a.h5")
    assert "3 of its 4 pieces were never written; they are shown as 7." in volume.notes
    assert volume.read()[:, 0, 0].tolist() == [7, 3, 7, 7]


def test_files_without_an_image_and_unknown_packing(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["numbers"] = np.arange(5)
    with pytest.raises(UnreadableFileError, match=r"a\.h5: there is no array with rows and columns"):
        open_volume(tmp_path / "a.h5")
    with h5py.File(tmp_path / "b.h5", "w") as file:
        space, plist = h5py.h5s.create_simple((4, 5)), h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk((4, 5))
        plist.set_filter(32_001, h5py.h5z.FLAG_OPTIONAL, (0,))
        h5py.h5d.create(file.id, b"raw", h5py.h5t.NATIVE_UINT8, space, plist)
    with pytest.raises(UnreadableFileError, match="packed in a way that is not known here"):
        open_volume(tmp_path / "b.h5")


def test_arrays_in_other_files_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.raw").write_bytes(bytes(100))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("raw", (10, 10), "u1", external=[(str(tmp_path / "secret.raw"), 0, 100)])
    with pytest.raises(UnreadableFileError, match="in another file"):
        open_volume(tmp_path / "a.h5")


def _virtual(path: Path, source: str, name: str, **more: np.ndarray) -> Path:
    with h5py.File(path, "w") as file:
        layout = h5py.VirtualLayout((10, 10), "u1")
        layout[:] = h5py.VirtualSource(source, name, (10, 10))
        for key, values in more.items():
            file[key] = values
        file.create_virtual_dataset("raw", layout)
    return path


def test_virtual_arrays_are_read_from_their_own_file_alone(tmp_path: Path) -> None:
    """Of parts that are not there HDF5 gives zeros, without a word."""
    values = np.arange(100, dtype=np.uint8).reshape(10, 10)
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["raw"] = values
    own = _virtual(tmp_path / "own.h5", ".", "parts/one", **{"parts/one": values})
    volume = open_volume(own, reading=ImageReading(series="raw"))
    np.testing.assert_array_equal(volume.read(), values[None])
    linked = tmp_path / "linked.h5"
    with h5py.File(linked, "w") as file:
        file["away"] = h5py.ExternalLink("other.h5", "/raw")
    for number, (source, name) in enumerate(
        (("other.h5", "raw"), (str(tmp_path / "other.h5"), "raw"), ("gone.h5", "raw"), (".", "gone"))
    ):
        with pytest.raises(UnreadableFileError, match="in another file"):
            open_volume(_virtual(tmp_path / f"{number}.h5", source, name))
    with h5py.File(linked, "a") as file:
        layout = h5py.VirtualLayout((10, 10), "u1")
        layout[:] = h5py.VirtualSource(".", "away", (10, 10))
        file.create_virtual_dataset("raw", layout)
    with pytest.raises(UnreadableFileError, match="in another file"):
        open_volume(linked)


def test_others_find_image_labels_size_and_axes(tmp_path: Path) -> None:
    size = VoxelSize(z=40, y=4, x=4, unit="nm")
    volume = Volume.from_array(np.stack([RAW, RAW + 1]), voxel_size=size, channel_names=("a", "b"))
    write_volume(tmp_path / "a.h5", volume.source, volume)
    with h5py.File(tmp_path / "a.h5") as file:
        np.testing.assert_array_equal(file["raw"][1], RAW + 1)
        np.testing.assert_allclose(file["raw"].attrs["element_size_um"], (0.04, 0.004, 0.004))
        assert [axis["key"] for axis in json.loads(file["raw"].attrs["axistags"])["axes"]] == ["c", "z", "y", "x"]
        assert [dimension.label for dimension in file["raw"].dims] == ["c", "z", "y", "x"]


def _heap(path: Path) -> tuple[bytearray, int]:
    """The bytes of a file whose texts lie in a heap, and where that begins."""
    with h5py.File(path, "w") as file:
        file["raw"] = RAW
        file["raw"].attrs["axistags"] = json.dumps({"axes": [{"key": k} for k in "zyx"]})
    data = bytearray(path.read_bytes())
    return data, data.index(b"GCOL")


def test_a_damaged_heap_does_not_hold_up(tmp_path: Path) -> None:
    """The library goes from piece to piece, and never gets on where one says that it is 0 bytes long."""
    path = tmp_path / "a.h5"
    data, heap = _heap(path)
    (text,) = struct.unpack_from("<Q", data, heap + 24)
    free = heap + 32 + -(-text // 8) * 8
    assert struct.unpack_from("<H", data, free) == (0,)
    assert open_volume(path).axes == "ZYX"
    for place, size in ((free + 8, 0), (free + 8, 8), (free + 8, 2**63), (heap + 24, 2**64 - 16), (heap + 24, 2**40)):
        changed = bytearray(data)
        struct.pack_into("<Q", changed, place, size)
        path.write_bytes(changed)
        for look in (open_volume, list_series):
            with pytest.raises(UnreadableFileError, match=r"a\.h5"):
                look(path)
