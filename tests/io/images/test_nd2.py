"""ND2 files, written here chunk by chunk."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import ImageReading, VoxelSize
from desktop_app.io.images.registry import list_series, open_volume
from tests.io.images.nd2_files import loop, write_nd2

SLICES = {"uiCount": 3, "dZLow": 0.0, "dZHigh": 4.0, "dZStep": 2.0}
TIMES = {"uiCount": 2, "dStart": 0.0, "dPeriod": 5000.0, "dDuration": 0.0}


def _points(*names: str) -> dict[str, Any]:
    return {"Points": {f"i{i}": {"dPosX": float(i), "dPosName": name} for i, name in enumerate(names)}}


def _frames(count: int, values: int, dtype: type = np.uint16) -> list[np.ndarray]:
    return list(np.random.default_rng(1).integers(0, 250, (count, 9, 7, values), dtype))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("spare", [0, 6])
def test_time_slices_channels_and_sizes(packed: bool, spare: int, tmp_path: Path) -> None:
    frames = _frames(6, 2)
    experiment = loop(1, TIMES, loop(4, SLICES))
    path = write_nd2(tmp_path / "a.nd2", frames, ["DAPI", "GFP"], experiment, packed=packed, spare=spare)
    volume = open_volume(path)
    assert (volume.times, volume.channels, volume.shape, volume.dtype) == (2, 2, (3, 9, 7), np.uint16)
    assert volume.channel_names == ("DAPI", "GFP")
    assert volume.voxel_size.same_as(VoxelSize(z=2, y=0.25, x=0.25, unit="µm"), 1e-9)
    assert volume.movie is not None
    assert volume.movie.step == 5.0
    assert volume.notes == ()
    stored = np.stack(frames).reshape(2, 3, 9, 7, 2)
    for time in range(2):
        np.testing.assert_array_equal(volume.at_time(time).read_channels(), stored[time].transpose(3, 0, 1, 2))
    again = pickle.loads(pickle.dumps(volume.at_time(1).source))
    np.testing.assert_array_equal(again.read(0, _whole(volume)), stored[1, ..., 0])


def _whole(volume: Any) -> Any:
    from desktop_app.core.imaging import Region

    return Region.whole(volume.shape)


def test_positions_are_a_choice(tmp_path: Path) -> None:
    frames = _frames(6, 1, np.uint8)
    experiment = loop(2, _points("well A", "", "well A"), loop(1, TIMES))
    path = write_nd2(tmp_path / "a.nd2", frames, ["Phase"], experiment)
    assert [s.name for s in list_series(path)] == ["well A 1", "Position 2", "well A 3"]
    assert open_volume(path).notes[0].startswith("The file holds 2 more images")
    second = open_volume(path, reading=ImageReading(series="Position 2"))
    np.testing.assert_array_equal(second.at_time(1).read()[0], frames[3][..., 0])


def test_colours_and_no_calibration(tmp_path: Path) -> None:
    frames = _frames(1, 3, np.uint8)
    path = write_nd2(tmp_path / "a.nd2", frames, ["Brightfield"], None, pixel=None, components=3)
    volume = open_volume(path)
    assert volume.rgb
    assert not volume.voxel_size.known
    np.testing.assert_array_equal(volume.read_channels()[:, 0], frames[0].transpose(2, 0, 1))


def test_pictures_that_were_never_recorded_are_said(tmp_path: Path) -> None:
    frames = _frames(3, 1)
    for packed in (False, True):
        path = write_nd2(tmp_path / "a.nd2", frames, ["A"], loop(4, SLICES), packed=packed, left_out=(2,))
        volume = open_volume(path)
        assert volume.notes[0].startswith("1 of its 3 pictures were never recorded")
        np.testing.assert_array_equal(volume.read()[:2], np.stack(frames)[:2, ..., 0])
        assert not volume.read()[2].any()


def test_files_that_are_cut_off_or_old(tmp_path: Path) -> None:
    path = write_nd2(tmp_path / "scan.nd2", _frames(3, 1), ["A"], loop(4, SLICES))
    whole = path.read_bytes()
    for kept in (40, len(whole) // 2, len(whole) - 10):
        path.write_bytes(whole[:kept])
        with pytest.raises(UnreadableFileError, match=r"scan\.nd2: it is cut off"):
            open_volume(path)
    path.write_bytes(whole.replace(b"Ver3.0", b"Ver1.0", 1))
    with pytest.raises(UnreadableFileError, match="before version 3"):
        open_volume(path)


def test_a_small_packed_picture_that_becomes_huge_takes_no_memory(tmp_path: Path) -> None:
    path = write_nd2(tmp_path / "a.nd2", [np.zeros((900, 900, 1), np.uint8)], ["A"], None, packed=True)
    whole = path.read_bytes()
    with_rows = whole.replace(*((("uiHeight\0".encode("utf-16-le")) + n.to_bytes(4, "little")) for n in (900, 9)))
    path.write_bytes(with_rows)
    assert open_volume(path).read().shape == (1, 9, 900)
