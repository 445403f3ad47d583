"""CZI files, written here segment by segment as the format describes them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import ImageReading, Region, VoxelSize
from desktop_app.io.images.registry import list_series, open_volume
from tests.peak_memory import takes_at_most

_TYPES = {"u1": 0, "u2": 1, "f4": 2, "bgr": 3}
_METADATA = (
    "<ImageDocument><Metadata><Information><Image><Dimensions><Channels><Channel Name='DAPI'/><Channel Name='GFP'/>"
    "</Channels><T><Positions><Interval><Increment>2.5</Increment></Interval></Positions></T></Dimensions></Image>"
    "</Information><Scaling><Items><Distance Id='X'><Value>2e-7</Value></Distance><Distance Id='Y'><Value>2e-7</Value>"
    "</Distance><Distance Id='Z'><Value>1e-6</Value></Distance></Items></Scaling></Metadata></ImageDocument>"
)


def _segment(name: bytes, data: bytes) -> bytes:
    data += bytes(-len(data) % 32)
    return struct.pack("<16sqq", name, len(data), len(data)) + data


def _entry(kind: str, packing: int, at: int, dimensions: dict[str, tuple[int, int, int]]) -> bytes:
    head = struct.pack("<2siqiiBB4si", b"DV", _TYPES[kind], at, 0, packing, 0, 0, b"", len(dimensions))
    return head + b"".join(struct.pack("<4siifi", n.encode(), a, n_, 0, s) for n, (a, n_, s) in dimensions.items())


def _czi(path: Path, kind: str, tiles: list[dict[str, Any]]) -> Path:
    """A file of tiles: places of axes by letter, ``data`` (Y, X[, S]), ``packing`` with its ``pack``."""
    data, entries = b"", []
    start = 32 + 512
    for tile in tiles:
        pixels = tile.pop("data")
        packing, pack = tile.pop("packing", (0, bytes))
        rows, columns = tile.pop("stands_for", pixels.shape[:2])
        sizes = {"X": (tile.pop("X", 0), columns, pixels.shape[1]), "Y": (tile.pop("Y", 0), rows, pixels.shape[0])}
        dimensions = {**sizes, **{axis: (place, 1, 1) for axis, place in tile.items()}}
        entry = _entry(kind, packing, start + len(data), dimensions)
        packed = pack(np.ascontiguousarray(pixels).tobytes())
        head = struct.pack("<iiq", 0, 0, len(packed)) + entry + bytes(max(0, 240 - len(entry)))
        data += _segment(b"ZISRAWSUBBLOCK", head + packed)
        entries.append(entry)
    directory = _segment(b"ZISRAWDIRECTORY", struct.pack("<i124x", len(entries)) + b"".join(entries))
    xml = _METADATA.encode()
    metadata = _segment(b"ZISRAWMETADATA", struct.pack("<ii248x", len(xml), 0) + xml)
    at = start + len(data)
    header = struct.pack("<iiii16s16siqqiq", 1, 0, 0, 0, b"", b"", 0, at, at + len(directory), 0, 0)
    path.write_bytes(_segment(b"ZISRAWFILE", header + bytes(512 - len(header))) + data + directory + metadata)
    return path


def test_time_channels_slices_sizes_and_names(tmp_path: Path) -> None:
    data = np.random.default_rng(1).integers(0, 9999, (2, 2, 3, 10, 12), np.uint16)
    places = list(np.ndindex(2, 2, 3))
    tiles = [{"T": t, "C": c, "Z": z, "data": data[t, c, z]} for t, c, z in places]
    volume = open_volume(_czi(tmp_path / "a.czi", "u2", tiles))
    assert (volume.times, volume.channels, volume.shape, volume.dtype) == (2, 2, (3, 10, 12), np.uint16)
    assert volume.channel_names == ("DAPI", "GFP")
    assert volume.voxel_size.same_as(VoxelSize(z=1, y=0.2, x=0.2, unit="µm"), 1e-9)
    assert volume.movie is not None
    assert volume.movie.step == 2.5
    assert volume.notes == ()
    np.testing.assert_array_equal(np.stack([v.read_channels() for v in volume.each_time()]), data)


def test_the_resolution_of_a_printer_is_no_voxel_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    printed = _METADATA.replace("2e-7", "8.466666666666667e-05")
    monkeypatch.setattr("tests.io.images.test_czi._METADATA", printed)
    volume = open_volume(_czi(tmp_path / "a.czi", "u2", [{"C": 0, "data": np.zeros((4, 5), np.uint16)}]))
    assert not volume.voxel_size.known
    assert "300 dpi" in volume.notes[-1]


def _bytes_apart(data: bytes) -> bytes:
    return bytes([3, 1, 1]) + imagecodecs.zstd_encode(np.frombuffer(data, "u1").reshape(-1, 2).T.tobytes())


@pytest.mark.parametrize(
    ("packing", "pack"),
    [
        (5, imagecodecs.zstd_encode),
        (6, lambda data: b"\x01" + imagecodecs.zstd_encode(data)),
        (6, _bytes_apart),
    ],
)
def test_packed_pixels(tmp_path: Path, packing: int, pack: Any) -> None:
    data = np.random.default_rng(1).integers(0, 9999, (10, 12), np.uint16)
    volume = open_volume(_czi(tmp_path / "a.czi", "u2", [{"C": 0, "packing": (packing, pack), "data": data}]))
    np.testing.assert_array_equal(volume.read()[0], data)


def test_tiles_of_a_mosaic_and_overviews(tmp_path: Path) -> None:
    whole = np.arange(20 * 30, dtype=np.uint16).reshape(20, 30)
    tiles = [
        {"M": m, "Y": -100 + y, "X": 50 + x, "data": whole[y : y + 12, x : x + 18]}
        for m, (y, x) in enumerate([(0, 0), (0, 12), (8, 0), (8, 12)])
    ]
    tiles.append({"Y": -100, "X": 50, "data": whole[::2, ::2], "stands_for": (20, 30)})
    volume = open_volume(_czi(tmp_path / "a.czi", "u2", tiles))
    np.testing.assert_array_equal(volume.read()[0], whole)
    part = Region((0, 5, 3), (1, 15, 29))
    np.testing.assert_array_equal(volume.read(part)[0], whole[5:15, 3:29])
    assert [(one.factors, one.shape) for one in volume.smaller] == [((1, 2, 2), (1, 10, 15))]
    small = volume.at_resolution(1).read(0, Region.whole((1, 10, 15)))
    np.testing.assert_array_equal(small[0], whole[::2, ::2])


@pytest.mark.parametrize("change", [{"Y": 1}, {"stands_for": (20, 20)}, {"C": 1}])
def test_overviews_that_show_less_or_lie_elsewhere_are_not_used(tmp_path: Path, change: dict[str, Any]) -> None:
    whole = np.arange(20 * 30, dtype=np.uint16).reshape(20, 30)
    rows, columns = change.get("stands_for", (20, 30))
    overview = {"data": whole[:rows:2, :columns:2], "stands_for": (rows, columns), **change}
    volume = open_volume(_czi(tmp_path / "a.czi", "u2", [{"data": whole}, overview]))
    np.testing.assert_array_equal(volume.read()[0], whole)
    assert volume.smaller == ()


def test_scenes_are_a_choice(tmp_path: Path) -> None:
    tiles = [{"S": s, "X": 1000 * s, "data": np.full((10, 12 + s), 7 + s, np.uint8)} for s in range(2)]
    path = _czi(tmp_path / "a.czi", "u1", tiles)
    assert [series.name for series in list_series(path)] == ["scene 1", "scene 2"]
    assert "“scene 2”" in open_volume(path).notes[0]
    second = open_volume(path, reading=ImageReading(series="scene 2"))
    assert (second.shape, second.read()[0, 0, 0]) == ((1, 10, 13), 8)


def test_colours_come_in_their_order(tmp_path: Path) -> None:
    data = np.zeros((10, 12, 3), np.uint8)
    data[..., 2] = 200  # stored as blue, green, red
    volume = open_volume(_czi(tmp_path / "a.czi", "bgr", [{"C": 0, "data": data}]))
    assert volume.rgb
    assert volume.read_channels()[:, 0, 0, 0].tolist() == [200, 0, 0]


def test_pictures_that_were_never_recorded_are_said(tmp_path: Path) -> None:
    tiles = [{"Z": z, "data": np.full((10, 12), 5, np.uint8)} for z in (0, 2)]
    volume = open_volume(_czi(tmp_path / "a.czi", "u1", tiles))
    assert "1 of its 3 pictures were never recorded" in volume.notes[0]
    assert volume.read()[:, 0, 0].tolist() == [5, 0, 5]


def test_unknown_packing_and_cut_off_files(tmp_path: Path) -> None:
    tile = {"C": 0, "packing": (99, bytes), "data": np.ones((10, 12), np.uint8)}
    with pytest.raises(UnreadableFileError, match="not known here \\(number 99\\)"):
        open_volume(_czi(tmp_path / "a.czi", "u1", [tile])).read()
    path = _czi(tmp_path / "b.czi", "u1", [{"C": 0, "data": np.ones((10, 12), np.uint8)}])
    whole = path.read_bytes()
    for kept in (20, 600, len(whole) - 900):
        path.write_bytes(whole[:kept])
        with pytest.raises(UnreadableFileError, match=r"b\.czi: it is cut off or damaged"):
            open_volume(path).read()


@pytest.mark.parametrize(
    ("packing", "bomb"),
    [
        (1, lambda: imagecodecs.jpeg8_encode(np.zeros((6000, 6000), np.uint8))),
        (2, lambda: imagecodecs.lzw_encode(bytes(80 * 2**20))),
        (4, lambda: imagecodecs.jpegxr_encode(np.zeros((6000, 6000), np.uint8))),
        (5, lambda: imagecodecs.zstd_encode(bytes(256 * 2**20))),
        (6, lambda: bytes([1]) + imagecodecs.zstd_encode(bytes(256 * 2**20))),
    ],
)
def test_a_tile_that_unpacks_without_end_takes_no_memory(
    tmp_path: Path, packing: int, bomb: Callable[[], bytes]
) -> None:
    """Of 4 kB for 64 × 64 pixels; what does not fit its tile is damage, or the rest of it is not looked at."""
    packed = bomb()
    path = _czi(tmp_path / "a.czi", "u1", [{"packing": (packing, lambda _: packed), "data": np.ones((64, 64), "u1")}])
    volume = open_volume(path)
    with takes_at_most(20 * 2**20):
        if packing == 2:
            assert volume.read().shape == (1, 64, 64)
        else:
            with pytest.raises(UnreadableFileError, match=r"a\.czi: it is cut off or damaged"):
                volume.read()


def test_places_far_apart_promise_no_end_of_pictures(tmp_path: Path) -> None:
    data = np.ones((10, 12), np.uint8)
    path = _czi(tmp_path / "a.czi", "u1", [{"Z": 0, "data": data}, {"Z": 10**9, "data": data}])
    for read in (open_volume, list_series):
        with pytest.raises(UnreadableFileError, match="it promises 1,000,000,001 pictures and holds 2"):
            read(path)


def test_tiles_far_apart_promise_no_picture_without_end(tmp_path: Path) -> None:
    data = np.ones((10, 12), np.uint8)
    path = _czi(tmp_path / "a.czi", "u1", [{"X": 0, "data": data}, {"X": 12, "Y": 16_777_216, "data": data}])
    with pytest.raises(UnreadableFileError, match="they make 24 × 16,777,226 pixels, of which they cover 240"):
        open_volume(path)


def test_a_tile_of_300_gigabytes_is_refused_at_once(tmp_path: Path) -> None:
    path = _czi(tmp_path / "a.czi", "u2", [{"data": np.ones((64, 64), "u2")}])
    data = bytearray(path.read_bytes())
    for segment in (b"ZISRAWSUBBLOCK", b"ZISRAWDIRECTORY"):
        for axis in (b"X\0\0\0", b"Y\0\0\0"):
            at = data.find(axis, data.find(segment))
            data[at + 8 : at + 12] = data[at + 16 : at + 20] = struct.pack("<i", 387_000)
    path.write_bytes(data)
    with takes_at_most(20 * 2**20), pytest.raises(UnreadableFileError, match=r"299\.5 GB"):
        open_volume(path).read(Region((0, 0, 0), (1, 8, 8)))


@pytest.mark.parametrize(
    ("segment", "value", "words"),
    [
        ("ZISRAWDIRECTORY", struct.pack("<i", 2**31 - 1), "it is cut off or damaged"),
        ("ZISRAWDIRECTORY", struct.pack("<i", -1), "there is no picture in it"),
        ("ZISRAWSUBBLOCK", struct.pack("<iiq", -5, 0, -7), "a tile of it is cut off"),
    ],
)
def test_impossible_counts_are_one_sentence(tmp_path: Path, segment: str, value: bytes, words: str) -> None:
    with takes_at_most(20 * 2**20), pytest.raises(UnreadableFileError, match=words):
        open_volume(_with(tmp_path / "a.czi", segment, value)).read()


@pytest.mark.parametrize(
    ("segment", "value"),
    [("ZISRAWMETADATA", struct.pack("<i", 2**31 - 1)), ("ZISRAWSUBBLOCK", struct.pack("<iiq", 0, 0, 2**62))],
)
def test_counts_beyond_what_is_needed_take_no_memory(tmp_path: Path, segment: str, value: bytes) -> None:
    with takes_at_most(20 * 2**20):
        assert open_volume(_with(tmp_path / "a.czi", segment, value)).read().all()


def _with(path: Path, segment: str, value: bytes) -> Path:
    """A file of one tile in which other numbers stand at the beginning of a segment."""
    data = bytearray(_czi(path, "u1", [{"data": np.ones((64, 64), "u1")}]).read_bytes())
    at = data.find(segment.encode()) + 32
    data[at : at + len(value)] = value
    path.write_bytes(data)
    return path
