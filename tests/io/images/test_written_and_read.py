"""What a format says that it keeps is there when a file is read back: voxels, type, axes, size, place, names, time."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.core.errors import UnreadableFileError, UnwritableFileError
from desktop_app.core.imaging import ArraySource, Movie, Region, Volume, VoxelSize
from desktop_app.io.images.formats import FORMATS
from desktop_app.io.images.image_format import ImageFormat
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.label_writer import label_writer
from desktop_app.io.images.registry import list_images, losses, open_volume, write_volume

WRITTEN = [name for name, form in FORMATS.items() if form.write is not None]
ENDINGS = [
    (name, ending)
    for name in WRITTEN
    for ending in dict.fromkeys((FORMATS[name].endings[0], FORMATS[name].label_ending, FORMATS[name].endings[-1]))
]  # a format's endings differ in how it packs and describes, if at all, between the first and the last
MM = VoxelSize(z=1.75, y=0.5, x=0.25, unit="mm")
TURNED = (
    (0.0, -0.5, 0.0, 12.5), (0.25, 0.0, 0.0, -7.25), (0.0, 0.0, 1.75, 3.0), (0.0, 0.0, 0.0, 1.0),
)  # fmt: skip


def _movie(voxels: np.ndarray, **details: Any) -> Volume:
    """A volume over (T, C, Z, Y, X)."""
    sources = [ArraySource(point) for point in voxels]
    step = details.pop("step", None)
    movie = Movie(len(sources), lambda t: sources[t], step) if len(sources) > 1 else None
    axes = "".join(a for a, n in zip("TCZYX", voxels.shape, strict=True) if n > 1 or a in "YX")
    return Volume(sources[0], axes=axes, movie=movie, **details)


def _all(volume: Volume) -> np.ndarray:
    """(T, C, Z, Y, X)."""
    return np.stack([point.read_channels() for point in volume.each_time()])


@st.composite
def images(draw: st.DrawFn, form: ImageFormat) -> tuple[np.ndarray, Volume]:
    keeps = form.keeps
    lengths = [draw(st.integers(1, 3)) if axis in keeps.axes else 1 for axis in "TCZ"]
    shape = (*lengths, draw(st.integers(2, 9)), draw(st.integers(2, 9)))
    dtype = np.dtype(draw(st.sampled_from(keeps.dtypes)))
    random = np.random.default_rng(draw(st.integers(0, 99)))
    if dtype.kind == "f":
        voxels = random.normal(size=shape).astype(dtype)
    else:
        info = np.iinfo(dtype)
        voxels = random.integers(info.min, info.max, shape, dtype, endpoint=True)
    edge = st.floats(0.001, 99.0)  # 0.1 m and more count as not stated
    unit = draw(st.sampled_from(["nm", "µm", "mm"]))
    known = keeps.voxel_size and draw(st.booleans())
    size = VoxelSize(z=draw(edge), y=draw(edge), x=draw(edge), unit=unit) if known else VoxelSize.unknown()
    affine = TURNED if keeps.affine and draw(st.booleans()) else None
    names = tuple(f"Kanal {i} µ" for i in range(shape[1])) if keeps.channel_names and shape[1] > 1 else ()
    step = 2.5 if keeps.time_step and shape[0] > 1 and draw(st.booleans()) else None
    details = {"voxel_size": MM if affine else size, "affine": affine, "channel_names": names, "step": step}
    return voxels, _movie(voxels, **details)


@pytest.mark.parametrize(("name", "ending"), ENDINGS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_what_is_written_is_read(name: str, ending: str, data: st.DataObject) -> None:
    form = FORMATS[name]
    voxels, volume = data.draw(images(form))
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"größe{ending}"
        write_volume(path, volume.source, volume)
        assert losses(path, volume) == ()
        back = open_volume(path)
        assert back.dtype == voxels.dtype
        np.testing.assert_array_equal(_all(back), voxels)
        assert (back.times, back.channels, back.shape) == (voxels.shape[0], voxels.shape[1], voxels.shape[2:])
        assert back.voxel_size.same_as(volume.voxel_size, 1e-6), back.voxel_size
        assert back.channel_names == volume.channel_names
        assert (back.affine is None) == (volume.affine is None)
        if volume.affine is not None:
            np.testing.assert_allclose(back.affine, volume.affine, rtol=1e-6)
        assert (back.movie and back.movie.step) == (volume.movie and volume.movie.step)
        assert back.name == "größe"


@pytest.mark.parametrize(("name", "ending"), ENDINGS)
@pytest.mark.parametrize("largest", [3, 300, 70_000])
def test_labels_keep_every_number(name: str, ending: str, largest: int, tmp_path: Path) -> None:
    form = FORMATS[name]
    affine = TURNED if form.keeps.affine else None
    size = MM if form.keeps.voxel_size else VoxelSize.unknown()
    like = Volume.from_array(
        np.zeros((2, 5, 7, 6), np.float32), voxel_size=size, affine=affine, channel_names=("a", "b")
    )
    labels = np.zeros(like.shape, np.uint32)
    labels[1, 2:4, 1:3], labels[4, 5, 5] = 2, largest
    path = tmp_path / f"labels{ending}"

    def write() -> None:
        with label_writer(path, like) as writer:
            for z in range(0, 5, 2):
                region = Region((z, 0, 0), (min(z + 2, 5), 7, 6))
                writer.write(region, labels[region.slices])

    if largest > form.keeps.largest_id:
        with pytest.raises(UnwritableFileError, match="numbers up to 65,535"):
            write()
        assert list(tmp_path.iterdir()) == []
        return
    write()
    back = open_labels(path)
    np.testing.assert_array_equal(back.read(), labels)
    assert back.voxel_size.same_as(size, 1e-6)
    assert (back.affine is None) == (affine is None)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", WRITTEN)
def test_colours_stay_or_are_refused_or_said(name: str, tmp_path: Path) -> None:
    form = FORMATS[name]
    voxels = np.random.default_rng(1).integers(0, 255, (3, 2, 20, 18), np.uint8)
    volume, path = Volume.from_array(voxels, rgb=True), tmp_path / f"a{form.endings[0]}"
    if "C" not in form.keeps.axes:
        with pytest.raises(UnwritableFileError, match="cannot hold 3 channels"):
            write_volume(path, volume.source, volume)
        return
    write_volume(path, volume.source, volume)
    back = open_volume(path)
    np.testing.assert_array_equal(back.read_channels(), voxels)
    assert back.rgb or losses(path, volume)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_file_cut_off_is_one_sentence(name: str, tmp_path: Path) -> None:
    form = FORMATS[name]
    if form.folder:
        pytest.skip("folders are cut off in other ways")
    volume = Volume.from_array(np.random.default_rng(1).integers(0, 255, (5, 30, 40), np.uint16))
    path = tmp_path / f"scan_07{form.endings[-1]}"
    write_volume(path, volume.source, volume)
    whole = path.read_bytes()
    for kept in (3, len(whole) // 3, len(whole) - 40):
        path.write_bytes(whole[:kept])
        with pytest.raises(UnreadableFileError, match="scan_07"):
            open_volume(path).read()


@pytest.mark.parametrize("name", [name for name, form in FORMATS.items() if not form.folder])
def test_pipes_empty_files_and_text_are_one_sentence(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"scan{FORMATS[name].endings[0]}"
    for content, words in ((b"", "empty"), (b"It is text, and no image at all.", "it is text, not a")):
        path.write_bytes(content)
        with pytest.raises(UnreadableFileError, match=words):
            open_volume(path)
    path.unlink()
    if hasattr(os, "mkfifo"):
        os.mkfifo(path)
        with pytest.raises(UnreadableFileError, match="a pipe or a device"):
            open_volume(path)
        assert list_images(tmp_path) == []


@pytest.mark.parametrize("name", WRITTEN)
def test_paths_of_260_characters(name: str, tmp_path: Path) -> None:
    folder = tmp_path / ("ä" * 80) / ("日" * 60)
    path = folder / ("ö" * (265 - len(str(folder))) + FORMATS[name].label_ending)
    volume = Volume.from_array(np.arange(24, dtype=np.uint16).reshape(2, 3, 4))
    write_volume(path, volume.source, volume)
    assert len(str(path)) > 260
    np.testing.assert_array_equal(open_volume(path).read(), volume.read())
