"""OIB and OIF images, written here as FluoView lays them out."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import VoxelSize
from desktop_app.io.images.registry import list_images, open_volume
from tests.io.images.compound_files import write_compound

DATA = np.random.default_rng(1).integers(0, 4096, (2, 3, 4, 20, 24), np.uint16)  # (T, C, Z, Y, X)
SETTINGS = """[ProfileSaveInfo]
Name="FV10"
Version="1.2"
[Axis 0 Parameters Common]
AxisCode="X"
MaxSize=24
UnitName="um"
[Axis 3 Parameters Common]
AxisCode="Z"
StartPosition=1000.0
EndPosition=4000.0
MaxSize=4
UnitName="nm"
[Axis 4 Parameters Common]
AxisCode="T"
StartPosition=0
EndPosition=2500
MaxSize=2
UnitName="ms"
[Reference Image Parameter]
WidthConvertValue=0.25
WidthUnit="um"
HeightConvertValue=0.5
HeightUnit="um"
[Channel 1 Parameters]
DyeName="DAPI"
[Channel 2 Parameters]
DyeName="Alexa Fluor 488"
[Channel 3 Parameters]
CH Name="CHS3"
"""


def _tif(picture: np.ndarray, **options: object) -> bytes:
    out = BytesIO()
    tifffile.imwrite(out, picture, **options)
    return out.getvalue()


def _pictures(data: np.ndarray = DATA) -> dict[str, bytes]:
    t, c, z = data.shape[:3]
    return {
        f"s_C{j + 1:03}Z{k + 1:03}T{i + 1:03}.tif": _tif(data[i, j, k])
        for i in range(t)
        for j in range(c)
        for k in range(z)
    }


def _oif(folder: Path, pictures: dict[str, bytes]) -> Path:
    path = folder / "scan.oif"
    path.write_bytes(b"\xff\xfe" + SETTINGS.encode("utf-16-le"))
    inside = folder / "scan.oif.files"
    inside.mkdir()
    for name, data in pictures.items():
        (inside / name).write_bytes(data)
    return path


def _oib(folder: Path, pictures: dict[str, bytes], **options: bool) -> Path:
    names = {"Stream00000": "scan.oif", **{f"Stream{i:05}": f"Storage00001/{n}" for i, n in enumerate(pictures, 1)}}
    info = ["[OibSaveInfo]", "Name=OIB", "Version=2.0.0.0", "MainFileName=Stream00000", "Storage00001=scan.oif.files"]
    info += [f"{stream}={name}" for stream, name in names.items()]
    streams = {
        "OibInfo.txt": b"\xff\xfe" + "\r\n".join(info).encode("utf-16-le"),
        "Stream00000": b"\xff\xfe" + SETTINGS.encode("utf-16-le"),
        **dict(zip(list(names)[1:], pictures.values(), strict=True)),
    }
    return write_compound(folder / "scan.oib", streams, **options)


@pytest.mark.parametrize("write", [_oif, _oib])
def test_all_axes_sizes_and_names(write: object, tmp_path: Path) -> None:
    path = write(tmp_path, {**_pictures(), "s_Thumb.bmp": b"BM", "s_C001-R001.tif": _tif(DATA[0, 0, 0])})  # type: ignore[operator]
    assert list_images(tmp_path) == [path]
    volume = open_volume(path)
    assert (volume.times, volume.channels, volume.shape, volume.dtype) == (2, 3, (4, 20, 24), np.uint16)
    assert volume.channel_names == ("DAPI", "Alexa Fluor 488", "CHS3")
    assert volume.voxel_size.same_as(VoxelSize(z=1, y=0.5, x=0.25, unit="µm"), 1e-9)
    assert volume.movie is not None
    assert volume.movie.step == 2.5
    assert volume.notes == ()
    for time in range(2):
        np.testing.assert_array_equal(volume.at_time(time).read_channels(), DATA[time])


def test_missing_pictures_are_said(tmp_path: Path) -> None:
    pictures = _pictures()
    del pictures["s_C002Z003T002.tif"]
    volume = open_volume(_oif(tmp_path, pictures))
    assert volume.notes == ("1 of its 24 pictures are not there; they are shown black.",)
    assert not volume.at_time(1).read(channel=1)[2].any()


def test_a_file_without_its_folder_names_it(tmp_path: Path) -> None:
    path = _oif(tmp_path, {})
    with pytest.raises(UnreadableFileError, match="there is no picture in it"):
        open_volume(path)
    (tmp_path / "scan.oif.files").rmdir()
    with pytest.raises(UnreadableFileError, match=r"no folder “scan\.oif\.files” beside it"):
        open_volume(path)


def test_files_that_are_cut_off_or_run_in_circles(tmp_path: Path) -> None:
    path = _oib(tmp_path, _pictures(DATA[:1, :1]))
    whole = path.read_bytes()
    for kept in (60, len(whole) // 2, len(whole) - 600):
        path.write_bytes(whole[:kept])
        with pytest.raises(UnreadableFileError, match=r"scan\.oib"):
            open_volume(path).read()
    path = _oib(tmp_path, _pictures(DATA[:1, :1]), circle=True)
    with pytest.raises(UnreadableFileError, match="damaged"):
        open_volume(path)


def test_pictures_packed_in_other_ways_are_refused(tmp_path: Path) -> None:
    path = _oif(tmp_path, {"s_C001.tif": _tif(DATA[0, 0, 0], compression="zlib")})
    with pytest.raises(UnreadableFileError, match="packed in a way that is not known"):
        open_volume(path)
