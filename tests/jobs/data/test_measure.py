"""The table of objects says what stands in the label image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import VoxelSize
from desktop_app.core.imaging import region as imaging_region
from desktop_app.core.imaging.phantoms import PhantomParameters, nuclei_phantom
from desktop_app.core.job import JobCancelled, Note, Progress, RecordingContext
from desktop_app.io.tables import read_csv
from desktop_app.jobs.data.measure import measure_labels
from tests.image_files import saved

SIZE = VoxelSize(z=2.0, y=0.5, x=0.5, unit="µm")


@pytest.fixture
def labels() -> np.ndarray:
    voxels = np.zeros((4, 12, 12), np.uint16)
    voxels[1:3, 2:4, 2:5] = 5
    voxels[0, 8:12, 8:12] = 9
    return voxels


def test_rows_hold_size_place_and_border(tmp_path: Path, labels: np.ndarray) -> None:
    result = measure_labels(saved(tmp_path / "l.tif", labels, SIZE), None, tmp_path / "o.csv", RecordingContext())
    inner, corner = read_csv(result.table)
    assert result.objects == 2
    assert (inner["id"], inner["voxels"], inner["volume (µm³)"]) == ("5", "12", "6")
    assert (inner["centroid_z"], inner["centroid_y"], inner["centroid_x"]) == ("1.5", "2.5", "3")
    assert (inner["touches_border"], corner["touches_border"]) == ("no", "yes")
    assert "mean_intensity" not in inner


def test_brightness_comes_from_the_image_and_the_voxel_size_from_whoever_knows(
    tmp_path: Path, labels: np.ndarray
) -> None:
    image = saved(tmp_path / "i.tif", (labels * 10).astype(np.uint16), SIZE)
    result = measure_labels(saved(tmp_path / "l.tif", labels), image, tmp_path / "o.csv", RecordingContext())
    rows = read_csv(result.table)
    assert [row["mean_intensity"] for row in rows] == ["50", "90"]
    assert rows[0]["volume (µm³)"] == "6"


def test_slabs_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    phantom = nuclei_phantom(PhantomParameters(shape=(12, 48, 48), nuclei=10), seed=1)
    files = saved(tmp_path / "l.tif", phantom.truth, SIZE), saved(tmp_path / "i.tif", phantom.image)
    ctx = RecordingContext()
    whole = measure_labels(*files, tmp_path / "whole.csv", ctx).table.read_bytes()
    monkeypatch.setattr(imaging_region, "_SLAB_BYTES", 2 * 48 * 48 * 4)
    pieces = RecordingContext()
    assert measure_labels(*files, tmp_path / "pieces.csv", pieces).table.read_bytes() == whole
    assert [event.total for event in pieces.of_kind(Progress)] == [6] * 7


def test_another_shape_is_refused_by_name(tmp_path: Path, labels: np.ndarray) -> None:
    files = saved(tmp_path / "l.tif", labels), saved(tmp_path / "i.tif", labels[:, :6])
    with pytest.raises(UserError, match=r"l\.tif does not fit i\.tif"):
        measure_labels(*files, tmp_path / "o.csv", RecordingContext())


def test_empty_labels_make_an_empty_table(tmp_path: Path, labels: np.ndarray) -> None:
    file = saved(tmp_path / "l.tif", np.zeros_like(labels))
    result = measure_labels(file, None, tmp_path / "o.csv", RecordingContext())
    assert result.objects == 0
    assert result.table.read_text(encoding="utf-8-sig").startswith("id,")


def test_cancel_leaves_no_table(tmp_path: Path, labels: np.ndarray) -> None:
    file = saved(tmp_path / "l.tif", labels)
    with pytest.raises(JobCancelled):
        measure_labels(file, None, tmp_path / "o.csv", RecordingContext(cancel_after=0))
    assert not (tmp_path / "o.csv").exists()


@pytest.mark.parametrize("slices_at_once", [1, 4])
def test_a_mask_has_a_row_for_each_island(
    tmp_path: Path, labels: np.ndarray, monkeypatch: pytest.MonkeyPatch, slices_at_once: int
) -> None:
    monkeypatch.setattr(imaging_region, "_SLAB_BYTES", slices_at_once * 12 * 12 * 4)
    mask = np.where(labels > 0, 255, 0).astype(np.uint8)
    ctx = RecordingContext()
    result = measure_labels(saved(tmp_path / "m.tif", mask, SIZE), None, tmp_path / "o.csv", ctx)
    assert sorted(row["voxels"] for row in read_csv(result.table)) == ["12", "16"]
    assert any("one value" in note.text for note in ctx.of_kind(Note))


def test_values_that_are_no_numbers_are_left_out_and_told(tmp_path: Path, labels: np.ndarray) -> None:
    image = np.full(labels.shape, 2.0, np.float32)
    image[1, 2, 2] = np.nan
    ctx = RecordingContext()
    result = measure_labels(
        saved(tmp_path / "l.tif", labels), saved(tmp_path / "i.tif", image), tmp_path / "o.csv", ctx
    )
    assert [row["mean_intensity"] for row in read_csv(result.table)] == ["2", "2"]
    assert any("1 values inside objects" in note.text for note in ctx.of_kind(Note))
