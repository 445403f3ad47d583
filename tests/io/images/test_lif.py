"""LIF files, written here block by block as the format describes them."""

from __future__ import annotations

import itertools
import struct
from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import ImageReading, VoxelSize
from desktop_app.io.images.registry import list_series, open_volume
from tests.peak_memory import takes_at_most

_NUMBERS = {"X": 1, "Y": 2, "Z": 3, "T": 4}


def _block(name: str, data: bytes) -> bytes:
    text = name.encode("utf-16-le")
    return struct.pack("<IIBQBI", 0x70, 14 + len(text), 0x2A, len(data), 0x2A, len(name)) + text + data


def _element(number: int, title: str, array: np.ndarray, axes: str, lengths: dict[str, float]) -> str:
    """One image; ``lengths`` from the first to the last pixel, in metres or seconds."""
    steps = {a: int(np.prod(array.shape[i + 1 :])) * array.itemsize for i, a in enumerate(axes)}
    channels = range(dict(zip(axes, array.shape, strict=True)).get("C", 1))
    described = "".join(
        f'<ChannelDescription DataType="0" ChannelTag="0" Resolution="{8 * array.itemsize}" NameOfMeasuredQuantity="" '
        f'Min="0" Max="1" Unit="" LUTName="Gray" IsLUTInverted="0" BytesInc="{c * steps.get("C", 0)}" BitInc="0"/>'
        for c in channels
    )
    dimensions = "".join(
        f'<DimensionDescription DimID="{_NUMBERS[a]}" NumberOfElements="{n}" Origin="0" Length="{lengths.get(a, 0)}" '
        f'Unit="m" BitInc="0" BytesInc="{steps[a]}"/>'
        for a, n in reversed(list(zip(axes, array.shape, strict=True)))
        if a != "C"
    )
    return (
        f'<Element Name="{title}" Visibility="1" UniqueID="u{number}"><Data><Image TextDescription="">'
        f"<ImageDescription><Channels>{described}</Channels><Dimensions>{dimensions}</Dimensions></ImageDescription></Image></Data>"
        f'<Memory Size="{array.nbytes}" MemoryBlockID="MemBlock_{number}"/></Element>'
    )


def _lif(path: Path, images: list[tuple[str, np.ndarray, str, dict[str, float]]]) -> Path:
    elements = "".join(_element(i, *image) for i, image in enumerate(images))
    xml = (
        '<LMSDataContainerHeader Version="2"><Element Name="p" Visibility="1" UniqueID="p"><Data><Experiment/></Data>'
        f'<Memory Size="0" MemoryBlockID="MemBlock_p"/><Children>{elements}</Children></Element>'
        "</LMSDataContainerHeader>"
    )
    text = xml.encode("utf-16-le")
    head = struct.pack("<IIBI", 0x70, 5 + len(text), 0x2A, len(xml)) + text
    blocks = [_block(f"MemBlock_{i}", image[1].tobytes()) for i, image in enumerate(images)]
    path.write_bytes(head + b"".join(blocks) + _block("MemBlock_p", b""))
    return path


def test_images_are_a_choice_with_their_sizes(tmp_path: Path) -> None:
    first = np.random.default_rng(1).integers(0, 999, (4, 2, 10, 12), np.uint16)
    second = np.random.default_rng(2).integers(0, 99, (3, 10, 12), np.uint8)
    lengths = {"X": 11e-7, "Y": 9e-7, "Z": 6e-6}
    path = _lif(tmp_path / "a.lif", [("nuclei", first, "ZCYX", lengths), ("movie", second, "TYX", {"T": 5.0})])
    assert [series.name for series in list_series(path)] == ["nuclei", "movie"]
    volume = open_volume(path)
    assert (volume.channels, volume.shape) == (2, (4, 10, 12))
    np.testing.assert_array_equal(volume.read_channels(), first.swapaxes(0, 1))
    assert volume.voxel_size.same_as(VoxelSize(z=2, y=0.1, x=0.1, unit="µm"), 1e-6)
    assert "“movie”" in volume.notes[0]
    movie = open_volume(path, reading=ImageReading(series="movie"))
    assert (movie.times, movie.dtype) == (3, np.uint8)
    assert movie.movie is not None
    assert movie.movie.step == 2.5
    np.testing.assert_array_equal(movie.at_time(2).read()[0], second[2])


def test_files_that_are_cut_off(tmp_path: Path) -> None:
    path = _lif(tmp_path / "scan.lif", [("a", np.ones((10, 12), np.uint8), "YX", {})])
    whole = path.read_bytes()
    for kept in (10, len(whole) // 2, len(whole) - 100):
        path.write_bytes(whole[:kept])
        with pytest.raises(UnreadableFileError, match=r"scan\.lif: it is cut off"):
            open_volume(path).read()


def _changed(path: Path, *changes: tuple[str, str]) -> None:
    """Other words in the description of a file."""
    data = path.read_bytes()
    kind, _, mark, count = struct.unpack("<IIBI", data[:13])
    text = data[13 : 13 + 2 * count].decode("utf-16-le")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    head = struct.pack("<IIBI", kind, 5 + 2 * len(text), mark, len(text))
    path.write_bytes(head + text.encode("utf-16-le") + data[13 + 2 * count :])


@pytest.mark.parametrize(
    "changes",
    [
        [('NumberOfElements="2"', 'NumberOfElements="36000000"')],
        [('NumberOfElements="2"', 'NumberOfElements="36000000"'), ('Size="16384"', 'Size="294912000000"')],
        [('NumberOfElements="64"', 'NumberOfElements="387000"')],
        [('NumberOfElements="2"', 'NumberOfElements="-2"')],
    ],
)
def test_sizes_that_the_file_cannot_hold_are_refused_at_once(tmp_path: Path, changes: list[tuple[str, str]]) -> None:
    path = _lif(tmp_path / "scan.lif", [("a", np.ones((2, 64, 64), np.uint16), "ZYX", {})])
    _changed(path, *changes)
    with takes_at_most(20 * 2**20), pytest.raises(UnreadableFileError, match=r"scan\.lif: it is cut off"):
        open_volume(path)


def test_words_that_stand_for_ever_more_words_are_refused(tmp_path: Path) -> None:
    path = _lif(tmp_path / "scan.lif", [("a", np.ones((2, 64, 64), np.uint16), "ZYX", {})])
    names = "abcdefgh"
    grown = "".join(f'<!ENTITY {one} "{f"&{next_};" * 30}">' for one, next_ in itertools.pairwise(names))
    kinds = f'<!DOCTYPE l [<!ENTITY h "{"x" * 1000}">{grown}]>'
    _changed(path, ("<LMSDataContainerHeader", f"{kinds}<LMSDataContainerHeader"), ('Name="a"', 'Name="&a;"'))
    with takes_at_most(50 * 2**20), pytest.raises(UnreadableFileError, match=r"scan\.lif: it is cut off or damaged"):
        open_volume(path)
