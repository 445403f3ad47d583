"""Patches in their surroundings, and how far their labels are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from desktop_app.core.config.patches import PatchImage, PatchPlan, PatchSettings
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Plane
from desktop_app.core.job import RecordingContext
from desktop_app.io.images.registry import open_volume
from desktop_app.jobs.patches.gallery import picture_of, shown_in_folder, write_patch_sheet
from desktop_app.jobs.patches.pick import pick_patches
from tests.image_files import saved

SHAPE = (70, 200, 190)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six patches of a volume whose labels fill its upper half."""
    voxels = np.random.default_rng(0).integers(0, 250, SHAPE).astype(np.uint8)
    truth = np.zeros(SHAPE, np.uint8)
    truth[:, :100] = 3
    source = PatchImage(
        image=str(saved(tmp_path / "cell.tif", voxels)), labels=str(saved(tmp_path / "truth.tif", truth))
    )
    settings = PatchSettings(size=64, number=6, planes="all", neighbours=1)
    pick_patches(PatchPlan(sources=(source,), out=str(tmp_path / "set"), settings=settings), RecordingContext())
    return tmp_path / "set"


def test_a_patch_is_bright_in_the_middle_of_its_surroundings(folder: Path) -> None:
    planes = set()
    for shown in shown_in_folder(folder):
        place = shown.patch.place
        planes.add(place.plane)
        picture = picture_of(shown)
        rows, columns = place.plane.shape_of(place.region.shape)
        starts = place.plane.from_voxel(place.region.start)[:2]
        top, left = (min(start, 32) for start in starts)
        assert picture.shape[0] == top + rows + min(32, place.plane.shape_of(SHAPE)[0] - starts[0] - rows)
        grey = picture.min(axis=2).astype(float)
        around = np.ones(grey.shape, bool)
        around[top : top + rows, left : left + columns] = False
        if shown.state == "to do":
            assert grey[around].mean() < 0.7 * grey[~around].mean()
        tinted = np.ptp(picture.astype(int), axis=2) > 0
        assert not tinted[around].any(), "labels are those of the patch alone"
        labels = open_volume(shown.patch.labels).plane(Plane.XY, 1)
        assert tinted.any() == bool(labels.any())
    assert planes == set(Plane)


def test_labelled_patches_are_told_from_others(folder: Path) -> None:
    for shown in shown_in_folder(folder):
        assert (shown.state == "labelled") == bool(open_volume(shown.patch.labels).read().any())


def test_the_patch_alone_is_shown_where_its_image_is_gone(folder: Path) -> None:
    (folder.parent / "cell.tif").unlink()
    for shown in shown_in_folder(folder):
        assert picture_of(shown).shape == (*shown.patch.place.plane.shape_of(shown.patch.place.region.shape), 3)


@pytest.mark.parametrize("name", ["../cell.tif", "/etc/hostname", "a\0b.tif", "q" * 5000])
def test_a_table_names_no_files_elsewhere(folder: Path, name: str) -> None:
    """A set that somebody sent shows no other image of this computer."""
    table = folder / "patches.csv"
    head, first, *rest = table.read_text(encoding="utf-8-sig").splitlines()
    table.write_text("\n".join([head, ",".join([name, *first.split(",")[1:]]), *rest]) + "\n")
    assert len(shown_in_folder(folder)) == 5


def test_a_sheet_shows_all_and_is_refused_without_patches(folder: Path, tmp_path: Path) -> None:
    sheet = write_patch_sheet(folder, tmp_path / "sheet.png", RecordingContext())
    assert sheet.patches == 6
    assert 0 < sheet.done < 6
    with Image.open(sheet.file) as picture:
        width, height = picture.size
    assert width > 5 * 64
    assert height > 2 * 64
    for patch in shown_in_folder(folder):
        patch.patch.image.unlink()
    (folder.parent / "cell.tif").unlink()
    with pytest.raises(UserError, match="No patch in set can be shown"):
        write_patch_sheet(folder, tmp_path / "none.png", RecordingContext())
    assert not (tmp_path / "none.png").exists()
