"""Labels in and out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.core.errors import UnreadableFileError, UserError
from desktop_app.core.imaging import Region, Volume, VoxelSize, region
from desktop_app.core.job import JobCancelled, Progress, RecordingContext
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.labels import LabelFile
from desktop_app.io.labels.transfer import export_labels, import_labels, labels_volume


@pytest.fixture(autouse=True)
def _thin_slabs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(region, "_SLAB_BYTES", 2 * 30 * 40 * 4)


@pytest.fixture
def labels() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 70_000, (7, 30, 40), dtype=np.uint32)


def test_in_and_out_again(tmp_path: Path, labels: np.ndarray) -> None:
    tifffile.imwrite(tmp_path / "in.tif", labels, photometric="minisblack")
    target = LabelFile.create(tmp_path / "a.ome.zarr", (7, 30, 40))
    context = RecordingContext()
    assert import_labels(open_labels(tmp_path / "in.tif"), target, context) == labels.max()
    assert [event.done for event in context.of_kind(Progress)] == [2, 4, 6, 7]
    like = Volume.from_array(np.zeros((7, 30, 40), np.uint8), voxel_size=VoxelSize(z=2, y=1, x=1))
    export_labels(target, tmp_path / "out.tif", like, RecordingContext())
    back = open_labels(tmp_path / "out.tif")
    np.testing.assert_array_equal(back.read(), labels)
    assert back.voxel_size.same_as(like.voxel_size)
    np.testing.assert_array_equal(labels_volume(target, like).read(), labels)


def test_other_shape_is_refused(tmp_path: Path, labels: np.ndarray) -> None:
    tifffile.imwrite(tmp_path / "in.tif", labels, photometric="minisblack")
    target = LabelFile.create(tmp_path / "a.ome.zarr", (7, 30, 41))
    with pytest.raises(UserError, match=r"in\.tif do not fit.*40 × 30 × 7.*41 × 30 × 7"):
        import_labels(open_labels(tmp_path / "in.tif"), target, RecordingContext())


def test_cancel(tmp_path: Path, labels: np.ndarray) -> None:
    target = LabelFile.create(tmp_path / "a.ome.zarr", (7, 30, 40))
    with pytest.raises(JobCancelled):
        import_labels(Volume.from_array(labels), target, RecordingContext(cancel_after=1))
    with pytest.raises(JobCancelled):
        export_labels(target, tmp_path / "out.tif", Volume.from_array(labels), RecordingContext(cancel_after=1))
    assert not (tmp_path / "out.tif").exists()


def test_damaged_source(tmp_path: Path, labels: np.ndarray) -> None:
    path = tmp_path / "in.tif"
    tifffile.imwrite(path, labels.astype(np.int32), photometric="minisblack")
    source = open_labels(path)
    path.write_bytes(path.read_bytes()[:9000])
    target = LabelFile.create(tmp_path / "a.ome.zarr", (7, 30, 40))
    with pytest.raises(UnreadableFileError, match=r"in\.tif"):
        import_labels(source, target, RecordingContext())


def test_slabs_cover_the_volume_once() -> None:
    assert region.slabs((5, 30, 40)) == [
        Region((0, 0, 0), (2, 30, 40)), Region((2, 0, 0), (4, 30, 40)), Region((4, 0, 0), (5, 30, 40)),
    ]  # fmt: skip
