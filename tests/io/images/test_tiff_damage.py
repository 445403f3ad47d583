"""Whatever is wrong with a file, the user reads one sentence that names it."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.core.errors import UnreadableFileError, UserError
from desktop_app.io.images.registry import open_volume
from tests.io.images.tiff_sets import ramp, write_micro_manager

KINDS: dict[str, dict[str, Any]] = {
    "imagej": {"imagej": True, "metadata": {"axes": "ZYX"}},
    "imagej zlib": {"imagej": True, "compression": "zlib", "metadata": {"axes": "ZYX"}},
    "plain": {"photometric": "minisblack"},
    "zlib": {"photometric": "minisblack", "compression": "zlib"},
    "ome zlib": {"photometric": "minisblack", "ome": True, "compression": "zlib"},
    "tiles": {"photometric": "minisblack", "tile": (16, 16), "compression": "lzw"},
}


@pytest.fixture(scope="module", params=sorted(KINDS))
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    voxels = np.random.default_rng(1).integers(0, 60000, (8, 30, 32), dtype=np.uint16)
    path = tmp_path_factory.mktemp("whole") / "scan_07.tif"
    tifffile.imwrite(path, voxels, **KINDS[request.param])
    return path


@settings(max_examples=25, deadline=None)
@given(share=st.floats(0, 0.98))
def test_cut_off_anywhere(whole: Path, tmp_path: Path, share: float) -> None:
    data = whole.read_bytes()
    cut = tmp_path / "scan_07.tif"
    cut.write_bytes(data[: int(share * len(data))])
    with pytest.raises(UnreadableFileError, match=r"scan_07\.tif"):
        open_volume(cut).read()


@settings(max_examples=60, deadline=None)
@given(changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255), st.booleans()), min_size=1, max_size=5))
def test_changed_bytes_never_bring_the_program_down(
    whole: Path, tmp_path: Path, changes: list[tuple[float, int, bool]]
) -> None:
    data = bytearray(whole.read_bytes())
    for place, value, in_header in changes:
        data[int(place * (min(600, len(data)) - 1 if in_header else len(data) - 1))] = value
    path = tmp_path / "scan_07.tif"
    path.write_bytes(data)
    try:
        volume = open_volume(path)
        if volume.nbytes < 2**24:
            volume.read_channels()
    except UserError as error:
        told = error.message
    else:
        told = "read scan_07.tif"
    assert "scan_07.tif" in told


def test_says_how_many_slices_are_left(tmp_path: Path) -> None:
    path = tmp_path / "scan_07.tif"
    tifffile.imwrite(path, np.ones((80, 64, 64), np.uint16), photometric="minisblack")
    data = path.read_bytes()
    path.write_bytes(data[: 256 + 12 * 64 * 64 * 2 + 100])
    with pytest.raises(UnreadableFileError, match="cut off after 12 of 80 slices"):
        open_volume(path)


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_file_that_shrinks_while_open(tmp_path: Path, compression: str | None) -> None:
    path = tmp_path / "a.tif"
    voxels = np.random.default_rng(1).integers(0, 60000, (8, 64, 64), dtype=np.uint16)
    tifffile.imwrite(path, voxels, photometric="minisblack", compression=compression)
    volume = open_volume(path)
    with path.open("r+b") as file:
        file.truncate(5000)
    with pytest.raises(UnreadableFileError, match="cut off"):
        volume.read()


def test_file_that_vanishes_while_open(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.ones((3, 8, 8), np.uint16), photometric="minisblack", compression="zlib")
    volume = open_volume(path)
    path.unlink()
    with pytest.raises(UnreadableFileError, match=r"a\.tif: it is not there any more"):
        volume.read()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"Dear Sir, this is a letter.\n" * 30, "it is text, not a TIFF image"),
        ("Größe in µm\n".encode() * 30, "it is text"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "a PNG picture"),
        (b"PK\x03\x04" + bytes(50), "a zip archive"),
        (bytes(range(256)) * 4, "something unknown"),
        (b"II*\0", "damaged"),
    ],
)
def test_wrong_content(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "cells.tif"
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError, match=words) as caught:
        open_volume(path)
    assert "cells.tif" in caught.value.message


def test_complex_numbers_are_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.ones((8, 8), np.complex64))
    with pytest.raises(UnreadableFileError, match="complex64"):
        open_volume(tmp_path / "a.tif")


def _chained(path: Path, following: str) -> None:
    """Six compressed slices whose second page leads nowhere, to itself, or back to the first."""
    with tifffile.TiffWriter(path) as writer:
        for picture in np.random.default_rng(1).integers(0, 255, (6, 32, 32), dtype=np.uint8):
            writer.write(picture, photometric="minisblack", metadata=None, contiguous=False, compression="zlib")
    with tifffile.TiffFile(path) as tif:
        first, second = tif.pages[0].offset, tif.pages[1].offset
        at = second + 2 + 12 * len(tif.pages[1].tags)
    data = bytearray(path.read_bytes())
    target = {"nowhere": 0, "itself": second, "first": first, "beyond": len(data) + 1000}[following]
    data[at : at + 4] = target.to_bytes(4, "little")
    path.write_bytes(data)


@pytest.mark.parametrize("following", ["itself", "first", "beyond"])
def test_a_broken_chain_of_pages_is_no_short_stack(tmp_path: Path, following: str) -> None:
    _chained(tmp_path / "a.tif", following)
    with pytest.raises(UnreadableFileError, match="cut off"):
        open_volume(tmp_path / "a.tif")


def test_a_chain_that_ends_too_early_is_told(tmp_path: Path) -> None:
    _chained(tmp_path / "a.tif", "nowhere")
    volume = open_volume(tmp_path / "a.tif")
    assert volume.shape[0] == 2
    assert "slices may be missing" in volume.notes[0]


@pytest.mark.parametrize("rows", [1, 7, 64])
def test_a_whole_file_tells_nothing_of_the_kind(tmp_path: Path, rows: int) -> None:
    voxels = np.zeros((20, 64, 8), np.uint8)
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for picture in voxels:
            writer.write(picture, metadata=None, contiguous=False, compression="zlib", rowsperstrip=rows)
    with (tmp_path / "a.tif").open("ab") as file:
        file.write(b"some remarks of a microscope")
    assert open_volume(tmp_path / "a.tif").notes == ()


def test_a_stack_with_too_few_slices_says_how_many_there_are(tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "a.ome.tif", np.ones((6, 8, 8), np.uint16), metadata={"axes": "ZYX"}, compression="zlib"
    )
    text = tifffile.tiffcomment(tmp_path / "a.ome.tif")
    changed = text.replace('SizeZ="6"', 'SizeZ="9"').replace('PlaneCount="6"', 'PlaneCount="9"')
    tifffile.tiffcomment(tmp_path / "a.ome.tif", changed.encode())
    with pytest.raises(UnreadableFileError, match="cut off after 6 of 9 slices"):
        open_volume(tmp_path / "a.ome.tif")


def _with_tag(path: Path, tag: str, value: int) -> Path:
    """A number of the first page changed, as it stands in the file."""
    with tifffile.TiffFile(path) as tif:
        found = tif.pages.first.tags[tag]
        place, form = found.valueoffset, {3: "<H", 4: "<I"}[found.dtype]
    data = bytearray(path.read_bytes())
    struct.pack_into(form, data, place, value)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("options", [{"compression": "zlib"}, {"tile": (16, 16)}])
def test_a_page_that_promises_millions_of_pieces_is_not_gone_through(tmp_path: Path, options: dict[str, Any]) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.ones((20_000, 16), np.uint8), rowsperstrip=16, metadata=None, **options)
    assert open_volume(tmp_path / "a.tif").read().all()
    path = _with_tag(tmp_path / "a.tif", "ImageLength", 2**31 - 1)
    with pytest.raises(UnreadableFileError, match=r"a\.tif: a slice of it promises 134,217,728 pieces and names 1,250"):
        open_volume(path)


def test_plain_pages_that_promise_more_samples_than_there_are_bytes_are_cut_off(tmp_path: Path) -> None:
    """Where all pages share the tags of the first."""
    write_micro_manager(tmp_path / "a_MMStack.tif", ramp(4, 12, 16), 0, 1)
    path = _with_tag(tmp_path / "a_MMStack.tif", "SamplesPerPixel", 999)
    with pytest.raises(UnreadableFileError, match="cut off"):
        open_volume(path)
