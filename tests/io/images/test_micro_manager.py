"""What Micro-Manager's files promise."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.images.registry import list_series, open_volume
from tests.io.images.tiff_sets import ramp, write_micro_manager, write_ndtiff

SPACES = [{"z": z} for z in range(4)]


def _stacks(folder: Path, count: int) -> list[Path]:
    paths = [folder / f"cells_MMStack_Pos{n}.ome.tif" for n in range(count)]
    for number, path in enumerate(paths):
        write_micro_manager(path, ramp(4, 6, 8), number, count)
    return paths


def _promise_in_summary(path: Path, slices: int) -> None:
    """Without a change of length, as the places of pictures follow from it."""
    before = b'"MicroManagerVersion": "2.0", "Prefix": "cells", '
    whole, told = path.read_bytes(), b'"Slices": %d' % slices
    assert before in whole
    short = whole.replace(before, b'"MicroManagerVersion": "", "Prefix":"cells",').replace(b'"Slices": 4', told)
    end = short.index(b"}") + 1
    path.write_bytes(short[:end] + b" " * (len(whole) - len(short)) + short[end:])


def _promise_in_index(path: Path, slice_number: int) -> None:
    data = bytearray(path.read_bytes())
    (index,) = struct.unpack_from("<I", data, 12)
    struct.pack_into("<I", data, index + 12, slice_number)
    path.write_bytes(data)


@pytest.mark.parametrize("count", [1, 2])
def test_a_place_far_from_all_others_is_not_believed(count: int, tmp_path: Path) -> None:
    path = _stacks(tmp_path, count)[0]
    _promise_in_index(path, 50_000_000)
    for look in (open_volume, list_series):
        with pytest.raises(UnreadableFileError, match=r"cells_MMStack_Pos0\.ome\.tif: it promises [15]0+,000,00\d p"):
            look(path)


def test_a_summary_that_promises_too_much_is_not_believed_where_files_may_be_missing(tmp_path: Path) -> None:
    path = _stacks(tmp_path, 2)[0]
    _promise_in_summary(path, 999_999)
    with pytest.raises(UnreadableFileError, match="it promises 1,999,998 pictures, and its files hold 8"):
        open_volume(path)


def test_a_recording_that_was_stopped_shows_what_there_is(tmp_path: Path) -> None:
    path = _stacks(tmp_path, 1)[0]
    _promise_in_summary(path, 999_999)
    np.testing.assert_array_equal(open_volume(path).read(), ramp(4, 6, 8))


def test_ndtiff(tmp_path: Path) -> None:
    np.testing.assert_array_equal(open_volume(write_ndtiff(tmp_path, ramp(4, 6, 8), SPACES)).read(), ramp(4, 6, 8))
    named = [{"channel": name, "z": z} for name in ("DAPI", "GFP") for z in range(2)]
    volume = open_volume(write_ndtiff(tmp_path / "named", ramp(4, 6, 8), named))
    np.testing.assert_array_equal(volume.read_channels(), ramp(2, 2, 6, 8))


def test_an_index_with_a_place_far_away_is_not_believed(tmp_path: Path) -> None:
    path = write_ndtiff(tmp_path, ramp(4, 6, 8), [*SPACES[:3], {"z": 50_000_000}])
    with pytest.raises(UnreadableFileError, match=r"a\.tif: it promises 50,000,001 pictures, and its files hold 4"):
        open_volume(path)


@pytest.mark.parametrize("name", ["../secret.tif", "{}/secret.tif", "..\\secret.tif"])
def test_an_index_that_tells_of_files_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    write_ndtiff(tmp_path, ramp(4, 6, 8), SPACES).rename(tmp_path / "secret.tif")
    path = write_ndtiff(tmp_path / "set", ramp(4, 6, 8), SPACES, name.format(tmp_path))
    with pytest.raises(UnreadableFileError, match="outside of its folder"):
        open_volume(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("pipe", ["NDTiff.index", "b.tif"])
def test_pipes_beside_an_image_are_not_waited_for(tmp_path: Path, pipe: str) -> None:
    path = write_ndtiff(tmp_path, ramp(4, 6, 8), SPACES, "b.tif")
    (tmp_path / pipe).unlink(missing_ok=True)
    os.mkfifo(tmp_path / pipe)
    with pytest.raises(UnreadableFileError, match=f"{pipe}, which it belongs together with, is not there or no file"):
        open_volume(path)
