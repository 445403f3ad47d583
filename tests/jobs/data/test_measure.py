"""The table of objects says what stands in the label image."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from desktop_app.core.config.measuring import MeasureSettings
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region, Volume, VoxelSize
from desktop_app.core.imaging import region as imaging_region
from desktop_app.core.imaging.phantoms import PhantomParameters, nuclei_phantom
from desktop_app.core.job import JobCancelled, Note, Progress, RecordingContext
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.tables import read_csv
from desktop_app.jobs.data.measure import Classes, measure_labels, measured_table
from tests.image_files import saved

SIZE = VoxelSize(z=2.0, y=0.5, x=0.5, unit="µm")
# sums of single floats in another order; the furthest points of parts
ROUNDED = {"surface (µm²)": 1e-5, "sphericity": 1e-5, "feret (µm)": 5e-3}


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
    whole = read_csv(measure_labels(*files, tmp_path / "whole.csv", ctx).table)
    monkeypatch.setattr(imaging_region, "_SLAB_BYTES", 2 * 48 * 48 * 4)
    pieces = RecordingContext()
    cut = read_csv(measure_labels(*files, tmp_path / "pieces.csv", pieces).table)
    for one, other in zip(whole, cut, strict=True):
        for name in one:
            if name in ROUNDED:
                assert float(one[name]) == pytest.approx(float(other[name]), rel=ROUNDED[name]), name
            else:
                assert one[name] == other[name], name
    assert {event.total for event in pieces.of_kind(Progress)} == {1, 6}


def test_slabs_without_labels_are_passed_over_and_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng, voxels = np.random.default_rng(0), np.zeros((12, 20, 20), np.uint16)
    voxels[2:4, 3:9, 3:9], voxels[3:5, 9:14, 5:12], voxels[9, 4:9, 4:9] = 1, 2, 3
    files = (
        saved(tmp_path / "l.tif", voxels, SIZE),
        saved(tmp_path / "i.tif", rng.integers(0, 99, voxels.shape, np.uint16)),
    )
    ctx, read = RecordingContext(), []
    whole = read_csv(measure_labels(*files, tmp_path / "whole.csv", ctx).table)
    monkeypatch.setattr(imaging_region, "_SLAB_BYTES", 1)
    look = Volume.read_channels

    def looked(volume: Volume, region: Region) -> np.ndarray:
        read.append(region.start[0])
        return look(volume, region)

    monkeypatch.setattr(Volume, "read_channels", looked)
    parts = read_csv(measure_labels(*files, tmp_path / "parts.csv", ctx).table)
    assert read == [2, 3, 4, 9]
    for one, other in zip(whole, parts, strict=True):
        for name, value in one.items():
            if name in ROUNDED and value:
                assert float(other[name]) == pytest.approx(float(value), rel=ROUNDED[name]), name
            else:
                assert other[name] == value, name


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
    assert [row["sum_intensity"] for row in read_csv(result.table)] == ["22", "32"]
    assert any("One value inside an object" in note.text for note in ctx.of_kind(Note))


def test_groups_are_left_out_where_they_are_not_wanted(tmp_path: Path, labels: np.ndarray) -> None:
    files = saved(tmp_path / "l.tif", labels, SIZE), saved(tmp_path / "i.tif", labels)
    settings = MeasureSettings(shape=False, neighbours=False, intensity=False)
    row = read_csv(measure_labels(*files, tmp_path / "o.csv", RecordingContext(), settings=settings).table)[0]
    assert not {"surface (µm²)", "neighbours", "mean_intensity"} & set(row)
    assert row["volume (µm³)"] == "6"


def test_islands_of_classes_have_the_name_of_their_class(tmp_path: Path) -> None:
    voxels = np.zeros((4, 6, 12), np.uint8)
    voxels[:, 1:3, 1:3], voxels[1:3, 1:3, 5:8], voxels[:, 4:, :2], voxels[:, 4:, 9:] = 1, 1, 2, 2
    source = open_labels(saved(tmp_path / "c.tif", voxels))
    classes = Classes({1: "Nucleus", 2: "Tissue"}, whole=(2,))
    table = measured_table(source, None, RecordingContext(), settings=MeasureSettings(kind="classes"), classes=classes)
    assert [(row["class"], row["voxels"]) for row in table.rows] == [("Nucleus", 16), ("Nucleus", 12), ("Tissue", 40)]


def test_stopping_is_heard_between_two_objects(tmp_path: Path, labels: np.ndarray) -> None:
    ctx = RecordingContext(cancel_after=2)
    with pytest.raises(JobCancelled):
        measure_labels(saved(tmp_path / "l.tif", labels), None, tmp_path / "o.csv", ctx)
    assert not (tmp_path / "o.csv").exists()


def test_an_excel_file_has_numbers(tmp_path: Path, labels: np.ndarray) -> None:
    result = measure_labels(saved(tmp_path / "l.tif", labels), None, tmp_path / "o.xlsx", RecordingContext())
    sheet = ElementTree.fromstring(zipfile.ZipFile(result.table).read("xl/worksheets/sheet1.xml"))
    space = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    cells = {c.get("r"): c.find("x:v", space) for c in sheet.iterfind(".//x:c", space)}
    assert (cells["A2"].text, cells["A3"].text) == ("5", "9")
