from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from desktop_app.cli.app import run_command
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobCancelled, Progress, RecordingContext
from desktop_app.jobs.objects.turn_movie import TurnConfig, write_turn_movie
from tests.image_files import saved
from tests.kill_points import faults


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    array = np.zeros((8, 30, 32), np.uint16)
    array[2:5, 4:14, 5:15], array[2:7, 18:26, 20:28] = 3, 300
    path = tmp_path / "labels.tif"
    tifffile.imwrite(path, array, imagej=True, resolution=(2, 2), metadata={"axes": "ZYX", "spacing": 3, "unit": "um"})
    return path


@pytest.mark.parametrize("ending", [".gif", ".webp"])
def test_a_round_is_written_and_its_pictures_differ(labels: Path, tmp_path: Path, ending: str) -> None:
    ctx = RecordingContext()
    out = tmp_path / "new" / f"turn{ending}"
    result = write_turn_movie(TurnConfig(out, labels, labels, size=64, frames=6, seconds=1.2), ctx)
    with Image.open(result.out) as movie:
        assert (movie.n_frames, movie.size) == (6, (64, 64))  # type: ignore[attr-defined]
        shown = []
        for number in range(6):
            movie.seek(number)
            shown.append(np.asarray(movie.convert("RGB")).astype(int))
    assert all(np.ptp(picture, axis=2).max() > 50 for picture in shown)
    assert np.abs(shown[0] - shown[3]).mean() > 1
    assert [e for e in ctx.events if isinstance(e, Progress)][-1].fraction == 1


def test_what_cannot_be_drawn_is_said(labels: Path, tmp_path: Path) -> None:
    for config, said in (
        (TurnConfig(tmp_path / "a.gif"), "nothing to turn"),
        (TurnConfig(tmp_path / "a.avi", labels), "no file for a movie"),
        (TurnConfig(tmp_path / "a.gif", labels, labels, channel=2), "no channel 2"),
    ):
        with pytest.raises(UserError, match=said):
            write_turn_movie(config, RecordingContext())
    assert [path.name for path in tmp_path.iterdir()] == ["labels.tif"]


def test_stopping_leaves_nothing(labels: Path, tmp_path: Path) -> None:
    class Stopping(RecordingContext):
        def report(self, event: object) -> None:
            if isinstance(event, Progress) and event.message.startswith("Picture 3"):
                raise JobCancelled

    with pytest.raises(JobCancelled):
        write_turn_movie(TurnConfig(tmp_path / "a.gif", labels, size=32, frames=6), Stopping())
    assert [path.name for path in tmp_path.iterdir()] == ["labels.tif"]


def test_the_command_writes_and_tells(labels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "turn.gif"
    assert run_command(["turn", "--labels", str(labels), "--out", str(out), "--size", "32", "--frames", "3"]) == 0
    assert "3 pictures" in capsys.readouterr().out
    assert out.exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a program is killed as a fork of this one")
@pytest.mark.parametrize("ending", [".mp4", ".gif", ".webp"])
def test_a_movie_killed_while_it_is_made_leaves_nothing_once_it_is_made(ending: str, tmp_path: Path) -> None:
    (tmp_path / "begin").mkdir()
    numbers = np.zeros((5, 20, 24), np.uint16)
    numbers[1:4, 6:14, 6:14] = 1
    labels = saved(tmp_path / "labels.tif", numbers)

    def work(folder: Path) -> None:
        write_turn_movie(
            TurnConfig(folder / "out" / f"m{ending}", labels=labels, size=64, frames=2), RecordingContext()
        )

    # sizes are compared: the times of day stand in MP4 files
    assert list(faults(work, tmp_path / "begin", tmp_path / "place", 9, lambda path: path.stat().st_size)) == []
