from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.cli.app import run_command
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobCancelled, Progress, RecordingContext
from desktop_app.io.images.label_reader import open_labels
from desktop_app.jobs.objects import surfaces
from desktop_app.jobs.objects.surfaces import SurfacesConfig, surface_in, wanted_boxes, write_object_surfaces


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """Two cubes, voxels of 3 × 0.5 × 0.5 µm."""
    array = np.zeros((8, 30, 32), np.uint16)
    array[2:5, 4:14, 5:15], array[2:7, 18:26, 20:28] = 3, 300
    path = tmp_path / "labels.tif"
    tifffile.imwrite(path, array, imagej=True, resolution=(2, 2), metadata={"axes": "ZYX", "spacing": 3, "unit": "um"})
    return path


def test_all_objects_go_into_one_file(labels: Path, tmp_path: Path) -> None:
    ctx = RecordingContext()
    result = write_object_surfaces(SurfacesConfig(labels, tmp_path / "new" / "all.obj"), ctx)
    text = result.out.read_text()
    assert (result.objects, result.unit) == (2, "µm")
    assert text.count("\nf ") == result.triangles
    assert [line for line in text.splitlines() if line.startswith("o ")] == ["o object_3", "o object_300"]
    points = np.array([line.split()[1:] for line in text.splitlines() if line.startswith("v ")], float)
    np.testing.assert_allclose(points.min(axis=0), [2.5, 2, 6], atol=0.1)
    assert [e for e in ctx.events if isinstance(e, Progress)][-1].fraction == 1


def test_each_object_gets_a_file(labels: Path, tmp_path: Path) -> None:
    write_object_surfaces(SurfacesConfig(labels, tmp_path / "out", (300,), ".glb"), RecordingContext())
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["object_300.glb"]


def test_missing_objects_and_endings_are_said_before_anything_is_written(labels: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no object 4"):
        write_object_surfaces(SurfacesConfig(labels, tmp_path / "out", (4,)), RecordingContext())
    with pytest.raises(UserError, match="no file for surfaces"):
        write_object_surfaces(SurfacesConfig(labels, tmp_path / "out", (), ".fbx"), RecordingContext())
    assert not (tmp_path / "out").exists()


def test_empty_labels_are_said(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "empty.tif", np.zeros((6, 4, 5), np.uint8))
    with pytest.raises(UserError, match="no objects"):
        write_object_surfaces(SurfacesConfig(tmp_path / "empty.tif", tmp_path / "o.stl"), RecordingContext())


def test_an_object_larger_than_the_memory_is_thinned_out(labels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    volume = open_labels(labels)
    box = wanted_boxes(volume, (300,), RecordingContext())[300]
    whole = surface_in(volume, 300, box, 1)
    monkeypatch.setattr(surfaces, "_MOST_VOXELS", 100)
    thin = surface_in(volume, 300, box, 1)
    assert len(thin.triangles) < len(whole.triangles) / 2
    np.testing.assert_allclose(thin.points.min(axis=0), whole.points.min(axis=0), atol=1)


def test_stopping_leaves_whole_files_only(labels: Path, tmp_path: Path) -> None:
    class Stopping(RecordingContext):
        def raise_if_cancelled(self) -> None:
            if (tmp_path / "out" / "object_3.stl").exists():
                raise JobCancelled

    with pytest.raises(JobCancelled):
        write_object_surfaces(SurfacesConfig(labels, tmp_path / "out"), Stopping())
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["object_3.stl"]


def test_the_command_writes_and_tells(labels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["surfaces", "--labels", str(labels), "--out", str(tmp_path / "s.stl"), "--coarseness", "2"]
    assert run_command(arguments) == 0
    assert "in µm" in capsys.readouterr().out
    assert run_command([*arguments[:-2], "--object", "9"]) == 2
