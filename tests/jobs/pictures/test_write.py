"""Pictures and movies of slices from files, by job and by command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from desktop_app.cli.app import run_command
from desktop_app.core.config.pictures import MovieSettings, PictureSettings
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Volume, VoxelSize
from desktop_app.core.job import JobCancelled, Progress, RecordingContext
from desktop_app.io.images.registry import write_volume
from desktop_app.jobs.pictures.shown import Shown, open_shown
from desktop_app.jobs.pictures.write import write_slice_movie, write_slice_picture

SIZE = VoxelSize(z=2, y=1, x=1)
PLAIN = {"size": 64, "scale_bar": False}


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A movie of 3 time points and 4 slices whose brightness says which is which, and an object at the second."""
    grey = np.zeros((3, 1, 4, 16, 16), np.uint8)
    for time in range(3):
        for z in range(4):
            grey[time, 0, z, :, 8:] = 10 * (4 * time + z + 1)
    labels = np.zeros((3, 1, 4, 16, 16), np.uint8)
    labels[1, 0, :, 2:6, 2:6] = 5
    for name, voxels in (("a.tif", grey), ("l.tif", labels)):
        movie = Volume.of_times(voxels, voxel_size=SIZE)
        write_volume(tmp_path / name, movie.source, movie)
    return tmp_path / "a.tif", tmp_path / "l.tif"


@pytest.fixture
def shown(files: tuple[Path, Path]) -> Shown:
    return open_shown(*files, None, time=2)


def read(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def brightness(path: Path) -> list[int]:
    """Of the right half of each picture."""
    with Image.open(path) as movie:
        found = []
        for number in range(getattr(movie, "n_frames", 1)):
            movie.seek(number)
            found.append(int(np.asarray(movie.convert("RGB"))[:, 40:].mean()))
    return found


def test_a_picture_of_the_slice_and_time_wanted(shown: Shown, tmp_path: Path) -> None:
    settings, ctx = PictureSettings(**PLAIN), RecordingContext()
    levels = []
    for time, number in ((0, 1), (1, 4), (2, None)):
        write_slice_picture(tmp_path / "new" / "p.png", shown, settings, number, time, ctx)
        levels += brightness(tmp_path / "new" / "p.png")
    assert levels == sorted(set(levels)), "later slices and time points are brighter"
    for time, number, said in ((0, 5, "has 4 slices; there is no number 5"), (3, 1, "there is no number 4")):
        with pytest.raises(UserError, match=said):
            write_slice_picture(tmp_path / "p.png", shown, settings, number, time, ctx)


def test_labels_are_drawn_at_their_time_point_alone(shown: Shown, tmp_path: Path) -> None:
    colored = []
    for time in range(3):
        write_slice_picture(tmp_path / "p.png", shown, PictureSettings(**PLAIN), 1, time, RecordingContext())
        colored.append(bool(np.ptp(read(tmp_path / "p.png").astype(int), axis=2).any()))
    assert colored == [False, True, False]


def test_a_movie_goes_through_slices_or_time(shown: Shown, tmp_path: Path) -> None:
    through = MovieSettings(**PLAIN)
    ctx = RecordingContext()
    assert write_slice_movie(tmp_path / "s.webp", shown, through, None, 0, ctx).pictures == 4
    levels = brightness(tmp_path / "s.webp")
    assert levels == sorted(set(levels))
    assert [e for e in ctx.events if isinstance(e, Progress)][-1].fraction == 1
    over = MovieSettings(along="time", first=2, **PLAIN)
    assert write_slice_movie(tmp_path / "t.webp", shown, over, 1, 0, RecordingContext()).pictures == 2
    assert len(brightness(tmp_path / "t.webp")) == 2
    with pytest.raises(UserError, match="one picture at most"):
        write_slice_movie(tmp_path / "x.gif", shown, MovieSettings(first=3, last=3), None, 0, RecordingContext())


def test_stopping_leaves_nothing(shown: Shown, tmp_path: Path) -> None:
    with pytest.raises(JobCancelled):
        write_slice_movie(tmp_path / "m.mp4", shown, MovieSettings(**PLAIN), None, 0, RecordingContext(cancel_after=2))
    assert not list(tmp_path.glob("*m.mp4*"))


def test_by_command_line(files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image, labels = map(str, files)
    out = tmp_path / "p.png"
    assert run_command(["picture", "--image", image, "--labels", labels, "--out", str(out), "--set", "size=128"]) == 0
    assert read(out).shape == (128, 128, 3)
    movie = tmp_path / "m.mp4"
    assert run_command(["movie", "--image", image, "--out", str(movie), "--set", "along=time", "--set", "size=64"]) == 0
    assert "3 pictures" in capsys.readouterr().out
    assert movie.read_bytes()[4:8] == b"ftyp"
    assert run_command(["movie", "--image", image, "--out", str(tmp_path / "m.avi")]) == 2
    assert run_command(["picture", "--image", image, "--channel", "2", "--out", str(out)]) == 2


def test_colours_of_a_photograph_stay(tmp_path: Path) -> None:
    voxels = np.zeros((3, 1, 8, 8), np.uint8)
    voxels[:, 0] = np.array([200, 100, 50])[:, None, None]
    photo = Volume.from_array(voxels, rgb=True)
    write_volume(tmp_path / "photo.tif", photo.source, photo)
    shown = open_shown(tmp_path / "photo.tif", None, None)
    write_slice_picture(tmp_path / "p.png", shown, PictureSettings(**PLAIN), None, 0, RecordingContext())
    assert read(tmp_path / "p.png")[5, 5].tolist() == [200, 100, 50]
